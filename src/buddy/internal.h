// SPDX-License-Identifier: MIT
/*
 * buddy/internal.h - shared by the files of the page allocator
 */
#ifndef KM_BUDDY_INTERNAL_H
#define KM_BUDDY_INTERNAL_H

#include "buddy/buddy.h"
#include "zone/gfp.h"
#include "reclaim/reclaim.h"
#include "zone/vmstat.h"
#include "core/task.h"

/* ---- how hard a request tries: ALLOC_ flags (docs/kernel.md W7) ---------- */

#define ALLOC_WMARK_MASK 0x3u /* enum zone_watermarks */
#define ALLOC_NO_WATERMARKS 0x4u
#define ALLOC_OOM 0x8u /* for a thread that frees memory */
#define ALLOC_NON_BLOCK 0x10u
#define ALLOC_MIN_RESERVE __GFP_HIGH /* 0x20 */
#define ALLOC_CPUSET 0x40u /* only nodes that this thread may use */
#define ALLOC_NOFRAGMENT 0x100u /* another zone rather than mixed types */
#define ALLOC_HIGHATOMIC 0x200u
#define ALLOC_KSWAPD __GFP_KSWAPD_RECLAIM /* 0x800 */
#define ALLOC_COLD 0x1000u /* not the kernel's: cold end of the list */
#define ALLOC_TICK 0x2000u /* not the kernel's: ticks may run */

_Static_assert(ALLOC_MIN_RESERVE == 0x20, "the bit of __GFP_HIGH");
_Static_assert(ALLOC_KSWAPD == 0x800, "the bit of __GFP_KSWAPD_RECLAIM");

/* the parts of a request that stay the same while it is served */
struct alloc_context {
	struct zonelist *zonelist;
	const nodemask_t *nodemask; /* NULL: all nodes */
	struct zoneref *preferred_zoneref;
	unsigned int migratetype;
	enum zone_type highest_zoneidx;
	bool spread_dirty_pages;
};

/* ---- nodes --------------------------------------------------------------- */

extern const char *node_sysfs; /* for tests, as the next one */
extern unsigned long (*nodes_allowed)(void);

#define LOCAL_DISTANCE 10
#define REMOTE_DISTANCE 20

void numa_init(void);
/*
 * Cuts the arena into nodes and zones. flags: as for page_alloc_init(). Returns
 * 0 or -ENOMEM.
 */
int zones_init(unsigned int flags);
unsigned int node_distance(unsigned int a, unsigned int b);
/* Asks the OS for memory of the zone's node. A refusal is no error. */
void numa_bind_frames(const struct zone *zone, unsigned long pfn,
		      unsigned long nr);

static inline bool node_in(unsigned int nid, nodemask_t nodes)
{
	return nodes.bits >> nid & 1;
}

static inline void node_set(unsigned int nid, nodemask_t *nodes)
{
	nodes->bits |= (u8)(1U << nid);
}

/* ---- scope.c ------------------------------------------------------------- */

/* Returns true if that node may serve a request of this thread. */
static inline bool cpuset_node_allowed(unsigned int nid, gfp_t gfp)
{
	return !(current->mems_denied >> nid & 1) || !(gfp & __GFP_HARDWALL);
}

/* Adds to a counter. The caller holds its lock; readers do not. */
static inline void count_locked(unsigned long *counter, unsigned long n)
{
	WRITE_ONCE(*counter, *counter + n);
}

/* ---- dirty.c ------------------------------------------------------------- */

bool zone_dirty_ok(const struct zone *zone);
/* Returns how many dirty pages all zones together should hold at most. */
unsigned long global_dirty_limit(void);
/* km_account_page_cleaned() for a block that is being freed. */
int folio_account_cleaned(struct page *page, unsigned int order);

/* ---- free.c -------------------------------------------------------------- */

/*
 * Uncharges pages that are free now from the group. NULL: they were not
 * charged. Frees the struct of a destroyed group with its last page.
 */
void memcg_uncharge(struct km_memcg *memcg, unsigned long nr);

/* ---- zonelist.c ---------------------------------------------------------- */

/*
 * Builds the zonelists. Also decides whether there is enough memory to keep
 * types apart (docs/kernel.md Z4).
 */
void build_all_zonelists(void);
/*
 * Returns the first zoneref from z on that may serve the request; at the end of
 * the list its zone is NULL.
 */
struct zoneref *next_zones_zonelist(struct zoneref *z,
				    enum zone_type highest_zoneidx,
				    const nodemask_t *nodes);

static inline struct zoneref *first_zones_zonelist(struct zonelist *list,
						   enum zone_type highest,
						   const nodemask_t *nodes)
{
	struct zoneref *first = list->_zonerefs;

	if (likely(!nodes && first->zone_idx <= (int)highest))
		return first;
	return next_zones_zonelist(first, highest, nodes);
}

static inline struct zone *zonelist_zone(const struct zoneref *z)
{
	return z->zone;
}

/* From z, a zoneref that may serve the request, to the end of the list. */
#define for_next_zone_zonelist(zone, z, highest, nodes)            \
	for (zone = zonelist_zone(z); zone;                        \
	     z = next_zones_zonelist((z) + 1, (highest), (nodes)), \
	    zone = zonelist_zone(z))

/* From the start of a zonelist, whatever zone is preferred. */
#define for_each_zone_zonelist_nodemask(zone, z, zlist, highest, nodes)  \
	for (z = first_zones_zonelist((zlist), (highest), (nodes)),      \
	    zone = zonelist_zone(z);                                     \
	     zone; z = next_zones_zonelist((z) + 1, (highest), (nodes)), \
	    zone = zonelist_zone(z))

/* ---- watermark.c --------------------------------------------------------- */

extern unsigned long min_free_kbytes, user_min_free_kbytes;
extern unsigned long watermark_scale_factor; /* of 10000 */
extern unsigned long sysctl_lowmem_reserve_ratio[MAX_NR_ZONES];
extern unsigned long totalreserve_pages;

unsigned long calculate_min_free_kbytes(unsigned long lowmem_kbytes);
void setup_per_zone_wmarks(void); /* after a sysctl changed */
void init_per_zone_wmark_min(void); /* after the zones changed */
bool __zone_watermark_ok(struct zone *zone, unsigned int order,
			 unsigned long mark, enum zone_type highest_zoneidx,
			 unsigned int alloc_flags, long free);
bool zone_watermark_ok(struct zone *zone, unsigned int order,
		       unsigned long mark, enum zone_type highest_zoneidx,
		       unsigned int alloc_flags);
bool zone_watermark_closer(struct zone *zone, unsigned int order,
			   unsigned long mark, enum zone_type highest_zoneidx,
			   unsigned int alloc_flags);
extern spinlock_t wmark_lock;
#define MIN_HIGH_FRACTION 8UL /* of vm.percpu_pagelist_high_fraction */
extern unsigned long percpu_pagelist_high_fraction; /* 0: tunes itself */
void wmark_fork_take(void);
void wmark_fork_release(void);

/* Returns the pages that are free and not isolated. Read without the lock. */
static inline long zone_free_pages(const struct zone *zone)
{
	return (long)(READ_ONCE(zone->free_pages) -
		      READ_ONCE(zone->nr_isolated));
}

/*
 * Returns true if this request may use the pages reserved for atomic requests.
 */
static inline bool may_use_reserves(unsigned int alloc_flags)
{
	return alloc_flags & (ALLOC_HIGHATOMIC | ALLOC_OOM);
}

static inline bool has_largest_block(const struct zone *zone)
{
	const struct list_head *lists =
		zone->free_area[MAX_PAGE_ORDER].free_list;

	return !list_empty(&lists[MIGRATE_MOVABLE]) ||
	       !list_empty(&lists[MIGRATE_UNMOVABLE]) ||
	       !list_empty(&lists[MIGRATE_RECLAIMABLE]);
}

/*
 * Returns true if the zone is above the mark for this request. Far above the
 * mark, with a block of the largest order, there is no closer check.
 */
static inline bool zone_watermark_fast(struct zone *zone, unsigned int order,
				       unsigned long mark,
				       enum zone_type highest_zoneidx,
				       unsigned int alloc_flags)
{
	long usable = zone_free_pages(zone) - ((1L << order) - 1);
	long least = (long)(mark +
			    READ_ONCE(zone->lowmem_reserve[highest_zoneidx]));

	if (!may_use_reserves(alloc_flags))
		usable -= (long)READ_ONCE(zone->nr_free_highatomic);
	if (likely(usable > least) && (!order || has_largest_block(zone)))
		return true;
	return zone_watermark_closer(zone, order, mark, highest_zoneidx,
				     alloc_flags);
}

/* ---- pageblocks (zone->lock) --------------------------------------------- */

static inline u8 *pageblock_byte(unsigned long pfn)
{
	return &arena.pageblocks[pfn >> PAGEBLOCK_ORDER];
}

/*
 * The type is stored so that a byte without bits says Movable, which all blocks
 * are at first.
 */
static inline unsigned int get_pageblock_migratetype(unsigned long pfn)
{
	u8 byte = READ_ONCE(*pageblock_byte(pfn));

	return byte & PB_ISOLATED ? MIGRATE_ISOLATE :
				    (byte & PB_TYPE) ^ MIGRATE_MOVABLE;
}

/*
 * Also while the pageblock is isolated: sets the type that it will have again.
 */
static inline void set_pageblock_migratetype(unsigned long pfn, unsigned int mt)
{
	u8 *byte = pageblock_byte(pfn), old = READ_ONCE(*byte), new;

	VM_BUG_ON(mt >= MIGRATE_ISOLATE);
	if (unlikely(page_group_by_mobility_disabled) && mt < MIGRATE_PCPTYPES)
		mt = MIGRATE_UNMOVABLE;
	do {
		new = (u8)((old & ~PB_TYPE) | (mt ^ MIGRATE_MOVABLE));
	} while (!__atomic_compare_exchange_n(
		byte, &old, new, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED));
}

/* Returns true if free blocks of this type may merge with those of another. */
static inline bool migratetype_is_mergeable(unsigned int mt)
{
	return mt < MIGRATE_PCPTYPES;
}

/* ---- free.c: zone->lock held --------------------------------------------- */

void add_to_free_list(struct zone *zone, struct page *page, unsigned int order,
		      unsigned int mt);
void del_page_from_free_list(struct zone *zone, struct page *page,
			     unsigned int order);
/* Puts one block on the free lists, merged as far up as possible. */
void __free_one_page(struct zone *zone, struct page *page, unsigned int order);
/* Frees frames [pfn, end) as the few aligned blocks they consist of. */
void __free_range(struct zone *zone, unsigned long pfn, unsigned long end,
		  u8 flags);
/* Frees a block whose last reference is gone. flags: FREE_. No lock is held. */
void __free_pages_ok(struct page *page, unsigned int order, unsigned int flags);

/*
 * Drops one reference. Returns true if it was the last. If the caller holds the
 * only reference, only migration of movable pages can take another, so no
 * atomic is needed.
 */
static inline bool put_page_testzero(struct page *page)
{
	if (likely(smp_load_acquire(&page->_refcount) == 1 &&
		   !(READ_ONCE(page->flags) & PG_MOVABLE_OPS))) {
		WRITE_ONCE(page->_refcount, 0U);
		return true;
	}
	return __atomic_sub_fetch(&page->_refcount, 1, __ATOMIC_ACQ_REL) == 0;
}

/* Records the zone that the page is in. */
static inline void set_page_links(struct page *page, const struct zone *zone)
{
	page->zone_id = zone->zone_id;
	page->node_id = zone->node_id;
}

/* ---- badpage.c: no lock needed ------------------------------------------- */

/* flags that a page must not have when it is freed, or handed out */
#define PAGE_FLAGS_CHECK_AT_FREE (PG_MOVABLE_OPS | PG_ISOLATED | PG_LOCKED)
#define PAGE_FLAGS_CHECK_AT_PREP \
	(PG_HEAD | PG_PFMEMALLOC | PAGE_FLAGS_CHECK_AT_FREE)

/* Returns why a page may be neither freed nor handed out. NULL: it may. */
const char *page_bad_reason(const struct page *page, const char *flags_reason,
			    unsigned int bad_flags);
void report_bad_page(const struct page *page, const char *reason);
/* Reports the page, and marks it so that it is never used again. */
void bad_page(struct page *page, const char *reason);

/* ---- alloc.c ------------------------------------------------------------- */

/* zone->lock held */
struct page *__rmqueue(struct zone *zone, unsigned int order, unsigned int mt,
		       unsigned int alloc_flags);
struct page *__rmqueue_smallest(struct zone *zone, unsigned int order,
				unsigned int mt);
void expand(struct zone *zone, struct page *page, unsigned int low,
	    unsigned int high, unsigned int mt);

/* no lock held */

/*
 * Takes a block from the zone's free lists, past the per-CPU lists. Urgent
 * requests may take from HighAtomic pageblocks. Returns NULL if none fits.
 */
struct page *rmqueue_buddy(struct zone *zone, unsigned int order,
			   unsigned int mt, unsigned int alloc_flags);
/*
 * rmqueue() by its name until 4.9. Takes a block from the per-CPU lists or,
 * past them, from the zone. The block is not prepared yet. Returns NULL if
 * there is none.
 */
struct page *buffered_rmqueue(struct zone *zone, unsigned int order,
			      unsigned int mt, unsigned int alloc_flags);

void prepare_alloc_pages(gfp_t gfp, int nid, const nodemask_t *nodemask,
			 struct alloc_context *ac);
void prep_compound_page(struct page *page, unsigned int order);
bool check_new_page(struct page *page); /* false: it is not used any more */
void prep_new_page(struct page *page, unsigned int order, gfp_t gfp,
		   unsigned int alloc_flags);
/* Asks the zones of the list once, in order. Returns a prepared page or NULL. */
struct page *scan_zones(gfp_t gfp, unsigned int order, unsigned int alloc_flags,
			const struct alloc_context *ac);

/* Returns a prepared page, or NULL if no zone of the list may give one. */
static inline struct page *
get_page_from_freelist(gfp_t gfp, unsigned int order, unsigned int alloc_flags,
		       const struct alloc_context *ac)
{
	struct page *page = scan_zones(gfp, order, alloc_flags, ac);

	if (unlikely(!page) && (alloc_flags & ALLOC_NOFRAGMENT))
		page = scan_zones(gfp, order, alloc_flags & ~ALLOC_NOFRAGMENT,
				  ac);
	return page;
}

/* ---- slowpath.c: no lock held -------------------------------------------- */

#define MAX_RECLAIM_RETRIES 16 /* turns without progress */

struct page *__alloc_pages_slowpath(gfp_t gfp, unsigned int order,
				    struct alloc_context *ac);

/* ---- vmscan.c: no lock held, except in memory_freed() -------------------- */

#define DEF_PRIORITY 12
#define SWAP_CLUSTER_MAX 32UL /* goal of one reclaim, in pages */

struct scan_control {
	unsigned long nr_to_reclaim; /* pages */
	unsigned long nr_reclaimed; /* so far */
	gfp_t gfp_mask;
	unsigned int order;
	int priority; /* 12: a little, 0: everything */
	enum zone_type reclaim_idx;
};

/* Return how many pages were reclaimed. */
unsigned long shrink_node(pg_data_t *pgdat, struct scan_control *sc);
unsigned long try_to_free_pages(gfp_t gfp, unsigned int order,
				const struct alloc_context *ac);
/* Returns how many pages of the zone could be reclaimed at most. */
unsigned long zone_reclaimable_pages(const struct zone *zone, gfp_t gfp);

#define NODE_RECLAIM_NOSCAN (-2) /* not wanted, or not allowed */
#define NODE_RECLAIM_FULL (-1) /* nothing worth it */
#define NODE_RECLAIM_SOME 0
#define NODE_RECLAIM_SUCCESS 1
extern unsigned long node_reclaim_mode; /* vm.zone_reclaim_mode */
bool zone_allows_reclaim(const struct zone *local, const struct zone *zone);
int node_reclaim(pg_data_t *pgdat, gfp_t gfp, unsigned int order);

/* The name of node_reclaim() until 4.7, when it took a zone. */
static inline int zone_reclaim(const struct zone *zone, gfp_t gfp,
			       unsigned int order)
{
	return node_reclaim(zone->zone_pgdat, gfp, order);
}

/* Waits until a thread frees pages, for at most `ms`. */
void memory_wait(unsigned long ms);
/*
 * The same in two steps, so that the caller can try once more between them. ms
 * 0: does not wait.
 */
u32 memory_wait_begin(void);
void memory_wait_end(u32 seq, unsigned long ms);
void memory_wake(void);
extern u32 memory_waiters; /* atomic */
/*
 * Waits for memory while another thread works at it, for memory_pause_ms at
 * most. The function given reads a word that the worker changes before it calls
 * memory_work_done(). Both accesses are sequentially consistent, so no end is
 * missed.
 */
void memory_pause(bool (*somebody_works)(void));
void memory_work_done(void);
extern unsigned long memory_pause_ms; /* constant except in tests */
extern unsigned long memory_pauses_full; /* that timed out; atomic */
bool somebody_reclaims(void); /* threads other than this one */
void reclaim_fork_child(void);

static inline void memory_freed(void)
{
	if (unlikely(READ_ONCE(memory_waiters)))
		memory_wake();
}

/* ---- kswapd.c: no lock held, except for waking --------------------------- */

void kswapd_init(void);
bool kswapd_is_thread(const pg_data_t *pgdat);
enum { THREAD_NONE, THREAD_RUNS, THREAD_FAILED }; /* pgdat->kswapd_thread */

#define for_each_zone_below(zone, pgdat, idx) \
	for (zone = &(pgdat)->node_zones[0];  \
	     zone <= &(pgdat)->node_zones[(idx)]; zone++)

bool pgdat_balanced(pg_data_t *pgdat, unsigned int order, enum zone_type idx);
/* Stores the boosts of the node's zones up to idx and returns their sum. */
unsigned long pgdat_boost(pg_data_t *pgdat, enum zone_type idx,
			  unsigned long boosts[MAX_NR_ZONES]);
/* One run. Returns the pages reclaimed. The caller has PF_MEMALLOC set. */
unsigned long balance_pgdat(pg_data_t *pgdat, unsigned int order,
			    enum zone_type idx);
void wakeup_kswapd(struct zone *zone, gfp_t gfp, unsigned int order,
		   enum zone_type highest_zoneidx);
void wakeup_kswapd_node(pg_data_t *pgdat); /* wakes it in any case */
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

/* ---- fallback.c: zone->lock held ----------------------------------------- */

/*
 * Claims a pageblock, or a larger block, of another type. Returns true if one
 * was claimed.
 */
bool __rmqueue_claim(struct zone *zone, unsigned int order, unsigned int mt,
		     unsigned int alloc_flags);
/* Takes the smallest block of another type; its pageblock keeps its type. */
struct page *__rmqueue_steal(struct zone *zone, unsigned int order,
			     unsigned int mt);

/*
 * Returns true if a request of type mt could claim the pageblock of a free
 * block of this order and of another type. zone->lock is held.
 */
bool can_claim_fallback(const struct zone *zone, unsigned int order,
			unsigned int mt);
/* pageblock.rule=4.4: claims or steals in one step. */
struct page *__rmqueue_fallback_44(struct zone *zone, unsigned int order,
				   unsigned int mt);
/*
 * Moves all free blocks of the pageblock to the lists of type mt, and sets its
 * type. Returns how many pages moved.
 */
unsigned long move_freepages_block(struct zone *zone, unsigned long start,
				   unsigned int mt);
extern bool pageblock_rule_44; /* constant after init */

/* ---- highatomic.c: no lock held ------------------------------------------ */

/* Reserves the pageblock of a block for requests like the one it has served. */
void reserve_highatomic_pageblock(struct zone *zone, struct page *page,
				  unsigned int order);
/*
 * Gives one reserved pageblock that has free memory the type of this request.
 * Returns true if there was one. Each zone keeps one unless `force` is 1.
 */
bool unreserve_highatomic_pageblock(const struct alloc_context *ac,
				    unsigned int force);

/* ---- boost.c ------------------------------------------------------------- */

/* zone->lock is held. Returns false if such a zone is never boosted. */
bool boost_watermark(struct zone *zone);
/*
 * Lowers the boost by pages that kswapd has reclaimed for it. No lock is held.
 */
void clear_watermark_boost(struct zone *zone, unsigned long pages);

/* ---- drift.c ------------------------------------------------------------- */

unsigned int calculate_normal_threshold(const struct zone *zone);
unsigned int calculate_pressure_threshold(const struct zone *zone);
void refresh_zone_stat_thresholds(struct zone *zone); /* after its marks */
/*
 * Returns the free pages, which are exact at any time. The kernel has to add
 * the parts of the CPUs.
 */
static inline long zone_page_state_snapshot(const struct zone *zone)
{
	return (long)READ_ONCE(zone->free_pages);
}

/* ---- pcp.c: no lock held ------------------------------------------------- */

void setup_pageset(struct per_cpu_pages *pcp);
/*
 * Puts single pages, not prepared yet, into the empty slots of an array.
 * Returns how many.
 */
unsigned long fill_from_pcplist(struct zone *zone, unsigned int mt,
				unsigned long nr, struct page **array);
/* Returns NULL if the lists are busy or the zone is empty. */
struct page *rmqueue_pcplist(struct zone *zone, unsigned int order,
			     unsigned int mt, unsigned int alloc_flags);
void drain_pages(struct zone *zone, struct per_cpu_pages *pcp);
#define FREE_COLD 1 /* not touched lately: goes to the cold end */
#define FREE_TICK 2 /* the caller may run ticks */
#define PCP_TICK_EVERY 32 /* allocations between two polls for a tick */
/* Returns false if the lists are busy; the caller still owns the page then. */
bool free_pcplist(struct zone *zone, struct page *page, unsigned int order,
		  unsigned int flags);
/* Returns true if the per-CPU lists take blocks of this order. */
static inline bool pcp_allowed_order(unsigned int order)
{
	return order <= PAGE_ALLOC_COSTLY_ORDER || order == PAGEBLOCK_ORDER;
}
void pcp_tick(struct zone *zone); /* shrinks the lists, empties idle ones */

/* ---- pcp_tune.c ---------------------------------------------------------- */

void zone_pcp_update(struct zone *zone); /* after growth; wmark_lock is held */
/* Until zone_pcp_enable() no page stays on a per-CPU list. */
void zone_pcp_disable(struct zone *zone);
void zone_pcp_enable(struct zone *zone);
/* pcp->lock held */
int nr_pcp_alloc(const struct zone *zone, struct per_cpu_pages *pcp,
		 unsigned int order);
void pcp_count_free(struct per_cpu_pages *pcp, unsigned int order);
bool pcp_free_high(struct per_cpu_pages *pcp, unsigned int order);
int nr_pcp_free(const struct zone *zone, struct per_cpu_pages *pcp,
		unsigned int free_high);
int nr_pcp_decay(struct per_cpu_pages *pcp);

/* ---- grow.c: no lock held ------------------------------------------------ */

/*
 * Puts more frames on the free lists. Returns 0 or -ENOMEM. `seen` is what the
 * caller read as managed: if there is more by now, another thread has grown the
 * zone.
 */
int deferred_grow_zone(struct zone *zone, unsigned long seen);
/*
 * Puts one largest block of the deferred frames on the free lists. arena_lock
 * is held.
 */
void release_deferred(struct zone *zone);
/*
 * Returns true if the zone may be able to grow, as far as can be told without a
 * try.
 */
bool zone_can_grow(const struct zone *zone);

/* ---- report.c ------------------------------------------------------------ */

void page_reporting_init(void);

#endif
