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
 * The same walk over the loaded objects notes the allocator behind us: next.c.
 *
 * Locking	none: the first thread settles it; others would find the same
 * Tests	conformance.own_malloc, whose malloc comes before ours
 */
#include <malloc.h>
#include <stdlib.h>

#include "shim/by_name.h"
#include "shim/next.h"
#include "shim/scope.h"
#include "shim/shim.h"

struct by_name __by_name;
u8 by_name_settled;

/* Functions of the objects in front of us; NULL: none. And of those behind. */
struct front {
	void *malloc, *free, *calloc, *realloc, *usable_size;
	void *aligned_alloc, *memalign;
	struct next_malloc next;
};

static void note_function(void **slot, const struct scope_object *o,
			  const char *name)
{
	if (!*slot)
		*slot = scope_function(o, name);
}

static void note_object(const struct scope_object *o, void *arg)
{
	struct front *front = arg;

	if (!o->front) {
		next_note(&front->next, o);
		return;
	}
	note_function(&front->malloc, o, "malloc");
	note_function(&front->free, o, "free");
	note_function(&front->calloc, o, "calloc");
	note_function(&front->realloc, o, "realloc");
	note_function(&front->usable_size, o, "malloc_usable_size");
	note_function(&front->aligned_alloc, o, "aligned_alloc");
	note_function(&front->memalign, o, "memalign");
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

	scope_walk(note_object, &front);
	next_keep(&front.next);
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
	if (!names.other)
		shim_names_are_ours();
}
