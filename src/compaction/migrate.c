// SPDX-License-Identifier: MIT
/*
 * compaction/migrate.c - pages that change places, by their owner's functions
 *
 *	isolate_movable_page	src: off its owner's lists; migration takes a
 *				reference
 *	migrate_pages
 *	  get_new_page		dst: a block of the same order
 *	  ->migrate_page	its owner copies src and makes dst its page
 *	  put_isolated_page	src: this was the last reference, it is free
 *	putback_movable_page	or it was not moved: back on its owner's lists
 *
 * Locking	migrate_lock, held by every caller except those of
 *		__SetPageMovable() and __ClearPageMovable(). No other lock of
 *		the library is held when an owner's function is called.
 * Invariants	MIGRATE1  PG_ISOLATED and a reference come and go together
 *		MIGRATE2  a page that is given to an owner's function is not
 *			  free		(unit.compaction.migrate checks both)
 * Source	Linux v6.12 mm/migrate.c and mm/compaction.c for pages with
 *		movable_operations; there is no LRU and no page table
 */
#include <errno.h>
#include <string.h>

#include "buddy/buddy.h"
#include "compaction/migrate.h"
#include "core/probe.h"
#include "sys/os.h"
#include "zone/vmstat.h"

spinlock_t migrate_lock = SPIN_LOCK_INIT(LOCK_MIGRATE);

void migrate_unlock(void)
{
	os_wp_done();
	spin_unlock(&migrate_lock);
}

/*
 * Flags that an allocated page must have, must not have, and then gets or
 * loses. The owner may free the page between the load and the compare, which
 * then fails; so who frees it reads its flags by READ_ONCE().
 */
struct flag_change {
	u8 with, without, set, clear;
};

static bool change_flags(struct page *page, struct flag_change c)
{
	u32 old = smp_load_acquire(&page->word), new;

	do {
		if ((old & PAGE_WORD_TYPE_MASK) != PAGE_ALLOCATED ||
		    (~old & PAGE_WORD_FLAGS(c.with)) ||
		    (old & PAGE_WORD_FLAGS(c.without)))
			return false;
		new = (old | PAGE_WORD_FLAGS(c.set)) &
		      ~PAGE_WORD_FLAGS(c.clear);
	} while (!__atomic_compare_exchange_n(&page->word, &old, new, false,
					      __ATOMIC_ACQ_REL,
					      __ATOMIC_ACQUIRE));
	return true;
}

/* ---- what the owner calls ------------------------------------------------ */

static void count_movable(struct page *page, unsigned long nr)
{
	__atomic_fetch_add(&page_zone(page)->nr_movable_pages, nr,
			   __ATOMIC_RELAXED);
}

void __SetPageMovable(struct page *page, const struct movable_operations *mops)
{
	BUG_ON(page_type(page) != PAGE_ALLOCATED ||
	       READ_ONCE(page->order) > PAGEBLOCK_ORDER ||
	       (READ_ONCE(page->flags) & PG_MOVABLE_OPS));
	WRITE_ONCE(page->mapping, (const void *)mops);
	count_movable(page, 1UL << READ_ONCE(page->order));
	change_flags(page, (struct flag_change){ .set = PG_MOVABLE_OPS });
}

/* PG_LOCKED is never held for longer than a few instructions. */
void __ClearPageMovable(struct page *page)
{
	const struct flag_change unset = { .with = PG_MOVABLE_OPS,
					   .without = PG_LOCKED,
					   .clear = PG_MOVABLE_OPS };

	BUG_ON(!page_is_movable(page));
	while (!change_flags(page, unset))
		cpu_relax();
	WRITE_ONCE(page->mapping, (const void *)NULL);
	count_movable(page, -(1UL << READ_ONCE(page->order)));
}

void set_page_private(struct page *page, unsigned long value)
{
	WRITE_ONCE(page->private, value);
}

unsigned long page_private(const struct page *page)
{
	return READ_ONCE(page->private);
}

bool PageMovable(const struct page *page)
{
	return page_is_movable(page);
}

/* ---- taking and giving back ---------------------------------------------- */

static bool lock_movable(struct page *page, u8 with)
{
	struct flag_change lock = { .with = PG_MOVABLE_OPS | with,
				    .without = PG_LOCKED,
				    .set = PG_LOCKED };

	if (!with)
		lock.without |= PG_ISOLATED;
	return change_flags(page, lock);
}

static void unlock_movable(struct page *page, u8 set)
{
	change_flags(page, (struct flag_change){ .with = PG_LOCKED,
						 .set = set,
						 .clear = PG_LOCKED });
}

/*
 * Takes a second reference if the owner's is the only one. The caller holds
 * PG_LOCKED. Returns true if it was taken.
 */
static bool get_only_reference(struct page *page)
{
	u32 one = 1;

	return __atomic_compare_exchange_n(&page->_refcount, &one, 2, false,
					   __ATOMIC_RELAXED, __ATOMIC_RELAXED);
}

/*
 * Returns false for a charged block of several pages that is not compound. If
 * it is freed while referenced, free_tails() makes single pages of it, each
 * with its part of the charge. So the charge would end twice.
 */
static bool charge_can_move(const struct page *page)
{
	u32 word = page_word(page);

	return !page->memcg || !page_word_order(word) ||
	       (word & PAGE_WORD_FLAGS(PG_HEAD));
}

bool isolate_movable_page(struct page *page, isolate_mode_t mode)
{
	const struct movable_operations *mops;
	bool held;

	lock_assert_held(&migrate_lock);
	if (!lock_movable(page, 0))
		return false;
	mops = READ_ONCE(page->mapping);
	held = charge_can_move(page) && get_only_reference(page);
	unlock_movable(page, held ? PG_ISOLATED : 0);
	if (!held)
		return false;
	if (mops->isolate_page(page, mode))
		return true;
	put_isolated_page(page);
	return false;
}

void put_isolated_page(struct page *page)
{
	change_flags(page, (struct flag_change){ .with = PG_ISOLATED,
						 .clear = PG_ISOLATED });
	page_block_put(page);
}

/*
 * Returns the operations of a page that the caller has isolated. NULL: its
 * owner has called __ClearPageMovable().
 */
static const struct movable_operations *page_movable_ops(struct page *page)
{
	const struct movable_operations *mops;

	if (!lock_movable(page, PG_ISOLATED))
		return NULL;
	mops = READ_ONCE(page->mapping);
	unlock_movable(page, 0);
	return mops;
}

void putback_movable_page(struct page *page)
{
	const struct movable_operations *mops = page_movable_ops(page);

	if (mops)
		mops->putback_page(page);
	put_isolated_page(page);
}

void putback_movable_pages(struct list_head *pages)
{
	struct page *page, *next;

	list_for_each_entry_safe(page, next, pages, lru) {
		list_del(&page->lru);
		putback_movable_page(page);
	}
}

/* ---- moving -------------------------------------------------------------- */

void prep_migrate_target(struct page *dst, const struct page *src,
			 unsigned int order)
{
	u32 word = page_word(src);

	BUG_ON(!page_is_clean(dst));
	dst->_refcount = 1;
	WRITE_ONCE(dst->order, (u8)order);
	WRITE_ONCE(dst->migratetype, (u8)(word >> 24));
	WRITE_ONCE(dst->flags, 0);
	if (word & PAGE_WORD_FLAGS(PG_HEAD))
		prep_compound_page(dst, order);
	set_page_links(dst, pfn_to_zone(page_to_pfn(dst)));
	set_page_type(dst, PAGE_ALLOCATED);
}

void unprep_migrate_target(struct page *dst)
{
	BUG_ON(READ_ONCE(dst->flags) & PG_MOVABLE_OPS);
	if (READ_ONCE(dst->flags) & PG_HEAD)
		memset(arena_index + page_to_pfn(dst), 0, 1UL << dst->order);
	WRITE_ONCE(dst->flags, 0);
	page_clean(dst);
}

/* The owner has taken over dst, and with it the charge of src. */
static void finish_move(struct page *dst, struct page *src)
{
	src->memcg = NULL;
	src->owner_stack = 0;
	list_del(&src->lru);
	put_isolated_page(src);
	page_block_put(dst);
}

/*
 * Returns 0 if src was moved, or was freed by its owner, and is off the list.
 */
static int unmap_and_move(struct page *src, const struct migration_target *to,
			  enum migrate_mode mode)
{
	const struct movable_operations *mops = page_movable_ops(src);
	struct page *dst;
	int ret;

	if (!mops) {
		list_del(&src->lru);
		put_isolated_page(src);
		return 0;
	}
	dst = to->get_new_page(src, to->private);
	if (!dst)
		return -ENOMEM;
	/* before the owner has dst, because it may free it at once */
	dst->memcg = src->memcg;
	dst->owner_stack = src->owner_stack;
	ret = mops->migrate_page(dst, src, mode);
	if (ret) {
		dst->memcg = NULL;
		dst->owner_stack = 0;
		to->put_new_page(dst, to->private);
	} else {
		finish_move(dst, src);
	}
	return ret;
}

struct moves {
	struct list_head failed; /* blocks that cannot move now */
	unsigned long moved; /* base pages */
	bool no_room; /* for one of the failed */
};

/*
 * One pass over the list. Returns how many pages want another try, or -ENOMEM
 * at once if there is no room for a single page. If a larger block found no
 * room, smaller ones may.
 */
static int migrate_pages_once(struct list_head *from, struct moves *moves,
			      const struct migration_target *to,
			      enum migrate_mode mode)
{
	struct page *page, *next;
	int retry = 0;

	list_for_each_entry_safe(page, next, from, lru) {
		unsigned long nr = 1UL << page_word_order(page_word(page));
		int ret = unmap_and_move(page, to, mode);

		if (!ret) {
			moves->moved += nr;
		} else if (ret == -ENOMEM && nr == 1) {
			return ret;
		} else if (ret == -EAGAIN) {
			retry++;
		} else {
			moves->no_room |= ret == -ENOMEM;
			list_del(&page->lru);
			list_add_tail(&page->lru, &moves->failed);
		}
	}
	return retry;
}

static unsigned long list_pages(const struct list_head *list)
{
	unsigned long nr = 0;
	struct page *page;

	list_for_each_entry(page, list, lru)
		nr += 1UL << page_word_order(page_word(page));
	return nr;
}

int migrate_pages(struct list_head *from, const struct migration_target *to,
		  enum migrate_mode mode, unsigned long *ret_succeeded)
{
	int passes = mode == MIGRATE_ASYNC ? NR_MAX_MIGRATE_ASYNC_RETRY :
					     NR_MAX_MIGRATE_PAGES_RETRY;
	struct moves moves = { .moved = 0 };
	unsigned long left;
	int retry = 1;

	lock_assert_held(&migrate_lock);
	INIT_LIST_HEAD(&moves.failed);
	for (int pass = 0; pass < passes && retry > 0; pass++)
		retry = migrate_pages_once(from, &moves, to, mode);
	list_splice_init(&moves.failed, from);
	left = list_pages(from);
	count_vm_events(PGMIGRATE_SUCCESS, moves.moved);
	count_vm_events(PGMIGRATE_FAIL, left);
	probe_mm_compaction_migratepages(moves.moved, left);
	if (ret_succeeded)
		*ret_succeeded = moves.moved;
	return retry < 0 || moves.no_room ? -ENOMEM : (int)left;
}
