// SPDX-License-Identifier: MIT
/*
 * vmap/share.c - frames with an address of their own become pages of the memfd
 *
 *	before	page_address(p) --> private memory
 *	after	page_address(p) --> page n of the memfd <-- vmap(), and the child
 *
 * The bytes are written into the file and the file is mapped over the same
 * address. What is written to the frame between the two is lost, so nobody may
 * write to it while vmap() runs for the first time. When the frame is freed its
 * address gets private memory again.
 *
 * A bit for each frame says that it is in the file; a bit for each 32768 of them
 * that one of those is set, so that fork() finds them quickly.
 *
 *	summary	|0|1|0|0|...		bit: any set among 32768 frames
 *	          `-> bits |0|0|1|1|0|...
 *
 * Locking	share_lock (rank LOCK_FRAMES), with system calls under it
 * Invariants	H1  a bit is set while the frame's address shows the file
 *		H2  PG_SHARED is set on the heads of blocks with a bit set, or
 *		    the block was freed when there was no memory to undo it
 * Source	none; the kernel's page tables can show any frame
 */
#include <errno.h>

#include "buddy/buddy.h"
#include "buddy/mmzone.h"
#include "core/bitops.h"
#include "sys/os.h"
#include "vmap/frames.h"

#define SUMMARY_FRAMES (PAGE_SIZE * 8) /* a page of bits */

static spinlock_t share_lock = SPIN_LOCK_INIT(LOCK_FRAMES);
/* share_lock; NULL until the first frame is shared. */
static u64 *bits, *summary;

static size_t bits_size(void)
{
	return PAGE_ALIGN(DIV_ROUND_UP(arena_nr_frames, 8));
}

static size_t summary_size(void)
{
	return PAGE_ALIGN(DIV_ROUND_UP(arena_nr_frames, 8 * SUMMARY_FRAMES));
}

static int alloc_bits(void)
{
	u64 *map;

	if (likely(bits))
		return 0;
	map = os_map(bits_size() + summary_size());
	if (!map)
		return -ENOMEM;
	summary = map + bits_size() / sizeof(*map);
	WRITE_ONCE(bits, map);
	return 0;
}

static bool test(unsigned long pfn)
{
	return READ_ONCE(bits[pfn / 64]) >> (pfn % 64) & 1;
}

static void set(unsigned long pfn, unsigned long nr)
{
	for (unsigned long n = pfn; n < pfn + nr; n++) {
		unsigned long part = n / SUMMARY_FRAMES;

		WRITE_ONCE(bits[n / 64], bits[n / 64] | 1ULL << (n % 64));
		summary[part / 64] |= 1ULL << (part % 64);
	}
}

static void clear(unsigned long pfn, unsigned long nr)
{
	for (unsigned long n = pfn; n < pfn + nr; n++)
		WRITE_ONCE(bits[n / 64], bits[n / 64] & ~(1ULL << (n % 64)));
}

bool frame_is_shared(unsigned long pfn)
{
	return READ_ONCE(bits) && test(pfn);
}

/* A summary bit whose frames are all private again is cleared here. */
static bool part_has_any(unsigned long part)
{
	const u64 *word = bits + part * (SUMMARY_FRAMES / 64);

	if (!(summary[part / 64] >> (part % 64) & 1))
		return false;
	for (unsigned int n = 0; n < SUMMARY_FRAMES / 64; n++)
		if (word[n])
			return true;
	summary[part / 64] &= ~(1ULL << (part % 64));
	return false;
}

bool frames_next_shared(unsigned long *pfn, unsigned long *nr)
{
	unsigned long n = *pfn, end = READ_ONCE(arena.online_end);

	if (!bits)
		return false;
	while (n < end && !test(n)) {
		n++;
		while (n < end && n % SUMMARY_FRAMES == 0 &&
		       !part_has_any(n / SUMMARY_FRAMES))
			n += SUMMARY_FRAMES;
	}
	*pfn = n;
	while (n < end && test(n))
		n++;
	*nr = n - *pfn;
	return *nr;
}

/* ---- a block ------------------------------------------------------------------ */

/*
 * The block that a frame belongs to. Heads tell their order; what looks like one
 * inside a larger block is left over from before, so the largest is the one.
 */
struct page *frame_block(struct page *page, unsigned int *order)
{
	unsigned long pfn = page_to_pfn(page);

	for (unsigned int o = MAX_PAGE_ORDER + 1; o-- > 0;) {
		struct page *head = pfn_to_page(pfn & ~((1UL << o) - 1));

		unsigned int type = page_type(head);

		if ((type == PAGE_ALLOCATED || type == PAGE_SLAB) &&
		    READ_ONCE(head->order) == o) {
			*order = o;
			return head;
		}
	}
	*order = 0;
	return page;
}

static int reach(unsigned long pfn)
{
	int ret;

	spin_lock(&arena_lock);
	ret = arena_grow_highmem(pfn);
	spin_unlock(&arena_lock);
	return ret;
}

static void mark(struct page *head)
{
	__atomic_or_fetch(&head->flags, PG_SHARED, __ATOMIC_RELAXED);
}

/* share_lock is held. */
static int share_block(struct page *head, unsigned int order,
		       unsigned int flags)
{
	unsigned long pfn = page_to_pfn(head);
	size_t size = PAGE_SIZE << order, offset = pfn << PAGE_SHIFT;
	void *addr = page_to_virt(head);
	int ret = reach(pfn + (1UL << order));

	if (!ret)
		ret = alloc_bits();
	if (!ret && (flags & SHARE_KEEP))
		ret = os_file_write(arena.highmem_fd, addr, size, offset);
	if (!ret)
		ret = os_map_file(addr, size, arena.highmem_fd, offset);
	if (ret)
		return ret;
	set(pfn, 1UL << order);
	mark(head);
	/* Where this is refused a child made without our handlers sees it too. */
	if (vmap_fork != VMAP_FORK_SHARE)
		os_dont_fork(addr, size);
	return 0;
}

/* What was freed without memory to undo it may be shared in part. */
static bool block_is_shared(const struct page *head, unsigned int order)
{
	unsigned long pfn = page_to_pfn(head);

	for (unsigned long n = pfn; n < pfn + (1UL << order); n++)
		if (!frame_is_shared(n))
			return false;
	return true;
}

static int share_page(struct page *page, unsigned int flags)
{
	unsigned int order;
	struct page *head = frame_block(page, &order);
	int ret = 0;

	spin_lock(&share_lock);
	if (block_is_shared(head, order))
		mark(head);
	else
		ret = share_block(head, order, flags);
	spin_unlock(&share_lock);
	return ret;
}

/* Only heads of blocks know their zone, so it is asked for by number. */
static bool is_highmem(const struct zone *zone)
{
	return zone_idx(zone) == ZONE_HIGHMEM;
}

bool frame_is_highmem(const struct page *page)
{
	return is_highmem(pfn_to_zone(page_to_pfn(page)));
}

/* Pages from n on that follow one another and are in the zone too. */
static unsigned int skip_zone(const struct zone *zone,
			      struct page *const *pages, unsigned int n,
			      unsigned int nr)
{
	const struct page *end = pfn_to_page(zone->zone_start_pfn +
					     zone->spanned_pages);

	for (n++; n < nr && pages[n] == pages[n - 1] + 1 && pages[n] < end; n++)
		;
	return n;
}

int frames_share(struct page *const *pages, unsigned int nr, unsigned int flags)
{
	unsigned int n = 0;
	int ret = 0;

	while (n < nr && !ret) {
		struct zone *zone = pfn_to_zone(page_to_pfn(pages[n]));

		if (is_highmem(zone))
			n = skip_zone(zone, pages, n, nr);
		else
			ret = share_page(pages[n++], flags);
	}
	return ret;
}

/* A block that is marked is being freed: private memory again. */
static void unshare(struct page *head, unsigned int order)
{
	unsigned long pfn = page_to_pfn(head), nr = 1UL << order;
	size_t size = nr << PAGE_SHIFT;

	spin_lock(&share_lock);
	if (!os_unmap_file_zero(page_to_virt(head), size)) {
		clear(pfn, nr);
		os_file_punch(arena.highmem_fd, pfn << PAGE_SHIFT, size);
	}
	spin_unlock(&share_lock);
}

void frame_unshare(struct page *page)
{
	if (!(READ_ONCE(page->flags) & PG_SHARED))
		return;
	__atomic_and_fetch(&page->flags, (u8)~PG_SHARED, __ATOMIC_RELAXED);
	unshare(page, READ_ONCE(page->order));
}

void share_init(void)
{
	page_shared_freed = unshare;
}

void share_fork_take(void)
{
	lock_fork_take(&share_lock);
}

void share_fork_release(void)
{
	lock_fork_release(&share_lock);
}
