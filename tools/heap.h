// SPDX-License-Identifier: MIT
/*
 * heap.h - the numbers of a heap, as one reading found them
 *
 *	heap.c		zones, large areas, and all in one
 *	caches.c	a row for each cache
 *	owners.c	what threads and CPUs hold in their arrays
 *
 * Nothing is locked or stopped in the target. Each number is one that was true
 * at some moment of the reading; sums of several may be off by what moved
 * meanwhile. No walk visits objects: the time depends on how many caches, zones
 * and threads there are.
 */
#ifndef KM_TOOLS_HEAP_H
#define KM_TOOLS_HEAP_H

#include "library.h"

#define HEAP_ORDERS 16 /* room for orders of free blocks */

struct heap_cache {
	uint64_t at; /* of the struct kmem_cache */
	char name[64];
	bool on_slab; /* else it is on SLUB */
	uint64_t object_size, size; /* bytes asked for; with metadata */
	uint64_t total; /* objects in slabs */
	uint64_t out; /* of these not free in a slab */
	uint64_t cached; /* of these in arrays of threads, CPUs and nodes */
	uint64_t slabs, pages;
	uint64_t passed; /* objects that went by slow paths, ever */
};

/* What the program has of a cache. */
static inline uint64_t cache_live(const struct heap_cache *c)
{
	return c->out > c->cached ? c->out - c->cached : 0;
}

struct heap_zone {
	unsigned int node;
	char name[16];
	uint64_t start, spanned, present; /* frames; present: online */
	uint64_t deferred, deferred_end; /* of these online, on no list yet */
	uint16_t epoch; /* ticks */
	uint64_t managed, free, pcp; /* pages; pcp: on the lists of CPUs */
	uint64_t dirty; /* of free, perhaps resident */
	uint64_t low; /* the watermark */
	uint64_t returned; /* pages given back to the OS, ever */
	uint64_t nr_free[HEAP_ORDERS]; /* blocks by order */
};

/* A thread or a CPU that has arrays of objects. */
struct heap_owner {
	bool is_cpu;
	uint64_t id; /* of thread or CPU; 0: a thread of unknown id */
	uint64_t thread; /* its thread pointer */
	uint64_t objects, bytes;
};

/* An array of free objects that a thread or a CPU has. */
struct heap_array {
	uint64_t cache; /* its struct kmem_cache */
	uint64_t objects; /* where the words are that name the objects */
	uint32_t nr, capacity;
	uint32_t owner; /* its row */
	bool spare;
};

struct heap {
	char release[16], backend[16];
	uint64_t page_size;
	unsigned int orders;
	struct heap_cache *caches; /* the newest first */
	size_t nr_caches;
	struct heap_zone *zones;
	size_t nr_zones;
	struct heap_owner *owners;
	size_t nr_owners;
	bool owners_left; /* there are more than were read */
	struct heap_array *arrays; /* of the owners; empty ones, too */
	size_t nr_arrays;
	bool has_runs; /* it is malloc: the next two are known */
	uint64_t runs, run_pages;
	uint64_t areas, area_bytes, lazy_bytes;
	/* sums, in bytes */
	uint64_t in_use; /* by the program: objects, pages, areas */
	uint64_t cached; /* objects in arrays */
	uint64_t dirty; /* free, perhaps resident */
	uint64_t slab_bytes,
		page_bytes; /* page_bytes: blocks that are no slab */
};

/*
 * Reads all. What is torn is read again, a few times. Returns 0, or -1 with the
 * reason and nothing to free.
 */
int heap_read(struct library *lib, struct heap *heap, struct why *why);
void heap_free(struct heap *heap);

/* ---- between the files --------------------------------------------------- */

#define HEAP_TRIES 32 /* of a walk along a list that changes */
#define HEAP_MAX_CACHES 16384U
#define HEAP_MAX_OWNERS 1024U

/*
 * Stores the addresses of the entries of a list, at most `most`. Each entry
 * must point back to the one before. Returns how many, or -1: it was changing,
 * or cannot be read.
 */
long list_read(struct target *t, uint64_t head, uint64_t *entries, size_t most);

/* Both return 0, or -1 if it was torn or cannot be read: look again. */
int caches_read(struct library *lib, struct heap *heap);
int owners_read(struct library *lib, struct heap *heap);
/* Returns the row of the cache at an address, or NULL. */
struct heap_cache *cache_at(struct heap *heap, uint64_t at);

#endif
