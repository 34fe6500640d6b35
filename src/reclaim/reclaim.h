// SPDX-License-Identifier: MIT
/*
 * reclaim/reclaim.h - memory is short: what the rooms above take part in
 *
 *	slowpath.c	a request that no zone can serve
 *	  kswapd.c	is asked to reclaim ahead
 *	  vmscan.c	direct reclaim, by the request itself
 *	    shrinker.c	calls the rooms that hold memory they can free
 *	  oom.c		nothing helps
 *
 * A room registers a shrinker, which counts the pages that it could free and
 * frees them. The room reports freed pages by mm_account_reclaimed_pages()
 * (core/task.h). It names no room above it.
 */
#ifndef KM_RECLAIM_RECLAIM_H
#define KM_RECLAIM_RECLAIM_H

#include <kmalloc/oom.h>
#include <kmalloc/shrinker.h>

#include "zone/mmzone.h"
#include "core/list.h"

/* ---- shrinker.c: no lock held -------------------------------------------- */

/* bits of shrinker->flags beside the public ones */
#define SHRINKER_REGISTERED 0x01u
#define SHRINKER_ALLOCATED 0x02u
/* Internal: its objects are pages, and it waits for no lock of the program. */
#define SHRINKER_ENGINE 0x1000000u
#define SHRINKER_STATE \
	(SHRINKER_REGISTERED | SHRINKER_ALLOCATED | SHRINKER_ENGINE)

/*
 * Calls all shrinkers. priority: 12 (a little) to 0 (everything). Returns the
 * number of objects freed.
 */
unsigned long shrink_slab(gfp_t gfp, int nid, int priority);
/* Returns how many pages the rooms could free, by their own count. */
unsigned long reclaimable_pages(gfp_t gfp, int nid);
/* Takes the shrinker off the list once no thread uses it. */
void unregister_shrinker(struct shrinker *s);
void shrinker_init(void);
void shrinker_fork_take(void);
void shrinker_fork_release(void);
void shrinker_fork_child(void);

/* ---- vmscan.c ------------------------------------------------------------ */

#define DROP_PAGES 1u /* free memory goes to the OS */
#define DROP_SLABS 2u /* all shrinkers give up everything */
/* Does what a write to vm.drop_caches asks for. No lock is held. */
void drop_caches(unsigned int what);

/* ---- kswapd.c ------------------------------------------------------------ */

/* From now on threads may be started: the program's constructors run. */
void kswapd_allow_threads(void);
void kswapd_fork_child(void);

/* ---- oom.c --------------------------------------------------------------- */

/* A room's part of the report of its memory. */
struct oom_dump {
	struct list_head list; /* constant after init */
	void (*fn)(void);
};
void oom_dump_register(struct oom_dump *dump); /* at the start */
/* Returns true if the OOM policy does more than let the request fail. */
bool oom_has_policy(void);
/*
 * For a caller that takes memory past the zones, page by page, and finds none.
 * Calls the notifiers, then the policy. Returns true if the caller should try
 * again. It may not return. No lock is held.
 */
bool area_out_of_memory(gfp_t gfp);
void oom_fork_child(void);

#endif
