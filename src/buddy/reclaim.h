// SPDX-License-Identifier: MIT
/*
 * buddy/reclaim.h - memory is short: what the layers above take part in
 *
 *	slowpath.c	a request that no zone can serve
 *	  kswapd.c	somebody is asked to work ahead
 *	  vmscan.c	it is reclaimed for, here and now
 *	    shrinker.c	who holds what he can do without
 *	  oom.c		nothing helps
 *
 * A layer registers a shrinker that counts pages and gives pages up, and says
 * with mm_account_reclaimed_pages() (core/task.h) which it freed; buddy names
 * no layer above it.
 */
#ifndef KM_BUDDY_RECLAIM_H
#define KM_BUDDY_RECLAIM_H

#include <kmalloc/oom.h>
#include <kmalloc/shrinker.h>

#include "buddy/mmzone.h"
#include "core/list.h"

/* ---- shrinker.c: no lock held ------------------------------------------------ */

/* shrinker->flags beside the public ones */
#define SHRINKER_REGISTERED 0x01u
#define SHRINKER_ALLOCATED 0x02u
/* Ours: its objects are pages, and it waits for no lock of the program. */
#define SHRINKER_ENGINE 0x1000000u
#define SHRINKER_STATE \
	(SHRINKER_REGISTERED | SHRINKER_ALLOCATED | SHRINKER_ENGINE)

/* Ask all; priority 12 (a little) to 0 (everything): objects given up. */
unsigned long shrink_slab(gfp_t gfp, int nid, int priority);
/* Pages that the layers could give up, by their own count. */
unsigned long reclaimable_pages(gfp_t gfp, int nid);
void shrinker_init(void);
void shrinker_fork_take(void);
void shrinker_fork_release(void);
void shrinker_fork_child(void);

/* ---- vmscan.c ---------------------------------------------------------------- */

#define DROP_PAGES 1u /* free memory goes to the OS */
#define DROP_SLABS 2u /* all shrinkers give up everything */
/* What a write to vm.drop_caches does; no lock held. */
void drop_caches(unsigned int what);

/* ---- kswapd.c ---------------------------------------------------------------- */

/* From now on threads may be started: the program's constructors run. */
void kswapd_allow_threads(void);
void kswapd_fork_child(void);

/* ---- oom.c ------------------------------------------------------------------- */

/* A layer's part of the report: what it says of its memory. */
struct oom_dump {
	struct list_head list; /* constant after init */
	void (*fn)(void);
};
void oom_dump_register(struct oom_dump *dump); /* at the start */
/* Does anything happen when memory runs out, but that a request fails? */
bool oom_has_policy(void);
/*
 * For who takes memory past the zones, page by page, and finds none: notifiers,
 * then the policy. true: try again. It may not return. No lock is held.
 */
bool area_out_of_memory(gfp_t gfp);
void oom_fork_child(void);

#endif
