// SPDX-License-Identifier: MIT
/*
 * compaction/migrate.h - moving pages, and holding a page while it moves
 *
 * The first word of struct page changes as a whole, by compare and exchange,
 * while a page may be movable:
 *
 *	type ALLOCATED, MOVABLE_OPS		its owner's
 *	            ... + LOCKED		for a moment, without waiting:
 *						take a reference, read mapping
 *	            ... + ISOLATED		migration has a reference
 *	type ALLOCATED, ISOLATED		the owner has freed it, only
 *						migration has it
 *
 * __ClearPageMovable() waits for LOCKED to go. So a thread that set LOCKED
 * while MOVABLE_OPS was set may use mapping until it has a reference. While it
 * has one, the page is not reused.
 *
 * Locking	migrate_lock, except for __SetPageMovable() and
 *		__ClearPageMovable(), which the owner calls
 * Source	Linux v6.12 mm/migrate.c; PG_locked as a model, but it is never
 *		held across a call of the owner's functions
 */
#ifndef KM_COMPACTION_MIGRATE_H
#define KM_COMPACTION_MIGRATE_H

#include <kmalloc/migrate.h>

#include "core/lock.h"
#include "zone/mmzone.h"

/* Held over a whole run, so that only one thread at a time isolates pages. */
extern spinlock_t migrate_lock;

/* Ends a run in which pages may have been moved. */
void migrate_unlock(void);

/*
 * Returns true if another thread waits for the lock. Compaction then ends
 * early.
 */
static inline bool migrate_lock_contended(void)
{
	return READ_ONCE(migrate_lock.word) == 2;
}

/*
 * Isolates a page. Returns true if its owner let go of it; the caller then has
 * a reference.
 */
bool isolate_movable_page(struct page *page, isolate_mode_t mode);
/* The reverse, for one page and for a list. */
void putback_movable_page(struct page *page);
void putback_movable_pages(struct list_head *pages);

/* where pages move to */
struct migration_target {
	/* Returns a block like src, with one reference, or NULL. */
	struct page *(*get_new_page)(struct page *src, void *private);
	/* Frees a block of get_new_page() that was not used. */
	void (*put_new_page)(struct page *dst, void *private);
	void *private;
};

#define NR_MAX_MIGRATE_PAGES_RETRY 10
#define NR_MAX_MIGRATE_ASYNC_RETRY 3

/*
 * Moves isolated pages. Returns how many could not be moved; they are still on
 * the list. Returns -ENOMEM if there was no room for one of them, though others
 * may have moved. *ret_succeeded, if not NULL, is how many base pages moved.
 */
int migrate_pages(struct list_head *from, const struct migration_target *to,
		  enum migrate_mode mode, unsigned long *ret_succeeded);

/* Drops the reference to an isolated page; the last one frees it. */
void put_isolated_page(struct page *page);
/*
 * The first makes a block that is off the lists an allocated one like src, the
 * second undoes that.
 */
void prep_migrate_target(struct page *dst, const struct page *src,
			 unsigned int order);
void unprep_migrate_target(struct page *dst);

#endif
