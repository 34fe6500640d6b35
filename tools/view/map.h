// SPDX-License-Identifier: MIT
/*
 * map.h - a heap as a map: every block of frames, every object of its slabs
 *
 *	map.c		the frames of each pageblock, as blocks
 *	slabs.c		what the objects of a slab are
 *	arrays.c	which objects wait in arrays
 *	areas.c		vmalloc space
 *	json.c		a look as JSON, as large as its budget lets it be
 *	page.c		the page that shows the JSON
 *
 *	zone	| pageblock | pageblock | ...			2 MiB each
 *		  block: free | slab | page run | ...		2^order frames
 *			    object: in use | in an array | free
 *
 * The frames are walked from head page to head page, so that struct pages which
 * the target never touched are not touched now. A slab with all objects in use
 * costs no read of its memory.
 */
#ifndef KM_TOOLS_VIEW_MAP_H
#define KM_TOOLS_VIEW_MAP_H

#include "heap.h"

enum block_kind {
	BLOCK_NONE, /* offline, or amid a change */
	BLOCK_FREE, /* on a free list of its zone */
	BLOCK_PCP, /* on a list of a CPU */
	BLOCK_PAGES, /* allocated */
	BLOCK_RUN, /* pages of malloc */
	BLOCK_SLAB,
	BLOCK_ISOLATED, /* off the lists for a moment, or bad */
	BLOCK_FRESH, /* online, not yet on a list */
	BLOCK_REST /* of a block that began in another pageblock */
};

/* Where a slab is kept. */
enum slab_list {
	LIST_PARTIAL, /* of its node */
	LIST_FULL, /* SLUB: on no list */
	LIST_FREE, /* SLAB */
	LIST_CPU_PARTIAL, /* SLUB: frozen, on the list of a CPU */
	LIST_CPU /* SLUB: the slab that a CPU takes objects from */
};

/* What an object is, as the letter in the JSON. */
#define OBJECT_USED 'u' /* the program has it */
#define OBJECT_ARRAY 'a' /* it waits in an array of a thread, CPU or node */
#define OBJECT_FREE 'f' /* free in its slab */
#define OBJECT_NEVER 'n' /* not handed out since the slab was last empty */
#define OBJECT_AWAY 'r' /* free, on a page that was given back to the OS */

#define MOST_OBJECTS 32768U /* of a slab */

/* A slab that a CPU of SLUB holds, and what that took of it. */
struct cpu_slab {
	uint64_t page, freelist, fresh;
	uint32_t nr_fresh;
};

struct map_cache {
	const struct heap_cache *row;
	unsigned int id; /* the same in all looks */
	uint64_t offset, random; /* of free pointers */
	uint64_t pad; /* SLUB: bytes in front of the first object */
	uint32_t num; /* objects of a slab */
	struct cpu_slab *held;
	size_t nr_held;
};

struct block {
	enum block_kind kind;
	uint64_t pfn, pages; /* pages: those in this pageblock */
	unsigned int order, migratetype;
	unsigned int age; /* BLOCK_FREE: ticks since it became free */
	bool returned; /* BLOCK_FREE: the OS has it */
	/* BLOCK_SLAB */
	const struct map_cache *cache; /* NULL: unknown */
	enum slab_list list;
	uint64_t start; /* address of the first object */
	uint32_t objects, used, in_arrays;
	const char *states; /* a letter an object; NULL: not looked for */
};

/* Where the members are that are read for every block: map.c. */
struct map_places {
	struct place type, order, flags, migratetype, epoch, nr_pages, cache;
	struct place freelist, inuse, objects, frozen, carved, salt, away;
	struct place active, s_mem, numbers, free_map;
	uint64_t buddy, pcp, isolated, allocated, slab, run; /* types */
	uint64_t online, pb_isolated, huge, pb_type, movable, reported;
};

struct map {
	struct library *lib;
	struct heap heap;
	struct map_places at;
	uint64_t base, nr_frames, vmemmap, page_size, page_struct;
	unsigned int block_order; /* of a pageblock */
	struct map_cache *caches; /* one a row of heap.caches */
	uint64_t *stored; /* addresses of objects in arrays, sorted */
	size_t nr_stored, room_stored;
	bool stored_left; /* there are more */
	bool want_states; /* letters for the objects of the next slabs */
	char states[MOST_OBJECTS];
	unsigned char *memory; /* of one slab */
	/* some struct pages */
	uint64_t window;
	unsigned char pages[4096];
	/* addresses of caches, in the order in which they were seen */
	uint64_t *known;
	size_t nr_known;
};

/* Returns NULL with the reason: the library may be too old. */
struct map *map_new(struct library *lib, struct why *why);
void map_free(struct map *m);
/*
 * Looks at heap, caches and arrays; the frames are not walked yet. Returns 0,
 * or -1 with the reason.
 */
int map_look(struct map *m, struct why *why);

/* What pageblocks are told to; a block lies in one pageblock. */
struct map_visitor {
	void (*begin)(struct map_visitor *v, uint64_t pageblock,
		      unsigned int bits);
	void (*block)(struct map_visitor *v, const struct block *b);
	void (*end)(struct map_visitor *v);
};
/* The bits of a pageblock: its migratetype, and these. */
#define MAP_HUGE 8U /* marked for huge pages, or made one */
#define MAP_ISOLATED 16U

/* Walks all pageblocks that are online. Returns 0, or -1: it is gone. */
int map_walk(struct map *m, struct map_visitor *v);

/* ---- slabs.c ------------------------------------------------------------- */

/* Gets the caches ready: what slabs of theirs CPUs hold. */
int slabs_prepare(struct map *m);
void slabs_free(struct map *m);
/* Fills in the block of a slab with this struct page. */
void slab_look(struct map *m, const unsigned char *page, struct block *b);

/* ---- arrays.c ------------------------------------------------------------ */

/* An array that a node has: a full sheaf of a barn, or SLAB's shared one. */
struct node_array {
	const struct map_cache *cache;
	uint64_t objects; /* where the words are */
	uint32_t nr, capacity;
};

typedef void node_array_fn(struct map *m, const struct node_array *a, void *to);
/* Tells of all arrays of nodes. */
void arrays_of_nodes(struct map *m, node_array_fn *fn, void *to);
/* Fills in stored. Returns 0, or -1 without memory. */
int arrays_look(struct map *m);
/* Returns how many objects of [start, end) are in arrays, from *first on. */
size_t arrays_in(const struct map *m, uint64_t start, uint64_t end,
		 const uint64_t **first);

/* ---- areas.c ------------------------------------------------------------- */

/* The trees of vmalloc space. */
enum area_kind {
	AREA_BUSY,
	AREA_LAZY,
	AREA_FREE,
	AREA_HELD,
	AREA_HOLE,
	AREA_VMALLOC, /* an area of vmalloc() or its kin */
	AREA_POOLED /* freed, mapped still: for the next one of its size */
};

typedef void area_fn(enum area_kind kind, uint64_t start, uint64_t end,
		     void *to);
/* Tells of ranges, those of each tree by address. Returns false if cut. */
bool areas_look(struct map *m, area_fn *fn, void *to);

#endif
