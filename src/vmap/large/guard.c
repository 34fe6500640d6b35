// SPDX-License-Identifier: MIT
/*
 * vmap/large/guard.c - a page behind each large area that nothing can touch
 *
 *	|############ usable ############|guard|~~ lazy, or another area ~~
 *	va_start                               ^va_end
 *
 * A write past the end of a block faults there. The kernel marks the page
 * inside the mapping (MADV_GUARD_INSTALL, Linux 6.13), so the mapping stays
 * whole. Each area costs one call when it is made and one when it is freed.
 *
 * An older kernel refuses the first mark, and there is no other try. A kernel
 * that knows marks may refuse one too: up to 6.14 where the area is locked in
 * memory. Then the area has none, and the next one is tried again. A mark of
 * no bytes tells the two apart: madvise() looks at the advice first.
 *
 * The guard goes when the area is freed: what is cut from a lazy range later
 * may lie across it. A lazy range itself stays accessible. To guard it takes
 * its pages away, which it is kept for.
 *
 * Locking	none: the area is its caller's alone
 * Invariants	AREAGUARD1  no page of a lazy range is a guard
 *					(unit.vmap.large.guard checks it)
 * Source	none: the kernel's guard pages are places without a mapping
 */
#include <errno.h>

#include "arena/arena.h"
#include "vmap/large/internal.h"

static u8 guards; /* 1: areas get them; relaxed */

void large_guards_on(void)
{
	WRITE_ONCE(guards, (u8)1);
}

size_t guard_wanted(size_t size)
{
	return READ_ONCE(guards) && size > MAX_BLOCK_SIZE ? OS_PAGE_SIZE : 0;
}

void guard_set(struct vmap_area *va)
{
	int ret = os_guard((void *)(va->va_end - OS_PAGE_SIZE), OS_PAGE_SIZE);

	if (!ret)
		va->flags |= LARGE_AREA_GUARD;
	else if (ret == -EINVAL && os_guard((void *)va->va_start, 0) == -EINVAL)
		WRITE_ONCE(guards, (u8)0);
}

int guard_clear(struct vmap_area *va)
{
	int ret = os_unguard((void *)(va->va_end - OS_PAGE_SIZE), OS_PAGE_SIZE);

	if (!ret)
		va->flags &= (u8)~LARGE_AREA_GUARD;
	return ret;
}
