/* SPDX-License-Identifier: MIT */
/*
 * tests/support/movable.h - an owner of movable pages, as migrate.h wants it
 *
 * Slots, each with a page whose words all say which slot and generation they
 * are of. One lock, the owner's, is around everything that reads or writes a
 * slot or its page; the allocator's functions are called inside it where
 * migrate.h says so.
 */
#ifndef TEST_MOVABLE_H
#define TEST_MOVABLE_H

#include <kmalloc/migrate.h>

#include <errno.h>
#include <pthread.h>

#include "support/start.h"

#define MOVABLE_SLOTS 16384

struct slot {
	struct page *page; /* NULL: empty */
	unsigned int order;
	bool isolated;
	u64 stamp;
};

static struct slot slots[MOVABLE_SLOTS];
static pthread_mutex_t owner_lock = PTHREAD_MUTEX_INITIALIZER;
/* owner_lock: how often each function was called, and what they are to say */
static unsigned long nr_isolated_calls, nr_migrated, nr_putback;
static bool refuse_isolate;
static int migrate_says; /* 0: do it */
static bool called_with_locks; /* an allocator's lock was held */

/* The gates may be held: no thread waits for them (docs/locking.md). */
static inline void note_locks(void)
{
	if (KM_DEBUG && (lock_held & ~LOCK_GATES))
		called_with_locks = true;
}

static inline u64 *slot_words(const struct slot *s)
{
	return page_to_virt(s->page);
}

/* Every 64th word: enough to see a page that was not copied, or twice used. */
static inline void slot_write(struct slot *s, u64 stamp)
{
	u64 *words = slot_words(s);

	s->stamp = stamp;
	for (unsigned long i = 0; i < (512UL << s->order); i += 64)
		words[i] = stamp + i;
}

static inline void slot_check(const struct slot *s)
{
	const u64 *words = slot_words(s);

	for (unsigned long i = 0; i < (512UL << s->order); i += 64)
		REQUIRE(words[i] == s->stamp + i);
}

static inline bool owner_isolate(struct page *page, isolate_mode_t mode)
{
	struct slot *s = &slots[page->private];
	bool ok;

	(void)mode;
	note_locks();
	pthread_mutex_lock(&owner_lock);
	nr_isolated_calls++;
	ok = !refuse_isolate && s->page == page && !s->isolated;
	if (ok)
		s->isolated = true;
	pthread_mutex_unlock(&owner_lock);
	return ok;
}

static const struct movable_operations owner_ops;

static inline int owner_migrate(struct page *dst, struct page *src,
				enum migrate_mode mode)
{
	struct slot *s = &slots[src->private];
	unsigned int order;
	int ret;

	(void)mode;
	note_locks();
	pthread_mutex_lock(&owner_lock);
	ret = s->page == src ? migrate_says : -EINVAL;
	order = s->order;
	if (!ret) {
		REQUIRE(s->isolated);
		memcpy(page_to_virt(dst), page_to_virt(src),
		       PAGE_SIZE << s->order);
		/* a use of the old place is seen */
		memset(page_to_virt(src), 0xee, PAGE_SIZE << s->order);
		dst->private = src->private;
		get_page(dst);
		s->page = dst;
		s->isolated = false;
		__SetPageMovable(dst, &owner_ops);
		__ClearPageMovable(src);
		nr_migrated++;
	}
	pthread_mutex_unlock(&owner_lock);
	if (!ret)
		__free_pages(src, order);
	return ret;
}

static inline void owner_putback(struct page *page)
{
	struct slot *s = &slots[page->private];

	note_locks();
	pthread_mutex_lock(&owner_lock);
	nr_putback++;
	if (s->page == page)
		s->isolated = false;
	pthread_mutex_unlock(&owner_lock);
}

static const struct movable_operations owner_ops = {
	.isolate_page = owner_isolate,
	.migrate_page = owner_migrate,
	.putback_page = owner_putback,
};

/* Make a block that the test owns the page of an empty slot. */
static inline void slot_adopt(unsigned long i, struct page *page, u64 stamp)
{
	struct slot *s = &slots[i];

	pthread_mutex_lock(&owner_lock);
	REQUIRE(!s->page);
	s->page = page;
	s->order = page_word_order(page_word(page));
	s->isolated = false;
	page->private = i;
	slot_write(s, stamp);
	__SetPageMovable(page, &owner_ops);
	pthread_mutex_unlock(&owner_lock);
}

/* false: it was empty. */
static inline bool slot_free(unsigned long i)
{
	struct slot *s = &slots[i];
	unsigned int order;
	struct page *page;

	pthread_mutex_lock(&owner_lock);
	page = s->page;
	order = s->order;
	if (page) {
		slot_check(s);
		s->page = NULL;
		__ClearPageMovable(page);
	}
	pthread_mutex_unlock(&owner_lock);
	if (page)
		__free_pages(page, order);
	return page;
}

/* Check what is there and write something else. */
static inline void slot_rewrite(unsigned long i, u64 stamp)
{
	struct slot *s = &slots[i];

	pthread_mutex_lock(&owner_lock);
	if (s->page) {
		slot_check(s);
		slot_write(s, stamp);
	}
	pthread_mutex_unlock(&owner_lock);
}

/* All pages of [pfn, end) that a test owns, one slot each, `step` apart; those
 * between are given to the zone. Slots are numbered by pfn. */
static inline void fragment(struct zone *zone, unsigned long pfn,
			    unsigned long end, unsigned long step)
{
	for (; pfn < end; pfn++) {
		struct page *page = pfn_to_page(pfn);

		if (pfn % step) {
			give_frames(zone, pfn, 1);
			continue;
		}
		page->order = 0;
		page->flags = 0;
		page->_refcount = 1;
		set_page_links(page, zone);
		set_page_type(page, PAGE_ALLOCATED);
		slot_adopt(pfn, page, pfn * 1000);
	}
}

static inline unsigned long slots_check(void)
{
	unsigned long nr = 0;

	for (unsigned long i = 0; i < MOVABLE_SLOTS; i++) {
		if (!slots[i].page)
			continue;
		slot_check(&slots[i]);
		REQUIRE(!slots[i].isolated);
		nr++;
	}
	return nr;
}

#endif
