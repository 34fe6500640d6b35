// SPDX-License-Identifier: MIT
/*
 * arena/arena.h - the "physical memory" of libkmalloc
 *
 * One span of addresses is for everything. It is reserved by agreement only:
 * chosen at random, and mapped where and when it is needed.
 *
 *	| vmemmap         | index | blocks | arena: frames 0 .. span   | vmalloc
 *	| struct page * nr| 1B*nr | 1B/2MiB|###online###|hole|####|....|........
 *	|####|............|##|....|#|......|                      ^nr_frames
 *
 * A frame is 4 KiB; frame n is at base + n * 4096, its struct page is
 * vmemmap[n], and index[n] is what free() reads first:
 *
 *	0		not a slab (free memory, page runs, offline)
 *	1 .. 239	object of the size class with that number, or 128 less
 *	240 + order	any other slab whose blocks have that order
 *
 * Memory comes online in steps, and goes offline in whole largest blocks of 4
 * MiB (the kernel's memory hotplug and deferred init). The page allocator
 * chooses which zone grows, where and by how much. A pageblock of which the
 * first part came online counts as online. The struct pages of the rest have
 * type PAGE_NONE, and the rest comes online next or never. index and the table
 * of pageblocks are readable for all frames below arena_nr_frames, so a wild
 * pointer to there reads 0. vmemmap is readable, by largest blocks, for frames
 * that are or were online.
 *
 * A hole is a range that could not come online because another mapping was
 * there. The program asked for that address, or the kernel was short of
 * addresses. The arena never maps over it.
 *
 *	blocks[n]	bit	7 online  6 skip  5 isolated  4 pages
 *				3 huge  0-2 migratetype
 *			The bits below 7, but for 4, are the page allocator's.
 *
 * Frames of HIGHMEM are pages of one memfd, frame n at offset n * 4096; they
 * have no mapping of their own; vmalloc() and kmap() map them.
 *
 * Locking	arena_lock (rank LOCK_HOTPLUG) for growth; readers use what
 *		was published by the online bit.
 * Invariants	ARENA1  online bits change only while arena_lock is held; they
 *		    are cleared for whole largest blocks
 *		ARENA2  index[n] != 0 only if frame n is online
 *		ARENA3  online_frames = number of online frames
 *		    <= charged <= limit
 *		ARENA4  struct pages of a largest block are mapped if its
 *		    PB_PAGES are set; those of online frames are
 *		(arena_online() and arena_offline() check that the lock of
 *		ARENA1 is held, unit.arena.arena checks ARENA2-ARENA4)
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
 * What every free() reads. Constant after init but for the bound, which grows.
 * A thread that got a pointer from another thread sees a bound above it, since
 * the other thread did. These are no fields of the struct: variables are
 * operands of instructions, and need no register for an address. Their section
 * keeps them in one cache line.
 */
extern uintptr_t arena_base __hidden;
extern unsigned long arena_nr_frames __hidden; /* above it all is offline */
extern u8 *arena_index __hidden;
/*
 * The same bound for each of two fast paths of free(): it is 0 for the one that
 * is not in use. arena_fast_by_cpu() changes places.
 */
extern unsigned long arena_fast_thread __hidden, arena_fast_cpu __hidden;

/*
 * What an index says about addresses in its frames. With it free() sees that an
 * address is no start of an object: pair_rejects(). The 256 entries lie in the
 * page in front of the index, so no register is needed for their address. mask
 * is the bytes of a slab less 1, mul is ceil(2^32 / size of an object). Mask 0
 * and mul 1 let any address pass. Written once, when the class is made.
 */
static inline struct mask_pair *index_check(unsigned int index)
{
	return (struct mask_pair *)(void *)arena_index - 256 + index;
}

/*
 * Returns the bound for fast paths. A plain load is an operand of the
 * comparison; an atomic load would be one more instruction. ThreadSanitizer
 * sees an atomic one.
 */
static __always_inline unsigned long arena_bound(void)
{
	return IS_ENABLED(KM_SANITIZE_THREAD) ? READ_ONCE(arena_nr_frames) :
						arena_nr_frames;
}

static __always_inline unsigned long arena_thread_bound(void)
{
	return IS_ENABLED(KM_SANITIZE_THREAD) ? READ_ONCE(arena_fast_thread) :
						arena_fast_thread;
}

static __always_inline unsigned long arena_cpu_bound(void)
{
	return IS_ENABLED(KM_SANITIZE_THREAD) ? READ_ONCE(arena_fast_cpu) :
						arena_fast_cpu;
}

/* From here on free() is served by CPU. */
void arena_fast_by_cpu(void);

#define ARENA_LOW_BLOCKS 64 /* pageblocks that arena.low_given has */

/* Bits of a byte of the table of pageblocks. */
#define PB_ONLINE 0x80u /* its start is; arena_lock; release/acquire */
#define PB_SKIP 0x40u /* compaction found nothing here lately; atomic */
#define PB_ISOLATED 0x20u /* free pages are not allocated; zone->lock */
#define PB_PAGES 0x10u /* struct pages are mapped; arena_lock, never cleared */
#define PB_HUGE 0x08u /* all of it is marked or made a huge page; atomic */
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
	/* read without */
	unsigned long online_frames __cacheline_aligned;
	unsigned long index_end; /* index bytes are mapped for frames below */
	unsigned long blocks_end; /* bytes of pageblocks, the same */
	unsigned long huge_start, huge_end; /* the last stretch of marks */
	u64 low_given; /* lowest pageblocks that lost pages: bits; atomic */
	bool index_gaps; /* some index bytes are read-only */
	unsigned long highmem_size; /* of the memfd, bytes */
	int highmem_fd; /* 0: none yet; the number is never 0 */
	/* atomic */
	unsigned long charged_frames; /* of limit_frames */
};

extern struct arena arena __hidden;
extern spinlock_t arena_lock;

/* Chooses the span, first of all. Returns 0, or -ENOMEM with nothing mapped. */
int arena_init(void);

/*
 * Returns a random address for so many bytes that are no part of the span. They
 * are not mapped, and something else may be there.
 */
uintptr_t arena_place_apart(size_t size);

#define ARENA_HIGHMEM 1 /* frames of the memfd, with no mapping */

/*
 * Brings frames [pfn, pfn + nr) online; both are multiples of ARENA_STEP and
 * the frames are offline, or the rest of a pageblock. arena_lock is held. The
 * frames are zeroed and not resident. Returns 0, -EEXIST (another mapping is in
 * the way) or another -errno (memory, address space or a limit is short).
 */
int arena_online(unsigned long pfn, unsigned long nr, unsigned int flags);
/*
 * Takes largest blocks offline that are not in use. Returns 0, or -errno with
 * nothing changed.
 */
int arena_offline(unsigned long pfn, unsigned long nr, unsigned int flags);

/* Extends the memfd to frame end - 1. Returns 0 or -errno. arena_lock. */
int arena_grow_highmem(unsigned long end);

/*
 * What the OS does with frames (frames.c). Each returns 0 or -errno: -EINVAL,
 * with nothing done, if the frames are not whole pages of the machine.
 */
int arena_discard(unsigned long pfn, unsigned long nr); /* they read as zero */
/* Asks for huge pages where nothing was touched yet. arena_lock is held. */
int arena_mark_huge(unsigned long pfn, unsigned long nr);
int arena_deny(unsigned long pfn, unsigned long nr); /* no access */
/* Allows access again, to all of each page of the machine that they touch. */
int arena_allow(unsigned long pfn, unsigned long nr);
/* Prefers a NUMA node for memory that is not there yet. */
int arena_bind(unsigned long pfn, unsigned long nr, unsigned int node);
/* Replaces a mapping of the memfd: by private zero pages, or by no access. */
int arena_make_private(unsigned long pfn, unsigned long nr);
int arena_hide(unsigned long pfn, unsigned long nr);
int arena_dont_fork(unsigned long pfn, unsigned long nr); /* not in children */
/* Frames of the memfd: frees their memory, after which they read as zero. */
int arena_punch(unsigned long pfn, unsigned long nr);
/* The same, or writes zeros where they are not whole pages of the machine. */
int arena_zero(unsigned long pfn, unsigned long nr);
/* Writes all of `from` into frames of the memfd. */
int arena_write(unsigned long pfn, unsigned long nr, const void *from);
/* Maps frames of the memfd at addr, which is ours. */
int arena_map(void *addr, unsigned long pfn, unsigned long nr,
	      unsigned int prot);
/* Lets a part of one mapping of the memfd show other frames of it. */
int arena_remap(void *addr, unsigned long pfn, unsigned long nr);
/* Maps frames of the memfd, or of a copy of it, anywhere; NULL: no memory. */
void *arena_view(int fd, unsigned long pfn, unsigned long nr);
void arena_view_end(void *view, unsigned long nr);

/*
 * Charges frames or pages of large areas to mem=. Returns 0, or -ENOMEM with
 * nothing charged. Takes no lock.
 */
int arena_charge(unsigned long nr);
void arena_uncharge(unsigned long nr);
unsigned long arena_room(void); /* frames that arena_charge() would grant */
unsigned long arena_apart(void); /* charged for memory that is no frames */

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
