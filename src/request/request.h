// SPDX-License-Identifier: MIT
/*
 * request/request.h - what the rooms above may ask of the page allocator
 *
 *	request.c, alloc.c, slowpath.c	one block: quickly, then by all means
 *	bulk.c			many single pages
 *	runs.c, holes.c, fit_run.c, long_run.c		runs of frames
 *	exact.c			a run as single pages
 *	contig.c, hotplug.c	given frames; frames that go and come
 *	page_frag.c, memcg.c, shrinker_alloc.c	what is made of pages
 *	start.c, fork.c		of all rooms from here to zone
 *
 * The public functions are in <kmalloc/gfp.h> and its neighbours; these are
 * internal to the library.
 */
#ifndef KM_REQUEST_REQUEST_H
#define KM_REQUEST_REQUEST_H

#include <kmalloc/gfp.h>

#include "buddy/buddy.h"
#include "diag/fault.h"
#include "zone/numa.h"
#include "zone/zone.h"

/* ---- start.c, fork.c ----------------------------------------------------- */

/*
 * Sets up the nodes and zones over the arena. Called once; allocates nothing.
 * Returns 0 or -errno.
 */
int page_alloc_init(unsigned int flags);

void page_alloc_fork_take(void);
void page_alloc_fork_release(void);
void page_alloc_fork_child(void); /* undoes what other threads had begun */

/* ---- request.c ----------------------------------------------------------- */

/*
 * Allocates from the zonelist of node nid, but only from nodes of the mask
 * (NULL: all). Checks the order. Returns NULL on failure.
 */
struct page *__alloc_pages(gfp_t gfp, unsigned int order, int nid,
			   const nodemask_t *nodemask);

/*
 * As alloc_pages_node(), but no tick runs. For callers that hold a lock of the
 * library or are in the middle of their work; they free by page_block_free().
 */
struct page *page_block_alloc(int nid, gfp_t gfp, unsigned int order);

/* ---- runs.c, fit_run.c, long_run.c --------------------------------------- */

/* lru.prev of the head of a run, whose nr_pages says how many pages it has */
#define PAGE_RUN_MARK ((struct list_head *)0x52554e00UL)

/*
 * Returns how many pages the block in use has that `head` is the first of. If
 * the caller does not own it the block may be freed meanwhile: then the type or
 * the order of `head` differ after the call.
 */
static __racy inline unsigned long page_block_pages(const struct page *head)
{
	const u32 moving = PAGE_WORD_FLAGS(PG_MOVABLE_OPS | PG_ISOLATED);
	u32 word = smp_load_acquire(&head->word);
	unsigned long nr = 1UL << page_word_order(word);

	/* runs are never moved; lru of a block that is being moved is in use */
	if (nr == 1 || (word & moving) ||
	    (word & PAGE_WORD_TYPE_MASK) == PAGE_SLAB)
		return nr;
	return smp_load_acquire(&head->lru.prev) == PAGE_RUN_MARK ?
		       READ_ONCE(head->nr_pages) :
		       nr;
}

/*
 * Allocates a run of nr contiguous frames, nr <= MAX_ORDER_NR_PAGES. It is
 * aligned to its order, and the surplus of the block is freed at once. Returns
 * its first page or NULL.
 */
struct page *alloc_page_run(gfp_t gfp, unsigned long nr);
/*
 * The same, but the run begins at any frame. Neighbouring blocks serve it
 * before the zone grows. Not for frames that are given to vmap(), whose head is
 * looked for by order, and not with __GFP_ACCOUNT. Injected failures are the
 * caller's.
 */
struct page *alloc_fit_run(gfp_t gfp, unsigned long nr);
/* As alloc_page_run() for any number of frames, out of largest blocks. */
struct page *alloc_long_run(struct zone *zone, unsigned long nr);
/* Frees nr frames, as the largest aligned blocks that they consist of. */
void free_page_run(struct page *page, unsigned long nr);
/* Cuts the tail off a run: frames [keep, nr) become free. */
void trim_page_run(struct page *page, unsigned long keep, unsigned long nr);
/* Takes the frames behind a run if they are free. Returns 0 or -ENOMEM. */
int extend_page_run(struct page *page, unsigned long nr, unsigned long want);

/* ---- fail_page_alloc.c --------------------------------------------------- */

/*
 * Makes fail_page_alloc apply to malloc. Unless the command line sets it,
 * injection then also hits requests that may wait and small ones, which the
 * kernel's default spares. Requests of the loader are exempt (diag/fault.h).
 */
void fail_page_alloc_for_malloc(void);
bool __should_fail_alloc_page(gfp_t gfp, unsigned int order);

/* Returns true if fault injection makes this request fail. No lock is held. */
static inline bool should_fail_alloc_page(gfp_t gfp, unsigned int order)
{
	return !fault_off() && __should_fail_alloc_page(gfp, order);
}

/* ---- slowpath.c ---------------------------------------------------------- */

/*
 * Prints "NAME: WHAT: order:..." to stderr, at most once in ten seconds, and
 * not at all with __GFP_NOWARN.
 */
void warn_alloc(gfp_t gfp, const nodemask_t *nodemask, const char *what,
		unsigned int order);

#endif
