// SPDX-License-Identifier: MIT
/*
 * vmap/vmalloc/share.c - frames with their own address become memfd pages
 *
 *	before	page_address(p) --> private memory
 *	after	page_address(p) --> page n of the memfd <-- vmap(), the child
 *
 * The bytes are written into the file and the file is mapped over the same
 * address. A write to the frame between these two steps is lost, so the program
 * may not write to a page during its first vmap(). When the frame is freed its
 * address gets private memory again.
 *
 * Each frame has a bit that says it is in the file. Each 32768 frames have a
 * summary bit that says that one of these may be set, so that fork() finds them
 * quickly.
 *
 *	summary	|0|1|0|0|...		bit: any set among 32768 frames
 *	          `-> bits |0|0|1|1|0|...
 *
 * Locking	share_lock (rank LOCK_FRAMES), with system calls under it
 * Invariants	SHARE1  a bit is set while the frame's address shows the file
 *		SHARE2  PG_SHARED is set on the heads of blocks with a bit set.
 *		    They are in use, or were freed and wait in `stuck`
 *					(unit.vmap.vmalloc.vmap checks both)
 * Tests	unit.vmap.vmalloc.vmap, unit.init.vm_fork
 * Source	none; the kernel's page tables can show any frame
 */
#include <errno.h>
#include <string.h>

#include "core/bitops.h"
#include "request/request.h"
#include "sys/os.h"
#include "vmap/vmalloc/frames.h"

#define SUMMARY_FRAMES (OS_PAGE_SIZE * 8) /* a page of bits */

static spinlock_t share_lock = SPIN_LOCK_INIT(LOCK_FRAMES);
/* share_lock; NULL until the first frame is shared. */
static u64 *bits, *summary;
/* Freed blocks that the OS refused to make private; linked by private. */
static struct page *stuck;

static size_t bits_size(void)
{
	return OS_PAGE_ALIGN(DIV_ROUND_UP(arena.span_frames, 8));
}

static size_t summary_size(void)
{
	return OS_PAGE_ALIGN(
		DIV_ROUND_UP(arena.span_frames, 8 * SUMMARY_FRAMES));
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
	smp_store_release(&bits, map);
	return 0;
}

static bool is_marked(unsigned long pfn)
{
	return READ_ONCE(bits[pfn / 64]) >> (pfn % 64) & 1;
}

static void mark_frames(unsigned long pfn, unsigned long nr)
{
	for (unsigned long n = pfn; n < pfn + nr; n++) {
		unsigned long part = n / SUMMARY_FRAMES;

		WRITE_ONCE(bits[n / 64], bits[n / 64] | 1ULL << (n % 64));
		summary[part / 64] |= 1ULL << (part % 64);
	}
}

/*
 * Returns the number of changes between 0 and 1 in the bitmap over [pfn, pfn +
 * nr]; each costs one mapping.
 */
static unsigned long ends_in(unsigned long pfn, unsigned long nr)
{
	bool was = pfn && is_marked(pfn - 1);
	unsigned long ends = 0;

	for (unsigned long n = pfn; n <= pfn + nr; n++) {
		bool is = n < arena.span_frames && is_marked(n);

		ends += is != was;
		was = is;
	}
	return ends;
}

/* Returns what ends_in() will be when the whole range is set to `is`. */
static unsigned long ends_around(unsigned long pfn, unsigned long nr, u8 is)
{
	bool before = pfn && is_marked(pfn - 1);
	bool behind = pfn + nr < arena.span_frames && is_marked(pfn + nr);

	return (unsigned long)(before != is) + (behind != is);
}

static void unmark_frames(unsigned long pfn, unsigned long nr)
{
	for (unsigned long n = pfn; n < pfn + nr; n++)
		WRITE_ONCE(bits[n / 64], bits[n / 64] & ~(1ULL << (n % 64)));
}

bool frame_is_shared(unsigned long pfn)
{
	return smp_load_acquire(&bits) && is_marked(pfn);
}

/*
 * Returns true if any of the 32768 frames of `part` is shared. Clears the
 * summary bit if none is.
 */
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
	unsigned long n = *pfn, end = READ_ONCE(arena_nr_frames);

	if (!bits)
		return false;
	while (n < end && !is_marked(n)) {
		n++;
		while (n < end && n % SUMMARY_FRAMES == 0 &&
		       !part_has_any(n / SUMMARY_FRAMES))
			n += SUMMARY_FRAMES;
	}
	*pfn = n;
	while (n < end && is_marked(n))
		n++;
	*nr = n - *pfn;
	return *nr;
}

/* ---- a block ------------------------------------------------------------- */

/*
 * Returns how many frames the block of this order has that `head` is the first
 * of. 0: there is none, or it is being freed, so no frame of the caller's lies
 * in it. The caller owns another block.
 */
static __racy unsigned long frames_headed_by(const struct page *head,
					     unsigned int order)
{
	const u32 same = PAGE_WORD_TYPE_MASK | 0xffu << 8; /* type and order */
	u32 word = smp_load_acquire(&head->word);
	unsigned int type = word & PAGE_WORD_TYPE_MASK;
	unsigned long nr = 1UL << order;

	if (type == PAGE_NONE || type == PAGE_BAD ||
	    page_word_order(word) != order)
		return 0;
	if (type != PAGE_BUDDY && type != PAGE_PCP)
		nr = page_block_pages(head);
	return (smp_load_acquire(&head->word) ^ word) & same ? 0 : nr;
}

/*
 * Returns the head of the block that a frame belongs to. Inside a block there
 * may be stale heads of earlier, smaller blocks, so the search begins at the
 * largest order. A run is shorter than its block: frames behind its end belong
 * to other blocks.
 */
struct page *frame_block(struct page *page, unsigned long *nr)
{
	unsigned long pfn = page_to_pfn(page);

	for (unsigned int order = MAX_PAGE_ORDER + 1; order-- > 0;) {
		unsigned long start = pfn & ~((1UL << order) - 1);
		struct page *head = pfn_to_page(start);

		*nr = frames_headed_by(head, order);
		if (pfn < start + *nr)
			return head;
	}
	*nr = 1;
	return page;
}

static int grow_file(unsigned long pfn)
{
	int ret;

	spin_lock(&arena_lock);
	ret = arena_grow_highmem(pfn);
	spin_unlock(&arena_lock);
	return ret;
}

static void mark_head(struct page *head)
{
	__atomic_or_fetch(&head->flags, PG_SHARED, __ATOMIC_RELAXED);
}

/*
 * Moves a block into the file. share_lock is held; the caller marks the head.
 */
static int share_block(struct page *head, unsigned long nr, unsigned int flags)
{
	unsigned long pfn = page_to_pfn(head), had, has;
	void *addr = page_to_virt(head);
	int ret = grow_file(pfn + nr);

	if (!ret)
		ret = alloc_bits();
	if (ret)
		return ret;
	had = ends_in(pfn, nr);
	has = ends_around(pfn, nr, true);
	if (has > had)
		ret = frames_charge(has - had);
	if (ret)
		return ret;
	if (flags & SHARE_KEEP)
		ret = arena_write(pfn, nr, addr);
	if (!ret)
		ret = arena_map(addr, pfn, nr, OS_PROT_RW);
	if (ret) {
		frames_uncharge(has > had ? has - had : 0);
		return ret;
	}
	frames_uncharge(had > has ? had - has : 0);
	mark_frames(pfn, nr);
	/* If this fails, a child made without our fork handlers shares it. */
	if (vmap_fork != VMAP_FORK_SHARE)
		arena_dont_fork(pfn, nr);
	return 0;
}

/*
 * Returns true if all of a block is shared; after a failure only a part may be.
 */
static bool block_is_shared(const struct page *head, unsigned long nr)
{
	unsigned long pfn = page_to_pfn(head);

	for (unsigned long n = pfn; n < pfn + nr; n++)
		if (!frame_is_shared(n))
			return false;
	return true;
}

static int share_page(struct page *page, unsigned int flags)
{
	unsigned long nr;
	struct page *head = frame_block(page, &nr);

	return block_is_shared(head, nr) ? 0 : share_block(head, nr, flags);
}

/* Maps private memory, zeroed, at frames' addresses. share_lock is held. */
static int make_private(unsigned long pfn, unsigned long nr)
{
	unsigned long had = ends_in(pfn, nr), has = ends_around(pfn, nr, false);

	if (arena_make_private(pfn, nr))
		return -ENOMEM;
	if (has > had)
		frames_charge_beyond(has - had);
	else
		frames_uncharge(had - has);
	unmark_frames(pfn, nr);
	return 0;
}

/* Undoes share_block() after a failure, or marks the block as shared. */
static void take_back(struct page *head, unsigned long nr)
{
	unsigned long pfn = page_to_pfn(head);
	void *view = arena_view(arena.highmem_fd, pfn, nr);

	if (view && !make_private(pfn, nr)) {
		memcpy(page_to_virt(head), view, nr << PAGE_SHIFT);
		arena_punch(pfn, nr);
	} else {
		mark_head(head);
	}
	if (view)
		arena_view_end(view, nr);
}

/* By frame number, because only the head of a block knows its zone. */
static bool is_highmem(const struct zone *zone)
{
	return zone_idx(zone) == ZONE_HIGHMEM;
}

bool frame_is_highmem(const struct page *page)
{
	return is_highmem(pfn_to_zone(page_to_pfn(page)));
}

/*
 * Returns the index behind the run of consecutive pages of the zone from n on.
 */
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

#define SETTLE_MARK 0
#define SETTLE_BACK 1

/* Marks the blocks that were shared just now, or (SETTLE_BACK) undoes them. */
static void settle_blocks(struct page *const *pages, unsigned int nr,
			  unsigned int how)
{
	for (unsigned int n = 0; n < nr; n++) {
		struct page *head;
		unsigned long len;

		if (frame_is_highmem(pages[n]))
			continue;
		head = frame_block(pages[n], &len);
		if ((READ_ONCE(head->flags) & PG_SHARED) ||
		    !block_is_shared(head, len))
			continue;
		if (how == SETTLE_BACK)
			take_back(head, len);
		else
			mark_head(head);
	}
}

/*
 * Shares all pages or none. The lock is held to the end, so that no other
 * thread uses a block as shared that settle_blocks() then takes back.
 */
int frames_share(struct page *const *pages, unsigned int nr, unsigned int flags)
{
	unsigned int n = 0, first = nr;
	int ret = 0;

	while (n < nr && !ret) {
		struct zone *zone = pfn_to_zone(page_to_pfn(pages[n]));

		if (is_highmem(zone)) {
			n = skip_zone(zone, pages, n, nr);
			continue;
		}
		if (first == nr) {
			first = n;
			spin_lock(&share_lock);
		}
		ret = share_page(pages[n++], flags);
	}
	if (first == nr)
		return 0;
	settle_blocks(pages + first, n - first,
		      ret && (flags & SHARE_KEEP) ? SETTLE_BACK : SETTLE_MARK);
	spin_unlock(&share_lock);
	return ret;
}

/*
 * Returns 0 if the block's address has private memory again; otherwise keeps
 * the block in `stuck` and returns -errno.
 */
int share_freed(struct page *head, unsigned long nr)
{
	unsigned long pfn = page_to_pfn(head);
	int ret;

	spin_lock(&share_lock);
	ret = make_private(pfn, nr);
	if (ret) {
		if (page_block_pages(head) != nr) /* a run: length is lost */
			WRITE_ONCE(head->order, (u8)ilog2(nr));
		head->private = (uintptr_t)stuck;
		WRITE_ONCE(stuck, head);
	} else {
		arena_punch(pfn, nr);
	}
	spin_unlock(&share_lock);
	return ret;
}

void share_free_stuck(void)
{
	struct page *page, *next;

	if (likely(!READ_ONCE(stuck)))
		return;
	spin_lock(&share_lock);
	page = stuck;
	WRITE_ONCE(stuck, (struct page *)NULL);
	spin_unlock(&share_lock);
	for (; page; page = next) {
		unsigned long nr = page_block_pages(page);

		next = (struct page *)page->private;
		page->private = 0;
		page->_refcount = 1;
		if (nr == 1UL << page->order)
			page_block_free(page, page->order);
		else
			free_page_run(page, nr);
	}
}

void frame_unshare(struct page *page)
{
	unsigned long pfn = page_to_pfn(page), nr = page_block_pages(page);

	if (!(READ_ONCE(page->flags) & PG_SHARED))
		return;
	spin_lock(&share_lock);
	if (!make_private(pfn, nr)) {
		__atomic_and_fetch(&page->flags, (u8)~PG_SHARED,
				   __ATOMIC_RELAXED);
		arena_punch(pfn, nr);
	}
	spin_unlock(&share_lock);
}

void share_fork_take(void)
{
	lock_fork_take(&share_lock);
}

void share_fork_release(void)
{
	lock_fork_release(&share_lock);
}
