// SPDX-License-Identifier: MIT
/*
 * arena/arena.h - the "physical memory" of libkmalloc
 *
 * One reservation of address space holds everything:
 *
 *	| vmemmap         | index | blocks | arena: frames 0 .. nr     | vmalloc
 *	| struct page * nr| 1B*nr | 1B/2MiB|####online####|............|........
 *	                                   ^base          ^online_end
 *
 * A frame is 4 KiB; frame n is at base + n * 4096, its struct page is
 * vmemmap[n], and index[n] says what free() must know of it at once:
 *
 *	0		not a slab (free memory, page runs, offline)
 *	1 .. 239	object of the size class with that number
 *	240 + order	any other slab whose blocks have that order
 *
 * Memory comes online and goes offline in whole largest blocks of 4 MiB, most
 * often a section of 32 MiB at a time (the kernel's memory hotplug and deferred
 * init); which zone grows and where is the page allocator's choice. index and
 * the table of pageblocks are readable everywhere, so a wild pointer inside the
 * span reads 0; vmemmap is readable for frames that are or were online.
 *
 *	blocks[n]	bit	7 online  6 skip  5 isolated  0-2 migratetype
 *			0: offline. The bits below 7 are the page allocator's.
 *
 * Frames of HIGHMEM are pages of one memfd, frame n at offset n * 4096; they
 * have no mapping of their own, only whoever maps them.
 *
 * With a finite RLIMIT_AS a quarter of what is left is reserved, the span is
 * four times that, and sections beyond the reservation are mapped where
 * nobody else is; there is no vmalloc space then.
 *
 * Locking	arena_lock (rank LOCK_HOTPLUG) for growth; readers use what
 *		was published by the online bit.
 * Invariants	N1  the online bits of a largest block are equal
 *		N2  index[n] != 0 only if frame n is online
 *		N3  online_frames = number of online frames <= charged <= limit
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
#define PAGEBLOCK_PAGES (1UL << PAGEBLOCK_ORDER)
/* The kernel's names, where both may depend on the machine. */
#define pageblock_order PAGEBLOCK_ORDER
#define pageblock_nr_pages PAGEBLOCK_PAGES

#define INDEX_OTHER 240 /* 240 + order: look at struct page */

/*
 * What every free() reads, constant after init. Not fields of the struct: as
 * variables of their own they are operands, without a register for its address;
 * the section keeps them in one cache line.
 */
extern uintptr_t arena_base __hidden;
extern unsigned long arena_nr_frames __hidden; /* of the whole span */
extern u8 *arena_index __hidden;

/* Bits of a byte of the table of pageblocks. */
#define PB_ONLINE 0x80u /* arena_lock; release/acquire */
#define PB_SKIP 0x40u /* compaction found nothing here lately; atomic */
#define PB_ISOLATED 0x20u /* free pages here serve nobody; zone->lock */
#define PB_TYPE 0x07u /* migratetype, encoded; zone->lock */

struct arena {
	/* constant after init */
	struct page *vmemmap;
	u8 *pageblocks;
	unsigned long reserved_frames; /* the part of the span that is ours */
	unsigned long section_frames;
	unsigned long limit_frames; /* mem=: of frames and large areas */
	uintptr_t vmalloc_start, vmalloc_end; /* equal: there is none */
	/* arena_lock */
	unsigned long online_end __cacheline_aligned; /* above it all offline */
	unsigned long online_frames;
	unsigned long highmem_size; /* of the memfd, bytes */
	int highmem_fd; /* 0: none yet; the number is never 0 */
	/* atomic */
	unsigned long charged_frames; /* of limit_frames */
};

extern struct arena arena __hidden;
extern spinlock_t arena_lock;

/* Reserve the address space: 0 or -ENOMEM. Once, before anything else. */
int arena_init(void);

#define ARENA_HIGHMEM 1 /* frames of the memfd, with no mapping */

/*
 * Bring frames [pfn, pfn + nr) online; both are multiples of the largest block
 * and the frames are offline. 0; -ENOMEM; -EEXIST: somebody else has mapped
 * something there. arena_lock is held. Frames arrive zeroed and not resident.
 */
int arena_online(unsigned long pfn, unsigned long nr, unsigned int flags);
/* The reverse, for frames nobody uses: 0 or -errno with nothing changed. */
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
	return pfn < arena_nr_frames &&
	       (smp_load_acquire(&arena.pageblocks[pfn >> PAGEBLOCK_ORDER]) &
		PB_ONLINE);
}

static inline bool arena_contains(const void *addr)
{
	return virt_to_pfn(addr) < arena_nr_frames;
}

#endif
