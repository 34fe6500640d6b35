/* SPDX-License-Identifier: MIT */
/*
 * kmalloc/migrate.h - pages that the allocator may move
 *
 * A page can be moved only if its owner registers functions for that with
 * __SetPageMovable(). Compaction, alloc_contig_range() and km_offline_pages()
 * then call these, with no lock of the library held:
 *
 *	isolate_page(page, mode)	the owner takes the page off its lists
 *	  |
 *	  |-- false			the page stays where it is
 *	  v
 *	migrate_page(dst, src, mode)	the owner copies src and uses dst
 *	  |-- 0				dst is the owner's, src is free
 *	  |-- -EAGAIN			called again, perhaps with another dst
 *	  v   other -errno
 *	putback_page(page)		the owner puts it back on its lists
 *
 * The owner may free a page at any time, also while it is isolated:
 *
 *	owner's lock {
 *		forget the page;	isolate_page() and migrate_page() take
 *					this lock too, and find that it is gone
 *		__ClearPageMovable(page);
 *	}
 *	__free_pages(page, order);	or put_page()
 *
 * The thread that moves a page holds a reference to it from before
 * isolate_page() to the end of the move. So a page that an owner's function is
 * given is not in use for another purpose yet. But the owner may have freed it.
 * So each function looks the page up in the owner's data, under the owner's
 * lock. If it is gone, the function returns false, or -EINVAL.
 *
 * A successful migrate_page() does, in this order and under the owner's lock:
 * copy; get_page(dst); __SetPageMovable(dst, mops); __ClearPageMovable(src).
 * Then, without the lock, __free_pages(src, order). memcg charges and the flags
 * of the allocation follow by themselves.
 *
 * The functions may allocate and free. They must not wait for a lock that the
 * program holds over fork(), alloc_contig_range() or km_offline_pages(), since
 * these wait for a migration that has begun. Use a trylock, and return false or
 * -EAGAIN if it fails. The struct must never be freed.
 *
 * Source: Linux v6.12 include/linux/migrate.h.
 */
#ifndef KMALLOC_MIGRATE_H
#define KMALLOC_MIGRATE_H

#include <stdbool.h>

#include <kmalloc/gfp.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

enum migrate_mode {
	MIGRATE_ASYNC, /* do not wait for anything */
	MIGRATE_SYNC_LIGHT, /* short waits are fine */
	MIGRATE_SYNC
};

typedef unsigned int isolate_mode_t;
#define ISOLATE_ASYNC_MIGRATE 0x4u /* for MIGRATE_ASYNC */

struct movable_operations {
	/* Takes the page off the owner's lists. Returns false if it stays. */
	bool (*isolate_page)(struct page *page, isolate_mode_t mode);
	/* Moves src to dst. Returns 0, -EAGAIN to be called again, -errno. */
	int (*migrate_page)(struct page *dst, struct page *src,
			    enum migrate_mode mode);
	/* Puts an isolated page that was not moved back on the owner's list. */
	void (*putback_page)(struct page *page);
};

/*
 * Called by the owner: from now on the page may be moved. It is a block of
 * alloc_pages(), of any order up to 9. A block of several pages with
 * __GFP_ACCOUNT is moved only if it has __GFP_COMP.
 */
void __SetPageMovable(struct page *page, const struct movable_operations *mops);
/*
 * Called by the owner before it frees the page: no function is called for the
 * page any more. A call that has begun may still run.
 */
void __ClearPageMovable(struct page *page);
/* Set and return a word for the owner in the block's first page; 0 at first. */
void set_page_private(struct page *page, unsigned long value);
unsigned long page_private(const struct page *page);
/* Returns true if the page can be moved. Only a hint, unless the owner asks. */
bool PageMovable(const struct page *page);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
