// SPDX-License-Identifier: MIT
/*
 * shim/next.c - the allocator behind this library
 *
 * foreign.c passes foreign pointers to it. Its functions are noted at the
 * start, because foreign.c may not wait for the loader's lock:
 *
 *	program -> [this library] -> its libraries -> libc
 *				     `-- the first free() here --'
 *
 * Locking	none: the first thread settles it; others would find the same
 */
#include <string.h>

#include "shim/next.h"

static struct next_malloc kept; /* constant once settled */
static u8 settled; /* release/acquire */

void next_note(struct next_malloc *next, const struct scope_object *object)
{
	if (!next->free) {
		next->free = (void (*)(void *))scope_versioned(object, "free");
		next->is_glibc = !strcmp(object->soname, "libc.so.6");
	}
	if (!next->realloc)
		next->realloc = (void *(*)(void *, size_t))scope_versioned(
			object, "realloc");
	if (!next->usable_size)
		next->usable_size = (size_t(*)(void *))scope_versioned(
			object, "malloc_usable_size");
}

void next_keep(const struct next_malloc *next)
{
	kept = *next;
	smp_store_release(&settled, 1);
}

static void note_behind(const struct scope_object *object, void *arg)
{
	struct next_malloc *next = arg;

	if (!object->front)
		next_note(next, object);
}

const struct next_malloc *next_malloc(void)
{
	struct next_malloc next = { 0 };

	if (likely(smp_load_acquire(&settled)))
		return &kept;
	scope_walk(note_behind, &next);
	next_keep(&next);
	return &kept;
}
