// SPDX-License-Identifier: MIT
/*
 * shim/by_name.c - the malloc family as the whole process finds it
 *
 * A program's own malloc comes before a preloaded library in symbol look-up. It
 * may lack names that we export: then reallocarray() is ours and the blocks are
 * the program's. So exports beside malloc, free, calloc, realloc and the
 * aligned calls go through those names, as libc's would. One allocator serves
 * the process:
 *
 *	program		malloc free realloc		   <-----+
 *	this library	[malloc free realloc]  reallocarray -----+
 *
 * The allocator behind us is noted too. foreign.c passes it foreign pointers,
 * and may not wait for the loader's lock.
 *
 * Locking	none: the first thread settles it; others would find the same
 */
#include <malloc.h>
#include <stdlib.h>

#include "shim/by_name.h"
#include "shim/scope.h"
#include "shim/shim.h"

struct by_name __by_name;
u8 by_name_settled;

/* Functions of the objects in front of us and behind us; NULL: none. */
struct front {
	void *malloc, *free, *calloc, *realloc, *usable_size;
	void *aligned_alloc, *memalign;
	void *next_free, *next_realloc, *next_usable_size;
};

static void note(void **slot, const struct scope_object *o, const char *name)
{
	if (!*slot)
		*slot = scope_function(o, name);
}

static void note_next(void **slot, const struct scope_object *o,
		      const char *name)
{
	if (!*slot)
		*slot = scope_versioned(o, name);
}

static void see(const struct scope_object *o, void *arg)
{
	struct front *front = arg;

	if (!o->front) {
		note_next(&front->next_free, o, "free");
		note_next(&front->next_realloc, o, "realloc");
		note_next(&front->next_usable_size, o, "malloc_usable_size");
		return;
	}
	note(&front->malloc, o, "malloc");
	note(&front->free, o, "free");
	note(&front->calloc, o, "calloc");
	note(&front->realloc, o, "realloc");
	note(&front->usable_size, o, "malloc_usable_size");
	note(&front->aligned_alloc, o, "aligned_alloc");
	note(&front->memalign, o, "memalign");
}

void by_name_settle(void)
{
	struct front front = { 0 };
	struct by_name names = {
		.malloc = malloc,
		.free = free,
		.calloc = calloc,
		.realloc = realloc,
		.usable_size = malloc_usable_size,
		.aligned_alloc = aligned_alloc,
	};

	scope_walk(see, &front);
	names.next_free = (void (*)(void *))front.next_free;
	names.next_realloc = (void *(*)(void *, size_t))front.next_realloc;
	names.next_usable_size = (size_t(*)(void *))front.next_usable_size;
	if (front.malloc && front.free) {
		names.other = true;
		names.malloc = (void *(*)(size_t))front.malloc;
		names.free = (void (*)(void *))front.free;
	}
	if (names.other && front.calloc)
		names.calloc = (void *(*)(size_t, size_t))front.calloc;
	if (names.other && front.realloc)
		names.realloc = (void *(*)(void *, size_t))front.realloc;
	if (names.other && front.usable_size) {
		names.usable_size = (size_t(*)(void *))front.usable_size;
		names.other_usable_size = true;
	}
	if (!front.aligned_alloc)
		front.aligned_alloc = front.memalign;
	if (names.other && front.aligned_alloc)
		names.aligned_alloc = (void *(*)(size_t,
						 size_t))front.aligned_alloc;
	__by_name = names;
	smp_store_release(&by_name_settled, 1);
}
