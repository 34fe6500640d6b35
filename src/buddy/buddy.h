// SPDX-License-Identifier: MIT
/*
 * buddy/buddy.h - what the rooms above may ask of the page allocator
 *
 * The public functions are in <kmalloc/gfp.h>; these are internal to the
 * library.
 */
#ifndef KM_BUDDY_BUDDY_H
#define KM_BUDDY_BUDDY_H

#include <kmalloc/gfp.h>

#include "zone/mmzone.h"
#include "diag/fault.h"
#include "core/task.h"
#include "sys/os.h"

/*
 * page_alloc_init(): the zones of a PC, DMA to HighMem, unless a boot parameter
 * sets their sizes.
 */
#define ZONES_KERNEL 1

struct os_topology;

/*
 * Reads a description of a made-up machine (numa=). Returns 0 or -errno. NULL:
 * this library has no reader for them.
 */
extern int (*numa_topology)(const char *synthetic,
			    struct os_topology *topology);

/*
 * Sets up the nodes and zones over the arena. Called once; allocates nothing.
 * Returns 0 or -errno.
 */
int page_alloc_init(unsigned int flags);

/*
 * Allocates from the zonelist of node nid, but only from nodes of the mask
 * (NULL: all). Checks the order. Returns NULL on failure.
 */
struct page *__alloc_pages(gfp_t gfp, unsigned int order, int nid,
			   const nodemask_t *nodemask);

/*
 * As alloc_pages_node(), __free_pages() and put_page(), but no tick runs. For
 * callers that hold a lock of the library or are in the middle of their work.
 */
struct page *page_block_alloc(int nid, gfp_t gfp, unsigned int order);
void page_block_free(struct page *page, unsigned int order);
void page_block_put(struct page *page);

/*
 * Returns true if the memory of this block, which was just allocated, is known
 * to be zero.
 */
static inline bool page_known_zero(const struct page *page)
{
	return PageReported(page);
}

/*
 * Allocates a run of nr contiguous frames, nr <= MAX_ORDER_NR_PAGES. It is
 * aligned to its order, and the surplus of the block is freed at once. Returns
 * its first page or NULL.
 */
struct page *alloc_page_run(gfp_t gfp, unsigned long nr);
/* The same for any number of frames, out of neighbouring largest blocks. */
struct page *alloc_long_run(struct zone *zone, unsigned long nr);
/* Frees nr frames, as the blocks into which split_run() cuts them. */
void free_page_run(struct page *page, unsigned long nr);
/* Cuts the tail off a run: frames [keep, nr) become free. */
void trim_page_run(struct page *page, unsigned long keep, unsigned long nr);
/* Takes the frames behind a run if they are free. Returns 0 or -ENOMEM. */
int extend_page_run(struct page *page, unsigned long nr, unsigned long want);

/* Prints the fields of the page to stderr, and the reason for looking at it. */
void dump_page(const struct page *page, const char *reason);

/* Gives the pages of all per-CPU lists back to the free lists. */
void drain_all_pages(struct zone *zone);
/*
 * Gives the lists of a CPU that no thread uses any more back to the zones. The
 * caller holds no lock.
 */
void page_alloc_cpu_dead(unsigned int cpu);
/*
 * Gives free blocks of reporting order and above to the OS; with REPORT_YOUNG
 * also those that became free lately. Returns the pages given. No lock is held
 * during the system call.
 */
#define REPORT_YOUNG 1
unsigned long page_reporting_process(struct zone *zone, unsigned int flags);

/*
 * Checks the invariants of the zone and the sum of its frames; BUG if one does
 * not hold.
 */
void zone_check(struct zone *zone);

struct zone_stat {
	unsigned long managed, free, pcp, deferred; /* pages */
	unsigned long resident_free; /* pages free but not given to the OS */
};
void zone_stat(struct zone *zone, struct zone_stat *stat);

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

/*
 * Returns the address at which a HighMem page is mapped now, or NULL. Set by
 * the room that maps such pages.
 */
extern void *(*page_highmem_address)(const struct page *page);

/*
 * Prints "NAME: WHAT: order:..." to stderr, at most once in ten seconds, and
 * not at all with __GFP_NOWARN.
 */
void warn_alloc(gfp_t gfp, const nodemask_t *nodemask, const char *what,
		unsigned int order);

/*
 * Called when a block of nr pages with PG_SHARED is freed. Returns 0 if it may
 * become free, or -errno: the room that set the flag keeps the block and frees
 * it later.
 */
extern int (*page_shared_freed)(struct page *page, unsigned long nr);

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

void page_alloc_fork_take(void);
void page_alloc_fork_release(void);
void page_alloc_fork_child(void); /* undoes what other threads had begun */

/*
 * Returns the number of this CPU, below nr_cpu_ids. It is a hint, for choosing
 * a pageset.
 */
static inline unsigned int smp_cpu(void)
{
	unsigned int cpu;

	if (unlikely(current->cpu))
		return current->cpu - 1U;
	cpu = (unsigned int)os_cpu();
	return likely(cpu < nr_cpu_ids) ? cpu : cpu % nr_cpu_ids;
}

/* Returns the node of this CPU. */
static inline unsigned int numa_node_id(void)
{
	return likely(nr_online_nodes == 1) ? 0 : cpu_node[smp_cpu()];
}

#endif
