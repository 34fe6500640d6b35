// SPDX-License-Identifier: MIT
/*
 * buddy/migrate.h - who moves pages, and how one is held meanwhile
 *
 * The first word of struct page changes as a whole, by compare and exchange,
 * while a page may be movable:
 *
 *	type ALLOCATED, MOVABLE_OPS		its owner's
 *	            ... + LOCKED		for a moment, without waiting:
 *						take a reference, read mapping
 *	            ... + ISOLATED		with one of our references
 *	type ALLOCATED, ISOLATED		the owner has let go of it for
 *						good; ours is the last reference
 *
 * __ClearPageMovable() waits for LOCKED to go, so whoever saw MOVABLE_OPS when
 * it set LOCKED may trust mapping until it has a reference; and with one the page
 * does not become another page.
 *
 * Locking	migrate_lock for all but Set and Clear, which the owner calls
 * Source	Linux v6.12 mm/migrate.c; PG_locked as a model, but it is never
 *		held across a call of the owner's functions
 */
#ifndef KM_BUDDY_MIGRATE_H
#define KM_BUDDY_MIGRATE_H

#include <kmalloc/migrate.h>

#include "buddy/mmzone.h"

/* Held over a whole run: one thread at a time takes pages from their owners. */
extern spinlock_t migrate_lock;

/* Called at the end of each run, with the lock held; NULL: none. Constant after init. */
extern void (*migrate_run_done)(void);
/* The end of a run in which pages may have been moved. */
void migrate_unlock(void);

/* Does somebody wait for it? Compaction then ends early. */
static inline bool migrate_lock_contended(void)
{
	return READ_ONCE(migrate_lock.word) == 2;
}

/*
 * The header of any page: whoever owns it may write to it meanwhile, so it is
 * a hint until a compare and exchange finds it as it was.
 */
static __racy inline u32 page_word(const struct page *page)
{
	return *(const volatile u32 *)&page->word;
}

static inline bool page_is_movable(const struct page *page)
{
	u32 word = page_word(page);

	return (word & PAGE_WORD_TYPE_MASK) == PAGE_ALLOCATED &&
	       (word & PAGE_WORD_FLAGS(PG_MOVABLE_OPS));
}

static inline unsigned int page_word_order(u32 word)
{
	return word >> 8 & 0xff;
}

/* Take a page from its owner: true and a reference held, if it let go of it. */
bool isolate_movable_page(struct page *page, isolate_mode_t mode);
/* The reverse, for one page and for a list. */
void putback_movable_page(struct page *page);
void putback_movable_pages(struct list_head *pages);

/* Where pages go. */
struct migration_target {
	/* A block like src, with one reference, or NULL. */
	struct page *(*get_new_page)(struct page *src, void *private);
	void (*put_new_page)(struct page *dst, void *private);
	void *private;
};

/* For whoever wants new places anywhere: get_new_page, with a control. */
struct migration_target_control {
	int nid;
	gfp_t gfp_mask; /* mobility and compound are taken from the page */
};
struct page *alloc_migration_target(struct page *src, void *private);
void free_migration_target(struct page *dst, void *private);

#define NR_MAX_MIGRATE_PAGES_RETRY 10
#define NR_MAX_MIGRATE_ASYNC_RETRY 3

/*
 * Move isolated pages: the number of those that could not be, which are still
 * on the list, or -ENOMEM when there was no room for one of them; others may have
 * been moved then. *ret_succeeded
 * (NULL: nobody asks) is how many base pages were moved.
 */
int migrate_pages(struct list_head *from, const struct migration_target *to,
		  enum migrate_mode mode, unsigned long *ret_succeeded);

/* A reference to a page that we isolated is given up; the last one frees it. */
void put_isolated_page(struct page *page);
/* A block off the lists becomes an allocated one like src, or that again. */
void prep_migrate_target(struct page *dst, const struct page *src,
			 unsigned int order);
void unprep_migrate_target(struct page *dst);

#endif
