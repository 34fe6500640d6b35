// SPDX-License-Identifier: MIT
/*
 * buddy/buddy.h - what the layers above may ask of the page allocator
 *
 * The public names are in <kmalloc/gfp.h>; here is what is ours alone.
 */
#ifndef KM_BUDDY_BUDDY_H
#define KM_BUDDY_BUDDY_H

#include <kmalloc/gfp.h>

#include "buddy/mmzone.h"
#include "core/fault.h"
#include "core/task.h"
#include "sys/os.h"

/* Zones as a PC has them, DMA to HighMem, where no boot parameter says else. */
#define ZONES_KERNEL 1

struct os_topology;

/* Who knows made-up machines (numa=); NULL: nobody. */
extern int (*numa_topology)(const char *synthetic,
			    struct os_topology *topology);

/* Set up the nodes and zones over the arena. Once; takes no memory. */
int page_alloc_init(unsigned int flags);

/* From a node's zonelist, only nodes of the mask (NULL: all). Order checked. */
struct page *__alloc_pages(gfp_t gfp, unsigned int order, int nid,
			   const nodemask_t *nodemask);

/*
 * alloc_pages_node(), __free_pages() and put_page() for callers that are in the
 * middle of their work or hold a lock of ours: no tick runs.
 */
struct page *page_block_alloc(int nid, gfp_t gfp, unsigned int order);
void page_block_free(struct page *page, unsigned int order);
void page_block_put(struct page *page);

/* Is the memory of this block, just allocated, known to be zero? */
static inline bool page_known_zero(const struct page *page)
{
	return PageReported(page);
}

/*
 * A run of nr contiguous frames, nr <= MAX_ORDER_NR_PAGES, aligned to its
 * order; the surplus of the block goes back at once. NULL or its first page.
 */
struct page *alloc_page_run(gfp_t gfp, unsigned long nr);
/* The same for any number of frames, out of neighbouring largest blocks. */
struct page *alloc_long_run(struct zone *zone, unsigned long nr);
/* Free nr frames, which are the blocks that split_run() would name. */
void free_page_run(struct page *page, unsigned long nr);
/* Cut the tail off a run: frames [keep, nr) become free. */
void trim_page_run(struct page *page, unsigned long keep, unsigned long nr);
/* Take the frames behind a run if they are free: 0 or -ENOMEM. */
int extend_page_run(struct page *page, unsigned long nr, unsigned long want);

/* One report of what a page looks like, and why it is looked at. */
void dump_page(const struct page *page, const char *reason);

/* Per-CPU pages back to the free areas. */
void drain_all_pages(struct zone *zone);
/* Nobody is on that CPU any more: its lists go back to the zones. No lock held. */
void page_alloc_cpu_dead(unsigned int cpu);
/*
 * Give free blocks of reporting order and above to the OS; with `all`, young
 * ones too. Returns pages given back. Takes no lock across the system call.
 */
#define REPORT_YOUNG 1
unsigned long page_reporting_process(struct zone *zone, unsigned int flags);

/* Prove B1-B3 and the conservation of frames; BUG if they do not hold. */
void zone_check(struct zone *zone);

struct zone_stat {
	unsigned long managed, free, pcp, deferred; /* pages */
	unsigned long resident_free; /* pages free but not given to the OS */
};
void zone_stat(struct zone *zone, struct zone_stat *stat);

/*
 * fail_page_alloc is to make malloc fail: unless the command line says else, it
 * spares neither those that may wait nor small ones, as the kernel's does. Who
 * serves the loader is exempt (core/fault.h).
 */
void fail_page_alloc_for_malloc(void);
bool __should_fail_alloc_page(gfp_t gfp, unsigned int order);

/* Is this request one that is made to fail? No lock is held. */
static inline bool should_fail_alloc_page(gfp_t gfp, unsigned int order)
{
	return !fault_off() && __should_fail_alloc_page(gfp, order);
}

/* The address of a page of HighMem that is mapped now. Set by who maps them. */
extern void *(*page_highmem_address)(const struct page *page);

/* "NAME: WHAT: order:..." on stderr, once in ten seconds, unless NOWARN. */
void warn_alloc(gfp_t gfp, const nodemask_t *nodemask, const char *what,
		unsigned int order);

/*
 * A block of nr pages with PG_SHARED is being freed. 0; or -errno: it is kept by who
 * sets that flag and this, and freed by them another time.
 */
extern int (*page_shared_freed)(struct page *page, unsigned long nr);

/* lru.prev of the head of a run, of which nr_pages are left in its block. */
#define PAGE_RUN_MARK ((struct list_head *)0x52554e00UL)

/* Pages of the block in use that `head` is the first of. */
static inline unsigned long page_block_pages(const struct page *head)
{
	const u32 moving = PAGE_WORD_FLAGS(PG_MOVABLE_OPS | PG_ISOLATED);
	unsigned long nr = 1UL << READ_ONCE(head->order);

	/* No run is moved, and who moves a block has it on a list. */
	if (nr == 1 || (smp_load_acquire(&head->word) & moving))
		return nr;
	return READ_ONCE(head->lru.prev) == PAGE_RUN_MARK ?
		       READ_ONCE(head->nr_pages) :
		       nr;
}

void page_alloc_fork_take(void);
void page_alloc_fork_release(void);
void page_alloc_fork_child(void); /* what other threads were doing is undone */

/* This CPU's number, below nr_cpu_ids; a hint, for choosing a pageset. */
static inline unsigned int smp_cpu(void)
{
	unsigned int cpu;

	if (unlikely(current->cpu))
		return current->cpu - 1U;
	cpu = (unsigned int)os_cpu();
	return likely(cpu < nr_cpu_ids) ? cpu : cpu % nr_cpu_ids;
}

/* The node of this CPU. */
static inline unsigned int numa_node_id(void)
{
	return likely(nr_online_nodes == 1) ? 0 : cpu_node[smp_cpu()];
}

#endif
