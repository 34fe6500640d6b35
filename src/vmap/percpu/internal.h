// SPDX-License-Identifier: MIT
/*
 * vmap/percpu/internal.h - memory of which every CPU has its own copy
 *
 *	pcpu.slots[]	chunks by the largest run of free bytes in them
 *
 *	chunk	one area of vmalloc space, cut into a unit for each CPU
 *
 *		| unit of CPU 0 | unit of CPU 1 | unit of CPU 2 |  32 KiB each
 *		  ^ offset	  ^ the same	  ^ the same
 *		  an allocation: the bytes at one offset of every unit
 *
 *	maps	one bit for 4 bytes of a unit; one map serves all units. An
 *		allocation or a free run begins where bound_map has a bit
 *
 *		alloc_map  1 1 1 0 0 0 1 1 0 0 ..	1: in use
 *		bound_map  1 0 0 1 0 0 1 0 1 0 .. 1	1: one begins here
 *
 *	blocks	a summary of each page of the map, so that a search need not
 *		look at its bits; chunk_md is that of the whole map
 *
 *		|<-left_free->|####|<- scan ->|##|<-- contig -->|#|<- right ->|
 *					      contig_hint: the largest
 *			      scan_hint: the largest in front of that
 *
 *	pages	populated: the page is there in every unit, so it can be used
 *		without asking the OS; other pages hold no memory
 *
 * Locking	pcpu_alloc_mutex (rank LOCK_PCPU_ALLOC): held while pages are
 *		populated or given up, and by allocations that may populate.
 *		pcpu_lock (LOCK_PCPU), inside: all fields here. Chunks are made
 *		and ended with neither held.
 * Invariants	PCPU1  bound_map: a bit for each start of an allocation or of a
 *		    free run, and one behind the last
 *		PCPU2  every field of a pcpu_block_md agrees with the bits
 *		PCPU3  a chunk is in the slot of its contig_hint
 *		PCPU4  free_bytes, nr_populated, nr_empty_pop_pages are counts;
 *		    those of pcpu are the sums
 *		PCPU5  a page with anything in use is populated, unless a thread
 *		    holds pcpu_alloc_mutex
 *		PCPU6  the tree has the chunks of all slots
 *		PCPU7  a request that `unfit` rules out has no place
 *					(percpu_check() checks all)
 * Source	Linux v6.12 mm/percpu.c, percpu-internal.h, percpu-vm.c
 *		(docs/kernel.md Y9); what is left out: docs/divergence.md F
 */
#ifndef KM_VMAP_PERCPU_INTERNAL_H
#define KM_VMAP_PERCPU_INTERNAL_H

#include <kmalloc/percpu.h>

#include "core/bitmap.h"
#include "core/list.h"
#include "core/lock.h"
#include "core/rbtree.h"
#include "vmap/percpu/percpu.h"

/* Pages of the machine: what is populated or not. */
#define PCPU_UNIT_PAGES (PCPU_MIN_UNIT_SIZE >> OS_PAGE_SHIFT)
#define PCPU_UNIT_BITS \
	((unsigned int)(PCPU_MIN_UNIT_SIZE >> PCPU_MIN_ALLOC_SHIFT))
/* A block of the map describes one page. */
#define PCPU_BLOCK_BITS ((unsigned int)(OS_PAGE_SIZE >> PCPU_MIN_ALLOC_SHIFT))

#define PCPU_NR_ALIGNS (PAGE_SHIFT - PCPU_MIN_ALLOC_SHIFT + 1)

/*
 * Slot 0: nothing free. 1: less than 16 bytes. Then one for each power of two;
 * the last: all of it.
 */
#define PCPU_SLOT_BASE_SHIFT 5
#define PCPU_FREE_SLOT 13
#define PCPU_NR_SLOTS (PCPU_FREE_SLOT + 1)

/* Pages that are kept populated though nothing is in them. */
#define PCPU_EMPTY_POP_PAGES_LOW 2
#define PCPU_EMPTY_POP_PAGES_HIGH 4
/* free_percpu() trims a chunk if 1 of so many of its pages is empty. */
#define PCPU_DEPOPULATE_FACTOR 4

/* Free runs of a block or of a whole map, in bits; guarded by pcpu_lock. */
struct pcpu_block_md {
	u16 contig_hint,
		contig_hint_start; /* the largest, the lowest if equal */
	u16 scan_hint, scan_hint_start; /* the largest in front of it */
	u16 left_free, right_free; /* at the start, at the end */
	u16 first_free; /* the first free bit; nr_bits: none */
	u16 nr_bits; /* constant */
};

struct pcpu_chunk {
	struct list_head list; /* in its slot; pcpu_lock */
	struct rb_node node; /* in pcpu.chunks; pcpu_lock */
	char *base_addr; /* CPU 0's unit; constant */
	unsigned int slot; /* PCPU3; pcpu_lock */
	unsigned int free_bytes; /* of a unit; pcpu_lock */
	unsigned int nr_populated; /* pages of a unit; pcpu_lock */
	unsigned int nr_empty_pop_pages; /* populated and empty; pcpu_lock */
	struct pcpu_block_md chunk_md;
	/*
	 * By alignment: requests of so many bits or more fail, PCPU7;
	 * pcpu_lock.
	 */
	u16 unfit[PCPU_NR_ALIGNS];
	struct pcpu_block_md md_blocks[PCPU_UNIT_PAGES];
	/* Bits by page and by 4 bytes of a unit; pcpu_lock */
	unsigned long populated[BITS_TO_LONGS(PCPU_UNIT_PAGES)];
	unsigned long alloc_map[BITS_TO_LONGS(PCPU_UNIT_BITS)];
	unsigned long bound_map[BITS_TO_LONGS(PCPU_UNIT_BITS + 1)];
};

/* All percpu memory; pcpu_lock, unless a field says otherwise. */
struct pcpu_space {
	struct list_head slots[PCPU_NR_SLOTS];
	struct rb_root chunks; /* by base_addr */
	unsigned int nr_chunks; /* also read without the lock */
	unsigned int nr_populated; /* pages of a unit; also read without */
	unsigned int nr_empty_pop_pages; /* the same */
	u8 balance_due; /* pcpu_balance() is to run; relaxed */
	u8 up; /* percpu_init() has run; constant after init */
};

extern struct pcpu_space pcpu;
extern spinlock_t pcpu_lock;
extern spinlock_t pcpu_alloc_mutex;

#define PCPU_POP_ONLY 1 /* from populated pages alone */

struct pcpu_request {
	unsigned int bits, align; /* in units of 4 bytes */
	unsigned int flags;
};

/* Returns true if more than one chunk is wholly free; pcpu_lock. */
static inline bool pcpu_free_chunks_surplus(void)
{
	const struct list_head *list = &pcpu.slots[PCPU_FREE_SLOT];

	return list->next != list->prev;
}

static inline unsigned int pcpu_page_of(unsigned int bit)
{
	return bit / PCPU_BLOCK_BITS;
}

static inline char *pcpu_chunk_addr(const struct pcpu_chunk *chunk,
				    unsigned int cpu, unsigned int bit)
{
	return chunk->base_addr + cpu * PCPU_MIN_UNIT_SIZE +
	       ((size_t)bit << PCPU_MIN_ALLOC_SHIFT);
}

/* ---- map.c: the maps of one chunk; pcpu_lock, or not published ----------- */

void pcpu_map_init(struct pcpu_chunk *chunk); /* of zeros: all is free */
/* Returns the first bit of the lowest place for a request, or -1. */
int pcpu_find_block_fit(struct pcpu_chunk *chunk,
			const struct pcpu_request *req);
void pcpu_alloc_area(struct pcpu_chunk *chunk, unsigned int bit,
		     unsigned int nr);
/* Returns the length in bits of the area that begins at `bit`; 0: none does. */
unsigned int pcpu_area_size(const struct pcpu_chunk *chunk, unsigned int bit);
void pcpu_free_area(struct pcpu_chunk *chunk, unsigned int bit);
/* Returns true if nothing of a page is in use. */
bool pcpu_page_empty(const struct pcpu_chunk *chunk, unsigned int page);

/* ---- chunk.c: chunks and their pages ------------------------------------- */

int pcpu_chunk_init(void); /* 0 or -ENOMEM */
unsigned int pcpu_size_to_slot(size_t size);
/* Updates counts and slot after a change of the maps; pcpu_lock. */
void pcpu_chunk_relocate(struct pcpu_chunk *chunk);
/* Returns a chunk that is not published yet, or NULL. No lock is held. */
struct pcpu_chunk *pcpu_create_chunk(gfp_t gfp);
void pcpu_destroy_chunk(struct pcpu_chunk *chunk); /* the same */
void pcpu_chunk_add(struct pcpu_chunk *chunk); /* pcpu_lock */
void pcpu_chunk_remove(struct pcpu_chunk *chunk); /* pcpu_lock */
/* Returns the chunk whose first unit holds an address, or NULL; pcpu_lock. */
struct pcpu_chunk *pcpu_chunk_addr_search(const void *addr);
/* Populates pages [start, end); only pcpu_alloc_mutex is held. */
void pcpu_populate_chunk(struct pcpu_chunk *chunk, unsigned int start,
			 unsigned int end);
/*
 * Gives up a populated, empty page. Returns 0 or -errno; only pcpu_alloc_mutex
 * is held.
 */
int pcpu_depopulate_page(struct pcpu_chunk *chunk, unsigned int page);

/* ---- balance.c ----------------------------------------------------------- */

/* The work that the kernel leaves to a worker; no lock is held. */
void pcpu_balance(void);
void pcpu_balance_init(void);

#endif
