// SPDX-License-Identifier: MIT
/*
 * arena/arena.h - the "physical memory" of libkmalloc
 *
 * One span of addresses is for everything. It is owned, not mapped: chosen at
 * random, and mapped where and when it is needed.
 *
 *	| vmemmap         | index | blocks | arena: frames 0 .. span   | vmalloc
 *	| struct page * nr| 1B*nr | 1B/2MiB|###online###|hole|####|....|........
 *	|####|............|##|....|#|......|                      ^nr_frames
 *
 * A frame is 4 KiB; frame n is at base + n * 4096, its struct page is
 * vmemmap[n], and index[n] says what free() must know of it at once:
 *
 *	0		not a slab (free memory, page runs, offline)
 *	1 .. 239	object of the size class with that number
 *	240 + order	any other slab whose blocks have that order
 *
 * Memory comes online in steps, and goes offline in whole largest blocks of 4 MiB
 * (the kernel's memory hotplug and deferred init); which zone grows, where and by
 * how much is the page allocator's choice. A pageblock of which the first part came
 * online counts as online: the struct pages of the rest say that they head nothing,
 * and the rest comes next or never. index and the
 * table of pageblocks are readable for all frames below arena_nr_frames, so a wild
 * pointer to there reads 0; vmemmap is, by largest blocks, for frames that are or
 * were online.
 *
 * A hole is where another mapping lay when it was to come online: the kernel has
 * put it there at somebody's wish, or because addresses are scarce. Nothing here
 * ever maps over it.
 *
 *	blocks[n]	bit	7 online  6 skip  5 isolated  4 pages  0-2 migratetype
 *			The bits below 7, but for 4, are the page allocator's.
 *
 * Frames of HIGHMEM are pages of one memfd, frame n at offset n * 4096; they
 * have no mapping of their own, only whoever maps them.
 *
 * Locking	arena_lock (rank LOCK_HOTPLUG) for growth; readers use what
 *		was published by the online bit.
 * Invariants	N1  online bits are set and cleared while arena_lock is held, and
 *		    cleared for whole largest blocks
 *		N2  index[n] != 0 only if frame n is online
 *		N3  online_frames = number of online frames <= charged <= limit
 *		N4  struct pages of a largest block are mapped if its PB_PAGES
 *		    are set; those of online frames are
 * Source	Linux mm/sparse-vmemmap.c and mm/memory_hotplug.c as a model
 */
#ifndef KM_ARENA_ARENA_H
#define KM_ARENA_ARENA_H

#include "arena/page.h"
#include "core/bitops.h"
#include "core/lock.h"

#define MAX_PAGE_ORDER 10
#define NR_PAGE_ORDERS (MAX_PAGE_ORDER + 1)
#define MAX_ORDER_NR_PAGES (1UL << MAX_PAGE_ORDER)
#define MAX_BLOCK_SIZE (PAGE_SIZE << MAX_PAGE_ORDER)

#define PAGEBLOCK_ORDER 9
/* Frames come online by multiples of 512 KiB. */
#define ARENA_STEP (1UL << 7)
#define PAGEBLOCK_PAGES (1UL << PAGEBLOCK_ORDER)
/* The kernel's names, where both may depend on the machine. */
#define pageblock_order PAGEBLOCK_ORDER
#define pageblock_nr_pages PAGEBLOCK_PAGES

#define INDEX_OTHER 240 /* 240 + order: look at struct page */

/*
 * What every free() reads. Constant after init but for the bound, which grows: a
 * thread that was given a pointer sees a bound above it, since who gave it did.
 * Not fields of the struct: as variables of their own they are operands, without
 * a register for its address; the section keeps them in one cache line.
 */
extern uintptr_t arena_base __hidden;
extern unsigned long arena_nr_frames __hidden; /* above it all is offline */
extern u8 *arena_index __hidden;

/*
 * The bound for fast paths: an operand of a comparison, for which an atomic load
 * would be an instruction more. ThreadSanitizer is told of an atomic one.
 */
static __always_inline unsigned long arena_bound(void)
{
	return IS_ENABLED(KM_SANITIZE_THREAD) ? READ_ONCE(arena_nr_frames) :
						arena_nr_frames;
}

/* Bits of a byte of the table of pageblocks. */
#define PB_ONLINE 0x80u /* its start is; arena_lock; release/acquire */
#define PB_SKIP 0x40u /* compaction found nothing here lately; atomic */
#define PB_ISOLATED 0x20u /* free pages here serve nobody; zone->lock */
#define PB_PAGES 0x10u /* struct pages are mapped; arena_lock, never cleared */
#define PB_TYPE 0x07u /* migratetype, encoded; zone->lock */

struct arena {
	/* constant after init */
	struct page *vmemmap;
	u8 *pageblocks;
	unsigned long span_frames; /* that may come online */
	unsigned long section_frames; /* most often the largest step */
	unsigned long limit_frames; /* mem=: of frames and large areas */
	uintptr_t vmalloc_start, vmalloc_end;
	/* arena_lock */
	unsigned long online_frames __cacheline_aligned;
	unsigned long index_end; /* index bytes are mapped for frames below */
	unsigned long blocks_end; /* bytes of pageblocks, the same */
	bool index_gaps; /* some index bytes are read-only */
	unsigned long highmem_size; /* of the memfd, bytes */
	int highmem_fd; /* 0: none yet; the number is never 0 */
	/* atomic */
	unsigned long charged_frames; /* of limit_frames */
};

extern struct arena arena __hidden;
extern spinlock_t arena_lock;

/* Choose the span: 0, or -ENOMEM with nothing mapped. Before anything else. */
int arena_init(void);

#define ARENA_HIGHMEM 1 /* frames of the memfd, with no mapping */

/*
 * Bring frames [pfn, pfn + nr) online; both are multiples of ARENA_STEP and the
 * frames are offline, or the rest of a pageblock. 0; -EEXIST: another mapping is in the way; another -errno:
 * memory, address space or a limit is short. arena_lock is held. Frames arrive
 * zeroed and not resident.
 */
int arena_online(unsigned long pfn, unsigned long nr, unsigned int flags);
/*
 * The reverse, for largest blocks that nobody uses: 0 or -errno with nothing
 * changed.
 */
int arena_offline(unsigned long pfn, unsigned long nr, unsigned int flags);

/* The memfd reaches to the end of frame end - 1: 0 or -errno. arena_lock. */
int arena_grow_highmem(unsigned long end);

/*
 * Account for frames or pages of large areas against mem=: 0, or -ENOMEM with
 * nothing accounted. Any context, no locks.
 */
int arena_charge(unsigned long nr);
void arena_uncharge(unsigned long nr);
unsigned long arena_room(void); /* frames that arena_charge() would grant */

static inline struct page *pfn_to_page(unsigned long pfn)
{
	return arena.vmemmap + pfn;
}

static inline unsigned long page_to_pfn(const struct page *page)
{
	return (unsigned long)(page - arena.vmemmap);
}

static inline void *pfn_to_virt(unsigned long pfn)
{
	return (void *)(arena_base + (pfn << PAGE_SHIFT));
}

static inline unsigned long virt_to_pfn(const void *addr)
{
	return ((uintptr_t)addr - arena_base) >> PAGE_SHIFT;
}

static inline void *page_to_virt(const struct page *page)
{
	return pfn_to_virt(page_to_pfn(page));
}

static inline struct page *__virt_to_page(const void *addr)
{
	return pfn_to_page(virt_to_pfn(addr));
}

static inline bool pfn_online(unsigned long pfn)
{
	return pfn < READ_ONCE(arena_nr_frames) &&
	       (smp_load_acquire(&arena.pageblocks[pfn >> PAGEBLOCK_ORDER]) &
		PB_ONLINE);
}

static inline bool arena_contains(const void *addr)
{
	return virt_to_pfn(addr) < arena_bound();
}

#endif
