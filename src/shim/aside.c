// SPDX-License-Identifier: MIT
/*
 * shim/aside.c - the malloc family for calls that may not use the engine
 *
 *	malloc		a block of side.c
 *	free		a block of side.c: at once; of the engine: later
 *	realloc		a new block, a copy, and the old one freed as above
 *	usable size	without locks; that of an area needs a lock
 *
 * Nothing here waits, takes a lock or calls the engine. One exception: the size
 * of an area, when the caller is outside of the engine, since it must be right.
 * The kind of a pointer is read from the frame index and struct page alone, as
 * on fast paths.
 */
#include <errno.h>
#include <string.h>

#include "diag/report.h"
#include "kmem/inside.h"
#include "shim/block.h"
#include "shim/shim.h"
#include "shim/slack.h"
#include "sys/os.h"

/* Sets *usable if that needs no lock. Returns 0 or -ENOENT. */
static int usable_size(const void *p, size_t *usable)
{
	struct kmem_cache *s;
	struct large large;

	if (!side_find(p, usable))
		return 0;
	if (!km_ready() || !arena_contains(p))
		return -ENOENT;
	if (arena_index[virt_to_pfn(p)]) {
		s = shim_cache_of(p);
		*usable = s ? s->object_size : 0;
		return s ? 0 : -ENOENT;
	}
	if (run_find(p, &large) || large.start != p)
		return -ENOENT;
	*usable = large.usable;
	return 0;
}

void *malloc_aside(size_t size, size_t align)
{
	int saved = errno;
	void *p = side_alloc(size, align);

	errno = p ? saved : ENOMEM;
	return p;
}

/* A block of another allocator goes there as usual: that needs no engine. */
void free_aside(void *p, uintptr_t caller)
{
	int ret;

	if (pointer_in_engine(p)) {
		side_put_off(p, caller);
		return;
	}
	ret = side_free(p);
	if (ret == -EINVAL)
		km_panic("kmalloc: free(): %p is not allocated memory\n", p);
	if (ret)
		foreign_free(p);
}

/* The program may use all of the block at p, a block of ours. */
static void give_slack(const void *p)
{
	const struct kmem_cache *s = shim_cache_of(p);

	if (!s)
		slack_give(p);
	else if (s->marked)
		block_open(s, p, "malloc_usable_size");
}

size_t usable_size_aside(void *p)
{
	size_t usable = 0;
	struct large area;

	if (!usable_size(p, &usable)) {
		if (pointer_in_engine(p))
			give_slack(p);
		return usable;
	}
	if (!pointer_in_engine(p))
		return foreign_usable_size(p);
	if (kmem_is_inside())
		return 0;
	kmem_enter_anyway();
	if (!large_find(p, &area))
		usable = area.usable;
	kmem_leave();
	return usable;
}

/*
 * Copies from an area whose length is not known, as long as pages are readable:
 * they may belong to the next area.
 */
static void copy_area(void *to, const void *from, size_t size)
{
	for (size_t at = 0; at < size; at += OS_PAGE_SIZE) {
		const char *page = (const char *)from + at;

		if (!os_readable(page))
			return;
		memcpy((char *)to + at, page, min(size - at, OS_PAGE_SIZE));
	}
}

int realloc_aside(void *p, size_t size, uintptr_t caller, void **out)
{
	size_t usable;
	int ret = usable_size(p, &usable);
	void *q;

	*out = NULL;
	if (ret && !pointer_in_engine(p))
		return -ENOENT;
	q = size ? malloc_aside(size, MALLOC_ALIGN) : NULL;
	if (q && ret)
		copy_area(q, p, size);
	else if (q)
		memcpy(q, p, min(usable, size));
	if (q || !size)
		free_aside(p, caller);
	*out = q;
	return 0;
}
