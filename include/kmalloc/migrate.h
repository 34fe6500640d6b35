/* SPDX-License-Identifier: MIT */
/*
 * kmalloc/migrate.h - pages that may change places
 *
 * A page is moved only if its owner says so and does the moving: it registers
 * functions with __SetPageMovable(). Compaction, alloc_contig_range() and
 * offline_pages() then call, with no lock of the allocator's held:
 *
 *	isolate_page(page, mode)	owner: takes the page off its own lists,
 *	  |				so that nobody but the allocator has it
 *	  |-- false			stays where it is
 *	  v
 *	migrate_page(dst, src, mode)	owner: copies, makes dst its page
 *	  |-- 0				dst is the owner's, src is free
 *	  |-- -EAGAIN			once more, perhaps with another dst
 *	  v   other -errno
 *	putback_page(page)		owner: back on its lists
 *
 * The owner may free a page at any time, also while it is isolated:
 *
 *	owner's lock {
 *		forget the page;	isolate_page() and migrate_page(), which
 *					take this lock too, see that it is gone
 *		__ClearPageMovable(page);
 *	}
 *	__free_pages(page, order);	or put_page()
 *
 * Whoever moves a page holds a reference from before isolate_page() to its
 * end, so a page that an owner's function is given is not yet another one's;
 * but it may have been freed by then: the functions look into the owner's data,
 * under the owner's lock, and answer false, or -EINVAL, if it was.
 *
 * A successful migrate_page() does what makes one page the other, in this order,
 * under the owner's lock: copy; get_page(dst); __SetPageMovable(dst, mops);
 * __ClearPageMovable(src); and after it __free_pages(src, order). memcg charges
 * and the flags of the allocation go over by themselves.
 *
 * The functions may allocate and free. They may not wait for a lock that
 * is held over fork(), or over alloc_contig_range() and offline_pages(): these
 * wait for a migration that has begun. A trylock, and false or -EAGAIN, will do.
 * The struct must stay for ever.
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
	bool (*isolate_page)(struct page *page, isolate_mode_t mode);
	int (*migrate_page)(struct page *dst, struct page *src,
			    enum migrate_mode mode);
	void (*putback_page)(struct page *page);
};

/*
 * From now on the page may be moved; it is a block of alloc_pages(), of any
 * order up to 9; with __GFP_ACCOUNT and of more than one page it stays where it
 * is unless it is __GFP_COMP. By its owner.
 */
void __SetPageMovable(struct page *page, const struct movable_operations *mops);
/* No longer: none of the functions is begun any more. Before it is freed. */
void __ClearPageMovable(struct page *page);
/* A word for the owner in the first page of its block; 0 at first. */
void set_page_private(struct page *page, unsigned long value);
unsigned long page_private(const struct page *page);
/* Is there somebody who moves it? A hint for whoever does not own it. */
bool PageMovable(const struct page *page);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
