// SPDX-License-Identifier: MIT
/*
 * buddy/internal.h - shared by the files of the page allocator
 */
#ifndef KM_BUDDY_INTERNAL_H
#define KM_BUDDY_INTERNAL_H

#include "buddy/buddy.h"
#include "buddy/gfp.h"
#include "buddy/reclaim.h"
#include "buddy/vmstat.h"
#include "core/task.h"

/* ---- how hard a request tries: the kernel's ALLOC_ flags (W7) --------------- */

#define ALLOC_WMARK_MASK 0x3u /* enum zone_watermarks */
#define ALLOC_NO_WATERMARKS 0x4u
#define ALLOC_OOM 0x8u /* on behalf of somebody who gives up memory */
#define ALLOC_NON_BLOCK 0x10u
#define ALLOC_MIN_RESERVE __GFP_HIGH /* 0x20 */
#define ALLOC_CPUSET 0x40u /* only nodes that this thread may use */
#define ALLOC_NOFRAGMENT 0x100u /* rather another zone than mix types */
#define ALLOC_HIGHATOMIC 0x200u
#define ALLOC_KSWAPD __GFP_KSWAPD_RECLAIM /* 0x800 */
#define ALLOC_COLD 0x1000u /* ours: the cold end of the per-CPU list */
#define ALLOC_TICK 0x2000u /* ours: the caller may run ticks (core/tick.h) */

_Static_assert(ALLOC_MIN_RESERVE == 0x20, "the bit of __GFP_HIGH");
_Static_assert(ALLOC_KSWAPD == 0x800, "the bit of __GFP_KSWAPD_RECLAIM");

/* What does not change while a request is served. */
struct alloc_context {
	struct zonelist *zonelist;
	const nodemask_t *nodemask; /* NULL: all nodes */
	struct zoneref *preferred_zoneref;
	unsigned int migratetype;
	enum zone_type highest_zoneidx;
	bool spread_dirty_pages;
};

/* ---- nodes ------------------------------------------------------------------- */

extern const char *node_sysfs; /* for tests, as the next one */
extern unsigned long (*nodes_allowed)(void);

#define LOCAL_DISTANCE 10
#define REMOTE_DISTANCE 20

void numa_init(void);
unsigned int node_distance(unsigned int a, unsigned int b);
/* Ask the OS for memory of the zone's node; what it answers is no error. */
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

/* ---- scope.c ----------------------------------------------------------------- */

/* May a request of this thread be served by that node? */
static inline bool cpuset_node_allowed(unsigned int nid, gfp_t gfp)
{
	return !(current->mems_denied >> nid & 1) || !(gfp & __GFP_HARDWALL);
}

/* Add to a counter that its lock guards and that others read without it. */
static inline void count_locked(unsigned long *counter, unsigned long n)
{
	WRITE_ONCE(*counter, *counter + n);
}

/* ---- dirty.c ----------------------------------------------------------------- */

bool zone_dirty_ok(const struct zone *zone);
/* How many dirty pages all zones together should hold at most. */
unsigned long global_dirty_limit(void);
/* km_account_page_cleaned() for a block that is being freed. */
int folio_account_cleaned(struct page *page, unsigned int order);

/* ---- memcg.c ----------------------------------------------------------------- */

/* Let this thread's group pay for a block: 0, or -ENOMEM: above its limit. */
int memcg_charge_page(struct page *page, gfp_t gfp, unsigned long nr);
/* Some of the pages that a group pays for are free now; NULL: nobody did. */
void memcg_uncharge(struct km_memcg *memcg, unsigned long nr);

/* ---- zonelist.c -------------------------------------------------------------- */

/* Also decides whether there is enough memory to keep types apart (Z4). */
void build_all_zonelists(void);
/* From *z on, the first that may serve; its zone is NULL at the end. */
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

/* From `z`, a zoneref that may serve, to the end of the list. */
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

/* ---- watermark.c ------------------------------------------------------------- */

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
void wmark_fork_take(void);
void wmark_fork_release(void);

/* Free and not isolated; read without the lock. */
static inline long zone_free_pages(const struct zone *zone)
{
	return (long)(READ_ONCE(zone->free_pages) -
		      READ_ONCE(zone->nr_isolated));
}

/* May the pages kept for atomic requests serve this one? */
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

/* Far from the mark, with a block of the largest order: no closer look. */
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

/* Stored so that a byte without bits says Movable, as all blocks are at first. */
static inline unsigned int get_pageblock_migratetype(unsigned long pfn)
{
	u8 byte = READ_ONCE(*pageblock_byte(pfn));

	return byte & PB_ISOLATED ? MIGRATE_ISOLATE :
				    (byte & PB_TYPE) ^ MIGRATE_MOVABLE;
}

/* Also while it is isolated: the type that it will have again. */
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

/* May free blocks of this type and those of another one be merged? */
static inline bool migratetype_is_mergeable(unsigned int mt)
{
	return mt < MIGRATE_PCPTYPES;
}

/* ---- free.c: zone->lock held --------------------------------------------- */

void add_to_free_list(struct zone *zone, struct page *page, unsigned int order,
		      unsigned int mt);
void del_page_from_free_list(struct zone *zone, struct page *page,
			     unsigned int order);
/* Put one block on the free lists, merged as far up as it will go. */
void __free_one_page(struct zone *zone, struct page *page, unsigned int order);
/* Free frames [pfn, end) as the few aligned blocks they consist of. */
void __free_range(struct zone *zone, unsigned long pfn, unsigned long end,
		  u8 flags);
/* Give up a block that nobody refers to any more; no lock held. FREE_ flags. */
void __free_pages_ok(struct page *page, unsigned int order, unsigned int flags);

/*
 * One reference less: true if it was the last. Who holds the only one is alone:
 * another is taken by who has one already, or by migration, of movable pages.
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

/* Say which zone a page heads a block of. */
static inline void set_page_links(struct page *page, const struct zone *zone)
{
	page->zone_id = zone->zone_id;
	page->node_id = zone->node_id;
}

/* ---- badpage.c: no lock needed --------------------------------------------- */

/* What a page in use may not have when it is freed, or when it is handed out. */
#define PAGE_FLAGS_CHECK_AT_FREE (PG_MOVABLE_OPS | PG_ISOLATED | PG_LOCKED)
#define PAGE_FLAGS_CHECK_AT_PREP \
	(PG_HEAD | PG_PFMEMALLOC | PAGE_FLAGS_CHECK_AT_FREE)

/* Why a page may be neither freed nor handed out; NULL: it may. */
const char *page_bad_reason(const struct page *page, const char *flags_reason,
			    unsigned int bad_flags);
void report_bad_page(const struct page *page, const char *reason);
/* Say it and never use the page again. */
void bad_page(struct page *page, const char *reason);

/* ---- alloc.c ---------------------------------------------------------------- */

/* zone->lock held */
struct page *__rmqueue(struct zone *zone, unsigned int order, unsigned int mt,
		       unsigned int alloc_flags);
struct page *__rmqueue_smallest(struct zone *zone, unsigned int order,
				unsigned int mt);
void expand(struct zone *zone, struct page *page, unsigned int low,
	    unsigned int high, unsigned int mt);

/* no lock held */

/*
 * rmqueue(), by its name until 4.9: a block from the per-CPU lists or, past them,
 * from the zone; not prepared yet.
 */
struct page *buffered_rmqueue(struct zone *zone, unsigned int order,
			      unsigned int mt, unsigned int alloc_flags);

void prepare_alloc_pages(gfp_t gfp, int nid, const nodemask_t *nodemask,
			 struct alloc_context *ac);
void prep_compound_page(struct page *page, unsigned int order);
bool check_new_page(struct page *page); /* false: nobody gets it any more */
void prep_new_page(struct page *page, unsigned int order, gfp_t gfp,
		   unsigned int alloc_flags);
struct page *get_page_from_freelist(gfp_t gfp, unsigned int order,
				    unsigned int alloc_flags,
				    const struct alloc_context *ac);

/* ---- slowpath.c: no lock held ------------------------------------------------ */

#define MAX_RECLAIM_RETRIES 16 /* turns that get nowhere */

struct page *__alloc_pages_slowpath(gfp_t gfp, unsigned int order,
				    struct alloc_context *ac);

/* ---- vmscan.c: no lock held, but for memory_freed() --------------------------- */

#define DEF_PRIORITY 12
#define SWAP_CLUSTER_MAX 32UL /* pages that a reclaim is to bring */

struct scan_control {
	unsigned long nr_to_reclaim; /* pages */
	unsigned long nr_reclaimed; /* so far */
	gfp_t gfp_mask;
	unsigned int order;
	int priority; /* 12: a little, 0: everything */
	enum zone_type reclaim_idx;
};

/* Pages that came back. */
unsigned long shrink_node(pg_data_t *pgdat, struct scan_control *sc);
unsigned long try_to_free_pages(gfp_t gfp, unsigned int order,
				const struct alloc_context *ac);
/* How many pages of the zone could come back at most. */
unsigned long zone_reclaimable_pages(const struct zone *zone, gfp_t gfp);

#define NODE_RECLAIM_NOSCAN (-2) /* not asked, or not allowed */
#define NODE_RECLAIM_FULL (-1) /* there is nothing worth it */
#define NODE_RECLAIM_SOME 0
#define NODE_RECLAIM_SUCCESS 1
extern unsigned long node_reclaim_mode; /* vm.zone_reclaim_mode */
bool zone_allows_reclaim(const struct zone *local, const struct zone *zone);
int node_reclaim(pg_data_t *pgdat, gfp_t gfp, unsigned int order);

/* Its name until 4.7, of a zone: the node that the zone is of. */
static inline int zone_reclaim(const struct zone *zone, gfp_t gfp,
			       unsigned int order)
{
	return node_reclaim(zone->zone_pgdat, gfp, order);
}

/* Wait until somebody frees pages, for at most `ms`. */
void memory_wait(unsigned long ms);
/* The same in two steps, with a last look between; ms 0: do not wait. */
u32 memory_wait_begin(void);
void memory_wait_end(u32 seq, unsigned long ms);
void memory_wake(void);
extern u32 memory_waiters; /* atomic */
/*
 * Wait for memory as long as somebody works at it, and memory_pause_ms at most.
 * somebody_works() reads what is changed before memory_work_done() is called,
 * both sequentially consistent, so no end is missed.
 */
void memory_pause(bool (*somebody_works)(void));
void memory_work_done(void);
extern unsigned long memory_pause_ms; /* constant, but for tests */
extern unsigned long memory_pauses_full; /* that nothing ended; atomic */
bool somebody_reclaims(void); /* another thread, if this one does not */
void reclaim_fork_child(void);

static inline void memory_freed(void)
{
	if (unlikely(READ_ONCE(memory_waiters)))
		memory_wake();
}

/* ---- kswapd.c: no lock held, but for waking ----------------------------------- */

void kswapd_init(void);
bool kswapd_is_thread(const pg_data_t *pgdat);
bool pgdat_balanced(pg_data_t *pgdat, unsigned int order, enum zone_type idx);
/* One run: pages that came back. The caller has PF_MEMALLOC set. */
unsigned long balance_pgdat(pg_data_t *pgdat, unsigned int order,
			    enum zone_type idx);
void wakeup_kswapd(struct zone *zone, gfp_t gfp, unsigned int order,
		   enum zone_type highest_zoneidx);
void wakeup_kswapd_node(pg_data_t *pgdat); /* whatever it looks like */
void wake_all_kswapds(unsigned int order, gfp_t gfp,
		      const struct alloc_context *ac);

/* ---- oom.c: no lock held ------------------------------------------------------ */

struct oom_control {
	const nodemask_t *nodemask; /* NULL: all nodes */
	gfp_t gfp_mask;
	unsigned int order;
};

bool oom_trylock(void);
void oom_unlock(void);
void oom_wait(void); /* until the thread that has it is done, for a moment */
/* true: try again. oom_trylock() is held. */
bool out_of_memory(const struct oom_control *oc);

/* ---- fallback.c: zone->lock held ----------------------------------------- */

/* Make a foreign pageblock, or a larger block, ours: true if one was. */
bool __rmqueue_claim(struct zone *zone, unsigned int order, unsigned int mt,
		     unsigned int alloc_flags);
/* Take the smallest foreign block; its pageblock stays what it is. */
struct page *__rmqueue_steal(struct zone *zone, unsigned int order,
			     unsigned int mt);

/*
 * Could a request of this type claim the pageblock of a free block of this
 * order, of another type? zone->lock held.
 */
bool can_claim_fallback(const struct zone *zone, unsigned int order,
			unsigned int mt);
/* pageblock.rule=4.4: both in one. */
struct page *__rmqueue_fallback_44(struct zone *zone, unsigned int order,
				   unsigned int mt);
/* From one list to another, all that is free there, and the type: how many. */
unsigned long move_freepages_block(struct zone *zone, unsigned long start,
				   unsigned int mt);
extern bool pageblock_rule_44; /* constant after init */

/* ---- highatomic.c: no lock held -------------------------------------------- */

/* Keep the pageblock of a block for requests like the one it has served. */
void reserve_highatomic_pageblock(struct zone *zone, struct page *page,
				  unsigned int order);
/*
 * Give one such pageblock to requests like this one: true if there was one with
 * free memory. Each zone keeps one unless `force` is 1.
 */
bool unreserve_highatomic_pageblock(const struct alloc_context *ac,
				    unsigned int force);

/* ---- boost.c ----------------------------------------------------------------- */

/* zone->lock held. false: zones like this one are not boosted. */
bool boost_watermark(struct zone *zone);
/* As many pages of the boost have been worked off. No lock held. */
void clear_watermark_boost(struct zone *zone, unsigned long pages);

/* ---- drift.c ----------------------------------------------------------------- */

unsigned int calculate_normal_threshold(const struct zone *zone);
unsigned int calculate_pressure_threshold(const struct zone *zone);
void refresh_zone_stat_thresholds(struct zone *zone); /* after its marks */
/* Exact at any time; the kernel has to add the CPUs' parts. */
static inline long zone_page_state_snapshot(const struct zone *zone)
{
	return (long)READ_ONCE(zone->free_pages);
}

/* ---- pcp.c: no lock held ------------------------------------------------- */

void setup_pageset(struct per_cpu_pages *pcp);
/* Single pages into the empty slots of an array, not prepared yet: how many. */
unsigned long fill_from_pcplist(struct zone *zone, unsigned int mt,
				unsigned long nr, struct page **array);
/* NULL: the lists are busy or the zone is empty. */
struct page *rmqueue_pcplist(struct zone *zone, unsigned int order,
			     unsigned int mt, unsigned int alloc_flags);
void drain_pages(struct zone *zone, struct per_cpu_pages *pcp);
#define FREE_COLD 1 /* nobody touched it lately: to the cold end */
#define FREE_TICK 2 /* the caller may run ticks */
#define PCP_TICK_EVERY 32 /* allocations from a pageset look at the clock */
/* false: the lists are busy and the page is still the caller's. */
bool free_pcplist(struct zone *zone, struct page *page, unsigned int order,
		  unsigned int flags);
/* Blocks of which orders are there lists for? */
static inline bool pcp_allowed_order(unsigned int order)
{
	return order <= PAGE_ALLOC_COSTLY_ORDER || order == PAGEBLOCK_ORDER;
}
void pcp_tick(struct zone *zone); /* lists shrink; idle ones are emptied */

/* ---- pcp_tune.c ------------------------------------------------------------ */

void zone_pcp_update(struct zone *zone); /* after growth; wmark_lock is held */
/* From here to zone_pcp_enable() no page stays on a per-CPU list. */
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
 * Put more frames on the free lists: 0 or -ENOMEM. `seen` is what the caller
 * saw managed: if it is more by now, somebody else has grown the zone.
 */
int deferred_grow_zone(struct zone *zone, unsigned long seen);
/* arena_lock held: one largest block of what is online and on no list yet. */
void release_deferred(struct zone *zone);
/* Is there more to come, as far as one can tell without trying? */
bool zone_can_grow(const struct zone *zone);

/* ---- report.c ------------------------------------------------------------ */

void page_reporting_init(void);

#endif
