// SPDX-License-Identifier: MIT
/*
 * request/slowpath.c - when no zone is above its low mark and none can grow
 *
 *	wake kswapd
 *	try at the min mark ------------------------------> page
 *	compact, if the block is large
 *	.-> wake kswapd again, try; with the reserves, if allowed to
 *	|   may not block, or is itself reclaiming -------> nopage
 *	|   reclaim, drain the per-CPU lists, try --------> page
 *	|   compact, try ---------------------------------> page
 *	|   __GFP_NORETRY, or a costly order -------------> nopage
 *	|-- reclaim made progress, or could free enough
 *	|-- compaction may make progress
 *	|   out of memory: try at the high mark, then
 *	|   reclaim/oom.c
 *	`-- that helped
 *	nopage: __GFP_NOFAIL waits and goes round again; others get NULL, and
 *	a report
 *
 * Locking	none; with __GFP_DIRECT_RECLAIM the caller must hold none either
 * Source	Linux v6.12 mm/page_alloc.c, __alloc_pages_slowpath()
 *		(docs/kernel.md A2-A7)
 */
#include "core/task.h"
#include "diag/dump_stack.h"
#include "diag/fmt.h"
#include "diag/ratelimit.h"
#include "diag/report.h"
#include "diag/warn.h"
#include "reclaim/reclaim.h"
#include "request/internal.h"
#include "sys/os.h"
#include "zone/gfp.h"
#include "zone/show.h"
#include "zone/wait.h"
#include "zone/watermark.h"

#define NOFAIL_WAIT_MS 100 /* at most, before the next try */

/* what a step of the slow path came to */
enum slow_verdict {
	SLOW_SERVED, /* by sp->page */
	SLOW_AGAIN, /* another turn makes sense */
	SLOW_HOPELESS, /* none does */
};

/* the state of a request in the slow path */
struct slowpath {
	struct page *page; /* what serves it; NULL so far */
	struct alloc_context *ac;
	gfp_t gfp;
	unsigned int order, alloc_flags;
	unsigned long progress; /* pages, of the last reclaim */
	int no_progress_loops;
	int compaction_retries;
	enum compact_priority compact_priority;
	enum compact_result compact_result; /* of the last compaction */
	int oom_rounds;
	int nofail_rounds; /* how often __GFP_NOFAIL waited */
};

/* ---- flags --------------------------------------------------------------- */

/*
 * Returns ALLOC_NO_WATERMARKS for a request that may go below all marks: it
 * asks for that, or its thread is freeing memory. Else returns 0.
 */
static unsigned int __gfp_pfmemalloc_flags(gfp_t gfp)
{
	if (gfp & __GFP_NOMEMALLOC)
		return 0;
	if ((gfp & __GFP_MEMALLOC) || (current->flags & PF_MEMALLOC))
		return ALLOC_NO_WATERMARKS;
	return 0;
}

static unsigned int gfp_to_alloc_flags(gfp_t gfp, unsigned int order)
{
	unsigned int flags = WMARK_MIN | ALLOC_CPUSET;

	flags |= gfp & (ALLOC_MIN_RESERVE | ALLOC_KSWAPD);
	if (!(gfp & __GFP_DIRECT_RECLAIM)) {
		if (!(gfp & __GFP_NOMEMALLOC)) {
			flags |= ALLOC_NON_BLOCK;
			if (order && (flags & ALLOC_MIN_RESERVE))
				flags |= ALLOC_HIGHATOMIC;
		}
		if (flags & ALLOC_MIN_RESERVE)
			flags &= ~ALLOC_CPUSET;
	}
	if (gfp & __GFP_COLD)
		flags |= ALLOC_COLD;
	return flags;
}

static void reset_preferred_zone(struct alloc_context *ac)
{
	ac->preferred_zoneref = first_zones_zonelist(
		ac->zonelist, ac->highest_zoneidx, ac->nodemask);
}

/* ---- reclaim ------------------------------------------------------------- */

static void drain_everything(void)
{
	struct zone *zone;

	for_each_zone(zone)
		drain_all_pages(zone);
}

static struct page *__alloc_pages_direct_reclaim(struct slowpath *sp)
{
	struct page *page;

	/* Reclaim takes locks of all rooms (docs/locking.md). */
	VM_BUG_ON((lock_held & ~LOCK_GATES) && !lock_is_fork_owner());
	sp->progress = try_to_free_pages(sp->gfp, sp->order, sp->ac);
	page = get_page_from_freelist(sp->gfp, sp->order, sp->alloc_flags,
				      sp->ac);
	if (page)
		return page;
	/*
	 * reclaimed pages may be on a per-CPU list, or in a reserved pageblock
	 */
	unreserve_highatomic_pageblock(sp->ac, 0);
	drain_everything();
	return get_page_from_freelist(sp->gfp, sp->order, sp->alloc_flags,
				      sp->ac);
}

/*
 * Returns true if another round of reclaim is worth it: the last one made
 * progress, or all that shrinkers hold would be enough. The number of rounds is
 * limited (docs/kernel.md A4). Without progress the request waits only if
 * another thread reclaims too.
 */
static bool should_reclaim_retry(struct slowpath *sp)
{
	struct alloc_context *ac = sp->ac;
	struct zoneref *z = ac->preferred_zoneref;
	struct zone *zone;

	if (sp->progress && sp->order <= PAGE_ALLOC_COSTLY_ORDER)
		sp->no_progress_loops = 0;
	else
		sp->no_progress_loops++;
	if (sp->no_progress_loops > MAX_RECLAIM_RETRIES)
		return unreserve_highatomic_pageblock(ac, 1);
	for_next_zone_zonelist(zone, z, ac->highest_zoneidx, ac->nodemask)
	{
		long available = zone_free_pages(zone);

		available += (long)zone_reclaimable_pages(zone, sp->gfp);
		if (!__zone_watermark_ok(zone, sp->order, min_wmark_pages(zone),
					 ac->highest_zoneidx, sp->alloc_flags,
					 available))
			continue;
		if (!sp->progress)
			memory_pause(others_reclaim);
		return true;
	}
	return false;
}

/* ---- compaction ---------------------------------------------------------- */

static struct page *direct_compact(struct slowpath *sp)
{
	return __alloc_pages_direct_compact(sp->gfp, sp->order, sp->alloc_flags,
					    sp->ac, sp->compact_priority,
					    &sp->compact_result);
}

/*
 * A large block, or one that would mix types, is first made by cheap compaction
 * (docs/kernel.md A2). Returns SLOW_HOPELESS if a request with __GFP_NORETRY
 * should give up now.
 */
static enum slow_verdict compact_first(struct slowpath *sp)
{
	bool costly = sp->order > PAGE_ALLOC_COSTLY_ORDER;

	if (!(sp->gfp & __GFP_DIRECT_RECLAIM) ||
	    (!costly &&
	     (!sp->order || sp->ac->migratetype == MIGRATE_MOVABLE)) ||
	    __gfp_pfmemalloc_flags(sp->gfp) || (current->flags & PF_MEMALLOC))
		return SLOW_AGAIN;
	sp->compact_priority = INIT_COMPACT_PRIORITY;
	sp->page = direct_compact(sp);
	if (sp->page)
		return SLOW_SERVED;
	if (!costly || !(sp->gfp & __GFP_NORETRY)) {
		sp->compact_priority = DEF_COMPACT_PRIORITY;
		return SLOW_AGAIN;
	}
	return sp->compact_result == COMPACT_SKIPPED ||
			       sp->compact_result == COMPACT_DEFERRED ||
			       (sp->gfp & __GFP_THISNODE) ?
		       SLOW_HOPELESS :
		       SLOW_AGAIN;
}

/* ---- out of memory ------------------------------------------------------- */

static struct page *__alloc_pages_may_oom(struct slowpath *sp)
{
	struct alloc_context *ac = sp->ac;
	struct oom_control oc = {
		.nodemask = ac->nodemask,
		.gfp_mask = sp->gfp,
		.order = sp->order,
	};
	struct page *page;

	sp->progress = 0;
	if (!oom_trylock()) { /* another thread handles it */
		sp->progress = 1;
		oom_wait();
		return NULL;
	}
	/*
	 * Another thread may have handled it by now. The high mark makes sure
	 * that this try succeeds only if memory really is no longer short.
	 */
	page = get_page_from_freelist((sp->gfp | __GFP_HARDWALL) &
					      ~__GFP_DIRECT_RECLAIM,
				      sp->order, WMARK_HIGH | ALLOC_CPUSET, ac);
	if (page || sp->order > PAGE_ALLOC_COSTLY_ORDER ||
	    (sp->gfp & (__GFP_RETRY_MAYFAIL | __GFP_THISNODE)) ||
	    ac->highest_zoneidx < ZONE_NORMAL)
		goto unlock;
	/* a bound that the kernel does not have: no thread may hang here */
	if (sp->oom_rounds++ <= MAX_RECLAIM_RETRIES && out_of_memory(&oc))
		sp->progress = 1;
	if (sp->progress && (sp->gfp & __GFP_NOFAIL))
		page = get_page_from_freelist(sp->gfp, sp->order,
					      ALLOC_NO_WATERMARKS, ac);
unlock:
	oom_unlock();
	return page;
}

/* ---- the report ---------------------------------------------------------- */

/* Writes the nodes of a mask as the kernel lists them: "0-1,3". */
static void nodemask_text(nodemask_t nodes, char *buf, size_t size)
{
	size_t at = 0;

	buf[0] = '\0';
	for (unsigned int nid = 0; nid < MAX_NUMNODES && at < size; nid++) {
		unsigned int first = nid;

		if (!node_in(nid, nodes))
			continue;
		while (nid + 1 < MAX_NUMNODES && node_in(nid + 1, nodes))
			nid++;
		at += (size_t)km_snprintf(buf + at, size - at,
					  first == nid ? "%s%u" : "%s%u-%u",
					  at ? "," : "", first, nid);
	}
}

void warn_alloc(gfp_t gfp, const nodemask_t *nodemask, const char *what,
		unsigned int order)
{
	static struct ratelimit_state limit = RATELIMIT_STATE_INIT(10000, 1);
	char comm[16], nodes[20] = "(null)", flags[256];

	if (gfp_allowed_mask != GFP_ALLOWED_ALL)
		return; /* the start reports its own failure, in one line */
	if ((gfp & __GFP_NOWARN) || !__ratelimit(&limit, __func__))
		return;
	os_comm(comm);
	if (nodemask)
		nodemask_text(*nodemask, nodes, sizeof(nodes));
	gfp_flags_string(flags, sizeof(flags), gfp);
	km_report("%pE: %s: order:%u, mode:%#x(%s), nodemask=%s\n", comm, what,
		  order, gfp, flags, nodes);
	dump_stack();
	show_mem();
}

/* ---- the path itself ----------------------------------------------------- */

static struct page *try_again(struct slowpath *sp)
{
	return get_page_from_freelist(sp->gfp, sp->order, sp->alloc_flags,
				      sp->ac);
}

/* A request that may use reserves may also use the memory of all nodes. */
static void use_reserves(struct slowpath *sp)
{
	unsigned int reserves = __gfp_pfmemalloc_flags(sp->gfp);

	if (reserves)
		sp->alloc_flags |= reserves;
	if (reserves || !(sp->alloc_flags & ALLOC_CPUSET)) {
		sp->ac->nodemask = NULL;
		reset_preferred_zone(sp->ac);
	}
}

/* Wakes kswapd, tries, reclaims, compacts, asks the OOM policy: each once. */
static enum slow_verdict slowpath_turn(struct slowpath *sp)
{
	bool costly = sp->order > PAGE_ALLOC_COSTLY_ORDER;

	if (sp->alloc_flags & ALLOC_KSWAPD)
		wake_all_kswapds(sp->order, sp->gfp, sp->ac);
	use_reserves(sp);
	sp->page = try_again(sp);
	if (sp->page)
		return SLOW_SERVED;
	if (!(sp->gfp & __GFP_DIRECT_RECLAIM) || (current->flags & PF_MEMALLOC))
		return SLOW_HOPELESS;
	sp->page = __alloc_pages_direct_reclaim(sp);
	if (!sp->page)
		sp->page = direct_compact(sp);
	if (sp->page)
		return SLOW_SERVED;
	if ((sp->gfp & __GFP_NORETRY) ||
	    (costly && !(sp->gfp & __GFP_RETRY_MAYFAIL)))
		return SLOW_HOPELESS;
	if (should_reclaim_retry(sp) ||
	    (sp->progress &&
	     should_compact_retry(sp->ac, sp->order, sp->alloc_flags,
				  sp->compact_result, &sp->compact_priority,
				  &sp->compaction_retries)))
		return SLOW_AGAIN;
	sp->page = __alloc_pages_may_oom(sp);
	if (sp->page)
		return SLOW_SERVED;
	if (!sp->progress)
		return SLOW_HOPELESS;
	sp->no_progress_loops = 0;
	return SLOW_AGAIN;
}

/*
 * A request with __GFP_NOFAIL first gets a part of the reserve (docs/kernel.md
 * A6). If that fails, it waits until a thread frees memory. Freed pages may
 * never reach the mark, so from the second time on it may use the whole
 * reserve. It counts as a waiter before the last try, so it misses no free.
 */
static enum slow_verdict nofail_wait(struct slowpath *sp)
{
	unsigned int reserve = sp->nofail_rounds++ ? ALLOC_NO_WATERMARKS :
						     ALLOC_MIN_RESERVE;
	u32 seq = memory_wait_begin();

	drain_everything();
	sp->page = get_page_from_freelist(sp->gfp, sp->order,
					  sp->alloc_flags | reserve, sp->ac);
	memory_wait_end(seq, sp->page ? 0 : NOFAIL_WAIT_MS);
	sp->oom_rounds = 0;
	return sp->page ? SLOW_SERVED : SLOW_AGAIN;
}

static bool may_not_fail(const struct slowpath *sp)
{
	if (!(sp->gfp & __GFP_NOFAIL) ||
	    WARN_ONCE(
		    !(sp->gfp & __GFP_DIRECT_RECLAIM),
		    "alloc_pages: __GFP_NOFAIL without __GFP_DIRECT_RECLAIM (flags %#x) is ignored",
		    sp->gfp))
		return false;
	WARN_ONCE(
		current->flags & PF_MEMALLOC,
		"alloc_pages: __GFP_NOFAIL (flags %#x) from a thread that reclaims",
		sp->gfp);
	WARN_ONCE(
		sp->order > PAGE_ALLOC_COSTLY_ORDER,
		"alloc_pages: __GFP_NOFAIL (flags %#x) for order %u, above %d",
		sp->gfp, sp->order, PAGE_ALLOC_COSTLY_ORDER);
	return true;
}

struct page *__alloc_pages_slowpath(gfp_t gfp, unsigned int order,
				    struct alloc_context *ac)
{
	struct slowpath sp = {
		.ac = ac,
		.gfp = gfp,
		.order = order,
		.alloc_flags = gfp_to_alloc_flags(gfp, order),
		.compact_priority = DEF_COMPACT_PRIORITY,
	};
	enum slow_verdict verdict;

	reset_preferred_zone(ac);
	if (!ac->preferred_zoneref->zone)
		goto nopage;
	if (sp.alloc_flags & ALLOC_KSWAPD)
		wake_all_kswapds(order, gfp, ac);
	sp.page = try_again(&sp);
	verdict = sp.page ? SLOW_SERVED : compact_first(&sp);
	if (verdict == SLOW_HOPELESS && !(gfp & __GFP_NOFAIL))
		goto nopage;
	while (verdict != SLOW_SERVED) {
		verdict = slowpath_turn(&sp);
		if (verdict != SLOW_HOPELESS)
			continue;
		if (!may_not_fail(&sp))
			goto nopage;
		verdict = nofail_wait(&sp);
	}
	return sp.page;
nopage:
	warn_alloc(gfp, ac->nodemask, "page allocation failure", order);
	return NULL;
}
