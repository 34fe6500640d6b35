// SPDX-License-Identifier: MIT
/*
 * reclaim/reclaim.h - memory is short: who gives some up
 *
 *	a request that no zone can serve (request/slowpath.c)
 *	  kswapd.c	is asked to reclaim ahead; balance.c, wakeups.c
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

#include "core/list.h"
#include "zone/zonelist.h"

/* ---- shrinker.c: no lock held -------------------------------------------- */

/* bits of shrinker->flags beside the public ones */
#define SHRINKER_REGISTERED 0x01u
#define SHRINKER_ALLOCATED 0x02u
/* Internal: its objects are pages, and it waits for no lock of the program. */
#define SHRINKER_ENGINE 0x1000000u
#define SHRINKER_STATE \
	(SHRINKER_REGISTERED | SHRINKER_ALLOCATED | SHRINKER_ENGINE)

/* Takes the shrinker off the list once no thread uses it. */
void unregister_shrinker(struct shrinker *s);
void shrinker_init(void);
void shrinker_fork_take(void);
void shrinker_fork_release(void);
void shrinker_fork_child(void);

/* ---- vmscan.c: no lock held ---------------------------------------------- */

/*
 * Direct reclaim, for a request of that order. Returns how many pages were
 * reclaimed.
 */
unsigned long try_to_free_pages(gfp_t gfp, unsigned int order,
				const struct alloc_context *ac);
/* Returns how many pages of the zone could be reclaimed at most. */
unsigned long zone_reclaimable_pages(const struct zone *zone, gfp_t gfp);

#define NODE_RECLAIM_NOSCAN (-2) /* not wanted, or not allowed */
#define NODE_RECLAIM_FULL (-1) /* nothing worth it */
#define NODE_RECLAIM_SOME 0
#define NODE_RECLAIM_SUCCESS 1
extern unsigned long node_reclaim_mode; /* vm.zone_reclaim_mode */
/* Returns true if `zone` is near enough to be reclaimed in for `local`. */
bool zone_allows_reclaim(const struct zone *local, const struct zone *zone);
/* Reclaims in one node before a request goes on. Returns a NODE_RECLAIM_. */
int node_reclaim(pg_data_t *pgdat, gfp_t gfp, unsigned int order);

/* The name of node_reclaim() until 4.7, when it took a zone. */
static inline int zone_reclaim(const struct zone *zone, gfp_t gfp,
			       unsigned int order)
{
	return node_reclaim(zone->zone_pgdat, gfp, order);
}

/* Returns true if another thread reclaims for a request. */
bool others_reclaim(void);
void reclaim_fork_child(void);

#define DROP_PAGES 1u /* free memory goes to the OS */
#define DROP_SLABS 2u /* all shrinkers give up everything */
/* Does what a write to vm.drop_caches asks for. No lock is held. */
void drop_caches(unsigned int what);

/* ---- kswapd.c: no lock held, except for waking --------------------------- */

void kswapd_init(void);
/* From now on threads may be started: the program's constructors run. */
void kswapd_allow_threads(void);
void kswapd_fork_child(void);
/* Asks the zone's kswapd to make room for blocks of this order. */
void wakeup_kswapd(struct zone *zone, gfp_t gfp, unsigned int order,
		   enum zone_type highest_zoneidx);
/* The same for each node that the request may use. */
void wake_all_kswapds(unsigned int order, gfp_t gfp,
		      const struct alloc_context *ac);

/* ---- oom.c: no lock held ------------------------------------------------- */

struct oom_control {
	const nodemask_t *nodemask; /* NULL: all nodes */
	gfp_t gfp_mask;
	unsigned int order;
};

bool oom_trylock(void);
void oom_unlock(void);
void oom_wait(void); /* waits briefly for the thread that has it */
/* Returns true if the request should try again. oom_trylock() is held. */
bool out_of_memory(const struct oom_control *oc);

/* A room's part of the report of its memory. */
struct oom_dump {
	void (*fn)(void);
};

void oom_dump_register(const struct oom_dump *dump); /* at the start; one */
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
