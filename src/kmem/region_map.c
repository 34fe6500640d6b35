// SPDX-License-Identifier: MIT
/*
 * kmem/region_map.c - the address space of the region: a place, guards, growth
 *
 *	far from the frames, at random
 *	  |  guard  |  writable ............  |  guard  |
 *	            ^ a multiple of           ^ region_end
 *		      REGION_BLOCK
 *
 *	grown:	1. no access behind the guard, 2. what was guard is writable
 *	  |  guard  |  writable ................................  |  guard  |
 *
 * Around the guards nothing is mapped. So a program that writes past the end of
 * its block, up or down, runs into an address without memory long before it is
 * here. The guards are for a mapping that comes to lie beside the region: the
 * program may ask for that address.
 *
 * The region has three mappings, however large it is. Where a mapping of the
 * program is in its way, it goes on at another place, with three more.
 *
 * If mem= is reached by frames that are online, free frames are taken out of
 * use for good in exchange, and their memory goes back to the OS.
 *
 * Locking	region_lock, held by the caller
 * Invariants	REGION4  OS_PAGE_MOST bytes on either side of the writable ones
 *			 allow no access	(unit.kmem.region_map checks it)
 */
#include <errno.h>

#include "kmem/internal.h"
#include "kmem/region.h"
#include "kmem/region_map.h"
#include "request/request.h"
#include "sys/os.h"

#define REGION_TRIES 8

spinlock_t region_lock = SPIN_LOCK_INIT(LOCK_REGION);
static uintptr_t region_end; /* region_lock; 0: no place yet */
static unsigned long region_frames; /* charged; region_lock */

size_t __region_room(void)
{
	size_t into = region_end & (REGION_BLOCK - 1);

	return REGION_BLOCK - into;
}

/* ---- what mem= allows ---------------------------------------------------- */

/*
 * Charges frames to mem=, or takes as many free ones out of use, which *taken
 * names then. Returns 0 or -ENOMEM.
 */
static int pay_frames(unsigned long nr, struct page **taken)
{
	*taken = NULL;
	if (!arena_charge(nr))
		return 0;
	*taken = alloc_page_run(GFP_NOWAIT | __GFP_NOWARN, nr);
	return *taken ? 0 : -ENOMEM;
}

static void pay_back(unsigned long nr, struct page *taken)
{
	if (taken)
		free_page_run(taken, nr);
	else
		arena_uncharge(nr);
}

/* ---- a place, and growth ------------------------------------------------- */

/* Makes the bytes at `start` writable that are part of [from, from + size). */
static int open_part(uintptr_t start, size_t part, uintptr_t from, size_t size)
{
	int ret = os_make_writable((void *)start, part);

	if (ret)
		os_release((void *)from, size);
	return ret;
}

static int map_at(uintptr_t start, size_t size)
{
	uintptr_t from = start - REGION_GUARD;
	size_t all = size + 2 * REGION_GUARD;
	int ret = os_reserve((void *)from, all);

	return ret ? ret : open_part(start, size, from, all);
}

/* Maps `size` bytes at a new place. Returns 0 and their start, or an error. */
static int map_apart(size_t size, uintptr_t *start)
{
	size_t all = REGION_BLOCK + size + 2 * REGION_GUARD;
	int ret = -EEXIST;

	for (unsigned int i = 0; i < REGION_TRIES && ret == -EEXIST; i++) {
		*start = ALIGN(arena_place_apart(all) + REGION_GUARD,
			       REGION_BLOCK);
		ret = map_at(*start, size);
	}
	if (ret == -EEXIST) { /* all of the middle is taken */
		*start = (uintptr_t)os_place(all);
		if (!*start)
			return -ENOMEM;
		*start = ALIGN(*start + REGION_GUARD, REGION_BLOCK);
		ret = map_at(*start, size);
	}
	return ret;
}

/* Maps `size` bytes behind the last ones. -EEXIST: something else is there. */
static int map_behind(size_t size, uintptr_t *start)
{
	uintptr_t guard_end = region_end + REGION_GUARD;
	int ret;

	if (!region_end)
		return -EEXIST;
	*start = region_end;
	ret = os_reserve((void *)guard_end, size);
	return ret ? ret : open_part(region_end, size, guard_end, size);
}

/* Maps `size` bytes, behind the last ones or not, and charges them to mem=. */
static int map_charged(size_t size, bool behind, uintptr_t *start)
{
	unsigned long nr = size >> PAGE_SHIFT;
	struct page *taken;
	int ret = pay_frames(nr, &taken);

	if (ret)
		return ret;
	ret = behind ? map_behind(size, start) : map_apart(size, start);
	if (ret)
		pay_back(nr, taken);
	else if (taken)
		arena_discard(page_to_pfn(taken), nr);
	else
		WRITE_ONCE(region_frames, region_frames + nr);
	return ret;
}

void *__region_grow(size_t *size)
{
	size_t behind = min(*size, __region_room());
	uintptr_t start;
	int ret;

	lock_assert_held(&region_lock);
	VM_BUG_ON(*size > REGION_BLOCK);
	ret = map_charged(behind, true, &start);
	if (!ret)
		*size = behind;
	else if (ret == -EEXIST)
		ret = map_charged(*size, false, &start);
	if (ret)
		return NULL;
	region_end = start + *size;
	return (void *)start;
}

unsigned long region_charged(void)
{
	return READ_ONCE(region_frames);
}
