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
 * Memory comes online in sections, lowest first (the kernel's memory hotplug
 * and deferred init). index is readable everywhere, so a wild pointer inside
 * the span reads 0; vmemmap is readable below online_end only.
 *
 * With a finite RLIMIT_AS a quarter of what is left is reserved, the span is
 * four times that, and sections beyond the reservation are mapped where
 * nobody else is; there is no vmalloc space then.
 *
 * Locking	arena_lock (rank LOCK_HOTPLUG) for growth; readers use what
 *		was published by online_end.
 * Invariants	N1  online_end is a multiple of section_frames
 *		N2  index[n] != 0 only for n < online_end
 * Source	Linux mm/sparse-vmemmap.c and mm/memory_hotplug.c as a model;
 *		offlining is a later layer's (docs/divergence.md A).
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

#define INDEX_OTHER 240 /* 240 + order: look at struct page */

/*
 * What every free() reads, constant after init. Not fields of the struct: as
 * variables of their own they are operands, without a register for its address;
 * the section keeps them in one cache line.
 */
extern uintptr_t arena_base __hidden;
extern unsigned long arena_nr_frames __hidden; /* of the whole span */
extern u8 *arena_index __hidden;

struct arena {
	/* constant after init */
	struct page *vmemmap;
	u8 *pageblocks; /* zone->lock: migratetype of each pageblock, encoded */
	unsigned long reserved_frames; /* the part of the span that is ours */
	unsigned long section_frames;
	uintptr_t vmalloc_start, vmalloc_end; /* equal: there is none */
	/* arena_lock */
	unsigned long online_end __cacheline_aligned; /* release/acquire */
	unsigned long online_frames; /* without the holes */
	unsigned long skipped_frames; /* taken by somebody else */
};

extern struct arena arena __hidden;
extern spinlock_t arena_lock;

/* Reserve the address space: 0 or -ENOMEM. Once, before anything else. */
int arena_init(void);

/*
 * Bring the next section online: its first frame, with *nr set, or -ENOMEM.
 * arena_lock is held. Frames arrive zeroed and not resident.
 */
long arena_online_section(unsigned long *nr);

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
	return pfn < smp_load_acquire(&arena.online_end);
}

static inline bool arena_contains(const void *addr)
{
	return virt_to_pfn(addr) < arena_nr_frames;
}

#endif
