// SPDX-License-Identifier: MIT
/*
 * arena/frames.c - what the OS does with frames
 *
 * The OS maps, protects and takes back memory by pages of the machine, of which
 * a frame may be a part. Other rooms name frames and do not know how many are a
 * page of the machine.
 *
 *	frames	  0   1   2   3   4   5   6   7		4 KiB each
 *	pages	| 0		| 1		|	of a machine with 16 KiB
 *		      [ 2 frames ]			-EINVAL: not whole pages
 *				[ 4 frames	]	page 1
 *
 * Locking	none. The caller owns the frames.
 */
#include <errno.h>

#include "arena/arena.h"
#include "sys/os.h"

#define FRAMES_PER_PAGE (1UL << (OS_PAGE_SHIFT - PAGE_SHIFT))

_Static_assert(OS_PAGE_SHIFT >= PAGE_SHIFT, "a frame is larger than a page");
_Static_assert(ARENA_STEP % FRAMES_PER_PAGE == 0,
	       "memory comes online by parts of a page");

static bool whole_pages(unsigned long pfn, unsigned long nr)
{
	return !((pfn | nr) & (FRAMES_PER_PAGE - 1));
}

static size_t frames_bytes(unsigned long nr)
{
	return nr << PAGE_SHIFT;
}

/* ---- frames with an address ---------------------------------------------- */

/* Notes which of the lowest pageblocks lose pages. */
static void note_given(unsigned long pfn, unsigned long nr)
{
	unsigned long block = pfn >> PAGEBLOCK_ORDER;

	for (; block <= (pfn + nr - 1) >> PAGEBLOCK_ORDER; block++)
		if (block < ARENA_LOW_BLOCKS)
			__atomic_fetch_or(&arena.low_given, 1UL << block,
					  __ATOMIC_RELAXED);
}

int arena_discard(unsigned long pfn, unsigned long nr)
{
	if (pfn >> PAGEBLOCK_ORDER < ARENA_LOW_BLOCKS)
		note_given(pfn, nr);
	return whole_pages(pfn, nr) ?
		       os_discard(pfn_to_virt(pfn), frames_bytes(nr)) :
		       -EINVAL;
}

/*
 * A stretch of marks goes on where the last one ended: then the pageblock in
 * which they meet is marked whole.
 */
int arena_mark_huge(unsigned long pfn, unsigned long nr)
{
	unsigned long end = pfn + nr, at;
	int ret = whole_pages(pfn, nr) ?
			  os_huge(pfn_to_virt(pfn), frames_bytes(nr)) :
			  -EINVAL;

	lock_assert_held(&arena_lock);
	if (ret)
		return ret;
	if (pfn != arena.huge_end)
		arena.huge_start = pfn;
	at = max(ALIGN(arena.huge_start, PAGEBLOCK_PAGES),
		 ALIGN_DOWN(pfn, PAGEBLOCK_PAGES));
	for (; at + PAGEBLOCK_PAGES <= end; at += PAGEBLOCK_PAGES)
		__atomic_fetch_or(&arena.pageblocks[at >> PAGEBLOCK_ORDER],
				  PB_HUGE, __ATOMIC_RELAXED);
	arena.huge_end = end;
	return 0;
}

int arena_deny(unsigned long pfn, unsigned long nr)
{
	return whole_pages(pfn, nr) ?
		       os_deny(pfn_to_virt(pfn), frames_bytes(nr)) :
		       -EINVAL;
}

int arena_allow(unsigned long pfn, unsigned long nr)
{
	unsigned long start = ALIGN_DOWN(pfn, FRAMES_PER_PAGE);
	unsigned long end = ALIGN(pfn + nr, FRAMES_PER_PAGE);

	return os_allow(pfn_to_virt(start), frames_bytes(end - start));
}

int arena_bind(unsigned long pfn, unsigned long nr, unsigned int node)
{
	return whole_pages(pfn, nr) ?
		       os_bind_node(pfn_to_virt(pfn), frames_bytes(nr), node) :
		       -EINVAL;
}

int arena_make_private(unsigned long pfn, unsigned long nr)
{
	return whole_pages(pfn, nr) ?
		       os_unmap_file_zero(pfn_to_virt(pfn), frames_bytes(nr)) :
		       -EINVAL;
}

int arena_hide(unsigned long pfn, unsigned long nr)
{
	return whole_pages(pfn, nr) ?
		       os_unmap_file(pfn_to_virt(pfn), frames_bytes(nr)) :
		       -EINVAL;
}

int arena_dont_fork(unsigned long pfn, unsigned long nr)
{
	return whole_pages(pfn, nr) ?
		       os_dont_fork(pfn_to_virt(pfn), frames_bytes(nr)) :
		       -EINVAL;
}

/* ---- frames of the memfd ------------------------------------------------- */

int arena_punch(unsigned long pfn, unsigned long nr)
{
	return whole_pages(pfn, nr) ?
		       os_file_punch(arena.highmem_fd, frames_bytes(pfn),
				     frames_bytes(nr)) :
		       -EINVAL;
}

int arena_write(unsigned long pfn, unsigned long nr, const void *from)
{
	return os_file_write(arena.highmem_fd, from, frames_bytes(nr),
			     frames_bytes(pfn));
}

int arena_zero(unsigned long pfn, unsigned long nr)
{
	static const u64 zeros[PAGE_SIZE / sizeof(u64)];
	int ret = arena_punch(pfn, nr);

	if (FRAMES_PER_PAGE == 1 || ret != -EINVAL)
		return ret;
	for (ret = 0; nr && !ret; nr--)
		ret = arena_write(pfn++, 1, zeros);
	return ret;
}

int arena_map(void *addr, unsigned long pfn, unsigned long nr,
	      unsigned int prot)
{
	return whole_pages(pfn, nr) ?
		       os_map_file(addr, frames_bytes(nr), arena.highmem_fd,
				   frames_bytes(pfn), prot) :
		       -EINVAL;
}

int arena_remap(void *addr, unsigned long pfn, unsigned long nr)
{
	return whole_pages(pfn, nr) ? os_remap_file(addr, frames_bytes(nr),
						    frames_bytes(pfn)) :
				      -EINVAL;
}

void *arena_view(int fd, unsigned long pfn, unsigned long nr)
{
	return whole_pages(pfn, nr) ?
		       os_view_file(fd, frames_bytes(nr), frames_bytes(pfn)) :
		       NULL;
}

void arena_view_end(void *view, unsigned long nr)
{
	os_release(view, frames_bytes(nr));
}
