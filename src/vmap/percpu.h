// SPDX-License-Identifier: MIT
/*
 * vmap/percpu.h - memory of which every CPU has its own copy
 *
 *	pcpu_slots[]	chunks by the largest run of free bytes in them
 *
 *	chunk	one area of vmalloc space, cut into a unit for each CPU
 *
 *		| unit of CPU 0 | unit of CPU 1 | unit of CPU 2 |  32 KiB each
 *		  ^ offset	  ^ the same	  ^ the same
 *		  an allocation: the bytes at one offset of every unit
 *
 *	maps	one bit for 4 bytes of a unit, so one map does for all units
 *
 *		alloc_map  1 1 1 0 0 0 1 1 0 0 ..	1: in use
 *		bound_map  1 0 0 1 0 0 1 0 1 0 .. 1	1: something begins here
 *
 *	blocks	what is known of each page of the map without looking at its
 *		bits; chunk_md is the same for the whole map
 *
 *		|<- left_free ->|####|<- scan ->|##|<-- contig -->|#|<- right ->|
 *						contig_hint: the largest
 *				scan_hint: the largest in front of that
 *
 *	pages	populated: the page is there in every unit, so it can be used
 *		without asking the OS; other pages hold no memory
 *
 * Locking	pcpu_alloc_mutex (rank LOCK_PCPU_ALLOC): who populates pages, gives
 *		them up, or may find what needs it. pcpu_lock (LOCK_PCPU), inside:
 *		all fields here. Chunks are made and ended with neither held.
 * Invariants	Q1  bound_map: a bit for each start of something in use or of a
 *		    free run, and one behind the last
 *		Q2  every field of a pcpu_block_md says what the bits say
 *		Q3  a chunk is in the slot of its contig_hint
 *		Q4  free_bytes, nr_populated and nr_empty_pop_pages are counts;
 *		    those of pcpu are the sums
 *		Q5  a page with anything in use is populated, unless somebody
 *		    holds pcpu_alloc_mutex
 *		Q6  the tree has the chunks of all slots
 *		Q7  what `unfit` rules out has no place in a chunk
 *						(percpu_check() proves)
 * Source	Linux v6.12 mm/percpu.c, percpu-internal.h, percpu-vm.c
 *		(docs/kernel.md Y9); what is left out: docs/divergence.md F
 */
#ifndef KM_VMAP_PERCPU_H
#define KM_VMAP_PERCPU_H

#include <kmalloc/percpu.h>

#include "core/bitmap.h"
#include "core/list.h"
#include "core/lock.h"
#include "core/rbtree.h"

#define PCPU_UNIT_PAGES (PCPU_MIN_UNIT_SIZE >> PAGE_SHIFT)
#define PCPU_UNIT_BITS \
	((unsigned int)(PCPU_MIN_UNIT_SIZE >> PCPU_MIN_ALLOC_SHIFT))
/* A block of the map describes one page. */
#define PCPU_BLOCK_BITS ((unsigned int)(PAGE_SIZE >> PCPU_MIN_ALLOC_SHIFT))

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
/* A chunk gives pages up at once if 1 of so many of its pages is such a one. */
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
	unsigned int slot; /* Q3; pcpu_lock */
	unsigned int free_bytes; /* of a unit; pcpu_lock */
	unsigned int nr_populated; /* pages of a unit; pcpu_lock */
	unsigned int nr_empty_pop_pages; /* populated and empty; pcpu_lock */
	struct pcpu_block_md chunk_md;
	/* By alignment: so many bits or more have no place, Q7; pcpu_lock. */
	u16 unfit[PCPU_NR_ALIGNS];
	struct pcpu_block_md md_blocks[PCPU_UNIT_PAGES];
	/* Bits by page and by 4 bytes of a unit; pcpu_lock */
	unsigned long populated[BITS_TO_LONGS(PCPU_UNIT_PAGES)];
	unsigned long alloc_map[BITS_TO_LONGS(PCPU_UNIT_BITS)];
	unsigned long bound_map[BITS_TO_LONGS(PCPU_UNIT_BITS + 1)];
};

/* All of it; pcpu_lock where nothing else is said. */
struct pcpu_space {
	struct list_head slots[PCPU_NR_SLOTS];
	struct rb_root chunks; /* by base_addr */
	unsigned int nr_chunks; /* also read without the lock */
	unsigned int nr_populated; /* pages of a unit; also read without */
	unsigned int nr_empty_pop_pages; /* the same */
	u8 balance_due; /* pcpu_balance() is to run; relaxed */
	u8 up; /* percpu_init() was here; constant after init */
};

extern struct pcpu_space pcpu;
extern spinlock_t pcpu_lock;
extern spinlock_t pcpu_alloc_mutex;

#define PCPU_POP_ONLY 1 /* from populated pages alone */

struct pcpu_request {
	unsigned int bits, align; /* in units of 4 bytes */
	unsigned int flags;
};

/* Is more than one chunk wholly free? pcpu_lock. */
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

/* ---- percpu_map.c: the maps of one chunk; pcpu_lock, or nobody knows it --- */

void pcpu_map_init(struct pcpu_chunk *chunk); /* of zeros: all is free */
/* The lowest place for a request, as a bit; -1: there is none. */
int pcpu_find_block_fit(struct pcpu_chunk *chunk,
			const struct pcpu_request *req);
void pcpu_alloc_area(struct pcpu_chunk *chunk, unsigned int bit,
		     unsigned int nr);
/* How many bits the area is long that begins at `bit`; 0: none does. */
unsigned int pcpu_area_size(const struct pcpu_chunk *chunk, unsigned int bit);
void pcpu_free_area(struct pcpu_chunk *chunk, unsigned int bit);
/* Is nothing of a page in use? */
bool pcpu_page_empty(const struct pcpu_chunk *chunk, unsigned int page);

/* ---- percpu_chunk.c: chunks and their pages ------------------------------- */

int pcpu_chunk_init(void); /* 0 or -ENOMEM */
unsigned int pcpu_size_to_slot(size_t size);
/* After a change of the maps: counts and slot; pcpu_lock. */
void pcpu_chunk_relocate(struct pcpu_chunk *chunk);
/* A new one that nobody knows, or NULL: no memory. No lock is held. */
struct pcpu_chunk *pcpu_create_chunk(gfp_t gfp);
void pcpu_destroy_chunk(struct pcpu_chunk *chunk); /* the same */
void pcpu_chunk_add(struct pcpu_chunk *chunk); /* pcpu_lock */
void pcpu_chunk_remove(struct pcpu_chunk *chunk); /* pcpu_lock */
/* The chunk in whose first unit an address is, or NULL; pcpu_lock. */
struct pcpu_chunk *pcpu_chunk_addr_search(const void *addr);
/* Pages [start, end) are populated after it; pcpu_alloc_mutex alone. */
void pcpu_populate_chunk(struct pcpu_chunk *chunk, unsigned int start,
			 unsigned int end);
/* Give up a populated, empty page: 0 or -errno; pcpu_alloc_mutex alone. */
int pcpu_depopulate_page(struct pcpu_chunk *chunk, unsigned int page);

/* ---- percpu_balance.c ------------------------------------------------------- */

/* The work that the kernel leaves to a worker; no lock is held. */
void pcpu_balance(void);
void pcpu_balance_init(void);

/* ---- percpu.c, percpu_check.c ------------------------------------------------ */

/* Only the API library has percpu memory: it calls this at its start. */
int percpu_init(void);
void percpu_fork_take(void);
void percpu_fork_release(void);
void percpu_check(void);

#endif
