// SPDX-License-Identifier: MIT
/*
 * kmem/kmem.h - object caches: the nouns, and the two fast paths
 *
 *	thread (an object-cache owner)             node
 *	  kmem_owner                                 kmem_cache_node
 *	   cursor[slot] --.                           |- node_barn, a few
 *	                  v                           |    full  [::::]-[::::]
 *	   [hdr| 0 |obj obj obj ...      ]  main      |    empty [    ]-[    ]
 *	          NULL        ^ cursor                |- backend (SLUB or SLAB)
 *	   [hdr| 0 |obj obj obj obj obj o]  spare          slabs of objects
 *
 * A sheaf is an aligned block of SHEAF_SIZE bytes: a header, one NULL word,
 * and object pointers up to its end. One word, the cursor, is its whole state
 * while it is main: it points behind the last object.
 *
 *	pop	cursor[-1] is NULL: the sheaf is empty, go slow
 *	push	cursor is a multiple of SHEAF_SIZE: it is full, go slow
 *
 * A cursor that was never set up points at the end of kmem_missing, a block
 * whose last word is NULL: pop and push both miss, so no other check is needed.
 * A cache beyond the slots of that table has slot 0, which always misses. Its
 * cursor is in a table of the owner that grows: far.c.
 *
 * The backend decides what a miss does. SLUB exchanges whole sheaves with a
 * spare and a barn. SLAB moves batches between main, which it calls an
 * array_cache, and arrays that all owners of a node share.
 *
 * What the files of this room do for others is in a small header each:
 *
 *	alloc.h miss.h direct.h guard.h		calls that leave the fast paths
 *	owner.h thread.h held.h inside.h	threads, and what they hold
 *	cpu_owner.h cpu_far.h hand.h section.h	CPUs, where these are the owners
 *	sheaf.h far.h barn.h			sheaves, cursors, barns
 *	cache.h boot.h merge.h shrink.h fork.h	caches
 *	inherited.h forked.h			children of fork(), and parents
 *	slab_ops.h account.h order.h freelist.h	backends, and help for them
 *	debug.h failslab.h usercopy.h		checks
 *	kmalloc.h mempool.h rcu.h		on top of caches
 *	stat.h slabinfo.h			numbers
 *
 * Locking	a kmem_owner belongs to its thread; node_barn.lock (LOCK_BARN);
 *		slab_mutex (LOCK_SLAB_MUTEX) for the list of caches;
 *		kmem_owners_lock (LOCK_OWNERS) for the list of owners.
 * Invariants	SHEAF1  a cursor is inside (base + header, base + SHEAF_SIZE]
 *		SHEAF2  words between the NULL word and the cursor are objects
 *		SHEAF3  a spare is full or empty
 *		BARN1  sheaves on a barn's full list are full, on its empty list
 *		       empty, all of the cache's own capacity
 *		(kmem_owner_check() checks SHEAF1-SHEAF3, barn_check() BARN1)
 * Source	Linux v6.18 mm/slub.c (sheaves, barn: docs/kernel.md V1-V8) and
 *		v6.1 mm/slab.c (array_cache), combined; the cursor is ours.
 */
#ifndef KM_KMEM_KMEM_H
#define KM_KMEM_KMEM_H

#include <kmalloc/slab.h>

#include "core/bitops.h"
#include "core/list.h"
#include "core/lock.h"
#include "core/rbtree.h"
#include "core/reciprocal_div.h"
#include "zone/mmzone.h"

#define SHEAF_SHIFT 10
#define SHEAF_SIZE (1UL << SHEAF_SHIFT)
#define SHEAF_WORDS (SHEAF_SIZE / sizeof(void *))
#define SHEAF_HEADER_WORDS 4
/* No bit of it is in the cursor of a full sheaf, or in one a word further. */
#define SHEAF_FULL_MASK (SHEAF_SIZE - 2 * sizeof(void *))
#define SHEAF_MAX_CAPACITY (SHEAF_WORDS - SHEAF_HEADER_WORDS - 1)

#define BARN_MAX_FULL 10
#define BARN_MAX_EMPTY 10
#define NR_BARNS 4 /* of a cache: CPU c uses c % NR_BARNS */

/*
 * Cursor slots: 0 always misses, 1..239 are size classes, then come API caches.
 * Caches beyond these have a far slot. Slots 240..255 miss too, for frames that
 * are no class, and 256..287 are no slots: struct kmem_owner.
 */
#define NR_CLASSES 240
#define NR_INDICES 256
/*
 * Frames of marked caches (marks.h) have the class + this as their index. No
 * cache has that slot: free() misses.
 */
#define MARKED_INDEX 128
#define API_SLOT 288
#define NR_CURSORS 544

struct slab_sheaf {
	union {
		struct slab_sheaf *next; /* on a barn list; barn->lock */
		void *rcu_head[2]; /* waiting for a grace period */
	};
	struct kmem_cache *cache; /* constant while in use */
	u32 capacity; /* objects; constant while in use */
	u32 count; /* objects, while it is not main */
	void *words[SHEAF_WORDS - SHEAF_HEADER_WORDS];
};

_Static_assert(sizeof(struct slab_sheaf) == SHEAF_SIZE, "a sheaf is a block");

struct node_barn {
	spinlock_t lock;
	u32 nr_full, nr_empty; /* lock */
	struct slab_sheaf *full, *empty; /* lock */
	struct slab_sheaf *rcu_free; /* lock: kfree_rcu() fills it; or NULL */
	unsigned long gets, puts; /* lock; full sheaves taken and given */
	unsigned long seen; /* gets + puts at the last tick; ticks only */
} __cacheline_aligned;

struct slab_ops;
struct kmem_cache_cpu;
struct shared_arrays;
struct kmem_cache_stat;
struct alien_cache;
struct inherited;

/* A cache's part for one node; an object of node_cache. */
struct kmem_cache_node {
	spinlock_t list_lock;
	union {
		struct { /* SLUB */
			unsigned long nr_partial; /* list_lock */
			struct list_head partial; /* list_lock */
			struct list_head full; /* list_lock; debug caches */
			u32 rolls; /* atomic: counter of take_any_partial() */
		};
		struct { /* SLAB; list_lock, unless it says otherwise */
			struct list_head slabs_partial, slabs_full, slabs_free;
			unsigned long free_objects; /* on partial and free */
			unsigned long total_slabs; /* slabs on the lists */
			unsigned long free_slabs; /* on slabs_free */
			unsigned int free_limit; /* most free_objects kept */
			unsigned int colour_next; /* colour of the next slab */
			/* atomic; NULL: none yet; it stays */
			struct shared_arrays *shared;
			u32 shared_rows; /* atomic: rows that have objects */
			int shared_touched; /* used since last reap; relaxed */
			struct alien_cache **alien; /* by node; constant */
			unsigned long next_reap; /* ms; ticks only */
			int free_touched; /* used since last reap */
		};
	};
	unsigned long nr_slabs; /* atomic */
	unsigned long total_objects; /* atomic: in slabs */
	unsigned long nr_pages; /* atomic: frames in slabs */
	u32 full_sheaves; /* atomic: in the barns */
	struct node_barn barn[NR_BARNS];
} __cacheline_aligned;

/* SLAB: where a slab has the array of its free objects' numbers. */
enum freelist_place { FREELIST_ON, FREELIST_OFF, FREELIST_OBJ };

struct kmem_cache {
	/* constant after creation */
	const char *name;
	const struct slab_ops *ops;
	u64 divisor; /* ceil(2^64 / size), for kmem_starts_object() */
	u32 oo_bytes; /* of a slab's objects, preferred order; or 0 */
	unsigned int size; /* of an object with its metadata, bytes */
	unsigned int
		object_size; /* bytes a user may write; a merge may raise it */
	unsigned int offset; /* of the free pointer in a free object */
	u16 slot; /* cursor slot; 0: a far one, or no sheaves */
	u8 class; /* frame index of its slabs, or 0 */
	u8 guard; /* GUARD_ flags: extra work of each call */
	union { /* SLUB's name, and SLAB's */
		u8 oo_order, gfporder; /* preferred order of a slab */
	};
	u8 min_order; /* smallest slab order */
	u8 marked; /* 1: each object has a mark, for malloc: marks.h */
	union {
		u32 oo_objects, num; /* in a slab of the preferred order */
	};
	union { /* objects of a main; 0: no sheaves. SLAB: slab_mutex */
		u32 sheaf_capacity, limit;
	};
	u32 late_capacity; /* sheaf_capacity from kmem_start_sheaves() on */
	u32 far; /* far slot, from 1; 0: it has a slot, or no sheaves */
	/* By CPU: the chunk of its far slot; NULL: none yet. cpu_far.c */
	void **by_cpu; /* kmem_owners_lock; atomic; it stays */
	u64 reciprocal_size; /* ceil(2^40 / size) */
	unsigned int red_left_pad; /* bytes in front of an object */
	unsigned int inuse; /* bytes before the metadata; backend sets it */
	unsigned int useroffset, usersize; /* the window for usercopy */
	unsigned int freeptr_offset; /* of the free pointer, if requested */
	bool use_freeptr_offset;
	unsigned int align; /* bytes */
	u32 min_partial; /* written under slab_mutex */
	u32 cpu_partial, cpu_partial_slabs; /* as min_partial; objects, slabs */
	u32 remote_node_defrag_ratio; /* SLUB: of 1024 refills; relaxed */
	u16 max_order; /* of its slabs; 0: the backend's */
	u16 max_waste; /* 1/this of a slab, if an order has it; 0: 16 */
	u32 min_objects; /* wanted in a slab; 0: the backend's rule */
	u32 empty_bytes; /* for min_partial: at most; 0: the kernel's rule */
	u32 sheaf_alone; /* of an only owner's main; less: sheaf_capacity */
	u32 barn_most; /* full sheaves that a barn takes */
	slab_flags_t flags;
	gfp_t allocflags;
	void (*ctor)(void *obj);
	struct kmem_cache_cpu *cpu_slab; /* nr_cpu_ids of them, or NULL */
	struct kmem_cache_stat *cpu_stat; /* the same; stat.h */
	/* SLAB: constant */
	unsigned int colour; /* how many colours */
	unsigned int colour_off; /* bytes between two of them */
	enum freelist_place freelist_place; /* of the array of free numbers */
	unsigned int freelist_size; /* its bytes */
	struct kmem_cache *freelist_cache; /* FREELIST_OFF: has the array */
	struct reciprocal_value reciprocal_buffer_size; /* of size */
	/* SLAB: written under slab_mutex, read without */
	unsigned int batchcount; /* objects moved at a time */
	unsigned int shared; /* batches in the shared array; 0: none */

	u64 random; /* mixed into free pointers; 0: they are plain */
	u16 *random_seq; /* a shuffled order of objects; NULL: in a row */
	spinlock_t debug_lock; /* slabs and objects, if debugged */
	unsigned long debug_errors; /* debug_lock: found and mended so far */
	struct list_head list; /* slab_mutex */
	int refcount; /* slab_mutex: number of names; negative: never merged */
	struct list_head
		aliases; /* slab_mutex: further names, kmem_cache_alias */
	u8 dead; /* destroyed, objects in use; slab_mutex */
	u32 shrinks; /* atomic: calls of kmem_cache_shrink() */
	/* slow-path statistics; atomic, relaxed */
	unsigned long refills, flushes, refilled, flushed;
	unsigned long sparse_next; /* flushed at the next look; relaxed */
	unsigned long slabs_ever;
	unsigned long in_use; /* atomic: objects out of the slabs */
	unsigned long rcu_waiting; /* atomic: of in_use, in sheaves for RCU */
	struct inherited *inherited; /* inherited.c; NULL: none; it stays */
	struct kmem_cache_node
		*node[MAX_NUMNODES]; /* constant; NULL: no memory there */
} __cacheline_aligned;

static inline struct kmem_cache_node *get_node(const struct kmem_cache *s,
					       int node)
{
	return s->node[node];
}

#define for_each_kmem_cache_node(s, nid, n)            \
	for ((nid) = 0; (nid) < MAX_NUMNODES; (nid)++) \
		if (((n) = get_node((s), (nid))) != NULL)

/* Returns the cursor slot of a class. */
static inline u16 kmem_class_slot(const struct kmem_cache *s)
{
	return (u16)(s->class - (s->marked ? MARKED_INDEX : 0));
}

/* Returns how many slabs a cache has on all nodes. */
static inline unsigned long kmem_cache_nr_slabs(const struct kmem_cache *s)
{
	const struct kmem_cache_node *n;
	unsigned long nr = 0;
	int nid;

	for_each_kmem_cache_node(s, nid, n)
		nr += READ_ONCE(n->nr_slabs);
	return nr;
}

/* Returns how many frames these slabs have. */
static inline unsigned long kmem_cache_nr_pages(const struct kmem_cache *s)
{
	const struct kmem_cache_node *n;
	unsigned long nr = 0;
	int nid;

	for_each_kmem_cache_node(s, nid, n)
		nr += READ_ONCE(n->nr_pages);
	return nr;
}

/* A further name of a cache, of another user it was merged for. */
struct kmem_cache_alias {
	struct list_head list; /* s->aliases */
	char name[];
};

struct kmem_owner_slot {
	struct slab_sheaf *spare; /* NULL, full or empty; owner */
	u32 seen; /* low half of the cursor at the last tick; owner */
	u16 shrunk; /* shrinks when last emptied, modulo 2^16; owner */
	u8 capacity; /* of main, in objects; 0: no sheaves; owner; room.h */
	union { /* owner */
		u8 retired; /* full sheaves retired since main was empty */
		u8 calls; /* while capacity is 0: served by the slabs */
	};
};

/*
 * The cursor and the rest of a cache that has a far slot. With a size of a
 * power of two no call multiplies or divides.
 */
struct kmem_far_slot {
	uintptr_t cursor; /* owner */
	struct kmem_owner_slot rest; /* owner */
} __aligned(32);

/* A page holds so many far slots. */
#define FAR_PER_CHUNK (PAGE_SIZE / sizeof(struct kmem_far_slot))

/*
 * One object-cache owner: a thread, or a CPU (cpu_owner.c); or a hand (hand.c).
 * Its table has kmem_nr_cursors cursors, and behind them the rest of each slot:
 * owner_slot() of sheaf.h.
 *
 *	cursor	[0 .. 255 | 256 .. 287  | 288 .. ] slot [0 .. ]
 *		 indices    the owner's   API
 *		 of frames  own fields	  caches
 */
struct kmem_owner {
	union {
		uintptr_t cursor[NR_CURSORS]; /* owner */
		struct {
			uintptr_t indices[NR_INDICES]; /* of cursor */
			/*
			 * Chunks by number, or NULL, and the room there. The
			 * owner writes, others read under kmem_owners_lock.
			 */
			struct kmem_far_slot **far;
			unsigned int nr_far;
			/* owner */
			unsigned int exits; /* destructor rounds so far */
			unsigned long served; /* the last request served */
			unsigned long polled_ms; /* time of the last poll */
			unsigned long room; /* of its slots, bytes; room.h */
			u32 moved; /* bytes since it looked for idle slots */
			u16 hand; /* the slot that room was taken from last */
			unsigned int unpolled; /* misses until the next poll */
			/* constant */
			long rseq; /* kmem_rseq in kmem_no_owner, else 0 */
			uintptr_t frame; /* an address on its stack */
			void *thread; /* its thread pointer */
			/* kmem_owners_lock */
			struct list_head list;
			struct rb_node by_thread; /* thread.c */
			uintptr_t inside; /* its thread is: inside.h; atomic */
			spinlock_t lock; /* while other slots are emptied */
			uintptr_t api[]; /* of cursor, from API_SLOT on */
		};
	};
};

extern __thread struct kmem_owner *kmem_this_owner __hidden;
/*
 * The offset of rseq areas from thread pointers, where CPUs are owners too. 0:
 * the owners are threads. Constant after the start.
 */
extern long kmem_rseq __hidden;
#define KMEM_CPUS 512U /* threads on CPUs from here on have no sheaves */
#define KMEM_CPU_IDS 8192U /* with more of them there is no percpu=rseq */

/* What the kernel reads of a critical section: section.h. */
struct section_cs {
	u32 version, flags; /* 0 */
	uintptr_t start, length, abort;
} __aligned(32);

/*
 * Of each CPU: its table, or kmem_no_owner while it has none, or is hidden.
 * Written under kmem_owners_lock; sections read it. cpu_id is -1 or -2 of a
 * thread without an area. In front of it are the two fast sections, so that
 * these need one address alone; written once.
 */
struct kmem_cpus {
	struct section_cs pop, push;
	struct kmem_owner *none[2];
	struct kmem_owner *owner[KMEM_CPU_IDS];
};
extern struct kmem_cpus kmem_cpus __hidden;
/* The table of a thread that has none: every cursor misses. */
extern struct kmem_owner *const kmem_no_owner;
/* Returns true if this thread takes objects from tables of CPUs. */
static inline bool kmem_by_cpu(void)
{
	return kmem_rseq && kmem_this_owner == kmem_no_owner;
}
extern unsigned int kmem_nr_slots; /* that caches have; constant after init */
/* In a table: every slot and every index of a frame has one. The same. */
extern unsigned int kmem_nr_cursors;
extern const void *const kmem_missing[SHEAF_WORDS];
/* The cache of a frame index; NULL where that is no class. */
extern struct kmem_cache *kmem_classes[256] __hidden;

/* Returns the head page of the slab that holds an address, or NULL. */
static inline struct page *virt_to_slab_page(const void *addr)
{
	unsigned long pfn = virt_to_pfn(addr);
	unsigned int index, order;
	struct page *page;

	if (unlikely(pfn >= arena_bound()))
		return NULL;
	index = READ_ONCE(arena_index[pfn]);
	if (unlikely(!index))
		return NULL;
	order = index >= INDEX_OTHER ? index - INDEX_OTHER :
				       kmem_classes[index]->oo_order;
	page = pfn_to_page(pfn & ~((1UL << order) - 1));
	/* Frames of a compound block have an index too. */
	if (index >= INDEX_OTHER && page_type(page) != PAGE_SLAB)
		return NULL;
	return page;
}

/* ---- the two fast paths -------------------------------------------------- */

/* Returns the newest object of the sheaf, or NULL if it is empty. */
static __always_inline void *cursor_pop(uintptr_t *place)
{
	void *obj = ((void **)*place)[-1];

	if (unlikely(!obj))
		return NULL;
	word_add(place, 0, -(long)sizeof(void *));
	return obj;
}

/* Puts an object on the sheaf. Returns 0, or 1 if the sheaf is full. */
static __always_inline int cursor_put(uintptr_t *place, void *obj)
{
	uintptr_t cursor = *place;

	if (unlikely(!(cursor & SHEAF_FULL_MASK)))
		return 1;
	*(void **)cursor = obj;
	*place = cursor + sizeof(void *);
	return 0;
}

/*
 * Returns true if one of the two words below the cursor is obj. The lower one
 * may lie below the NULL word, and means nothing then: cursor_holds() of
 * sheaf.h tells.
 */
static __always_inline bool cursor_may_hold(uintptr_t cursor, const void *obj)
{
	return unlikely(((void **)cursor)[-1] == obj) ||
	       unlikely(((void **)cursor)[-2] == obj);
}

/*
 * Returns true if obj is one of the `nr` newest objects at a cursor. A word
 * NULL lies below the oldest.
 */
static __always_inline bool cursor_has(uintptr_t cursor, const void *obj,
				       unsigned int nr)
{
	void *const *at = (void *const *)cursor;

	while (nr-- && *--at)
		if (unlikely(*at == obj))
			return true;
	return false;
}

/*
 * cursor_put(), unless obj seems to be among the two newest objects already:
 * then returns 2. This is a double free.
 */
static __always_inline int cursor_push(uintptr_t *place, void *obj)
{
	uintptr_t cursor = *place;

	if (unlikely(!(cursor & SHEAF_FULL_MASK)))
		return 1;
	if (cursor_may_hold(cursor, obj))
		return 2;
	*(void **)cursor = obj;
	word_add(place, 0, sizeof(void *));
	return 0;
}

/*
 * cursor_push() for any address in a frame with this index. Returns NULL if it
 * was done, or else obj: also if obj is no start of an object. obj is stored
 * before that is known, since it costs no register then; above the cursor any
 * word may lie.
 */
static __always_inline void *kmem_push_start(struct kmem_owner *owner,
					     const u8 *table,
					     unsigned long index, void *obj)
{
	uintptr_t cursor = owner->cursor[index];

	if (unlikely(!(cursor & SHEAF_FULL_MASK)))
		return obj;
	if (cursor_may_hold(cursor, obj))
		return obj;
	*(void **)cursor = obj;
	if (unlikely(pair_rejects(table, index, (u32)(uintptr_t)obj)))
		return READ_ONCE(*(void **)cursor);
	word_add(owner->cursor, index, sizeof(void *));
	return NULL;
}

/*
 * Pop and push for a slot of an owner. The caller takes the slow path on a
 * miss.
 */
static __always_inline void *kmem_pop(struct kmem_owner *owner,
				      unsigned long slot)
{
	void *obj = ((void **)owner->cursor[slot])[-1];

	if (likely(obj))
		word_add(owner->cursor, slot, -(long)sizeof(void *));
	return obj;
}

static __always_inline int kmem_push(struct kmem_owner *owner,
				     unsigned int slot, void *obj)
{
	return cursor_push(&owner->cursor[slot], obj);
}

/*
 * Returns true if p is the start of an object, given that its frame has the
 * index of s. The offset in the slab must be a multiple of the size. That is so
 * if offset * ceil(2^64 / size), of which 64 bits are kept, is below the second
 * factor (Lemire, Kaser, Kurz: Faster remainder by direct computation, 2019).
 * oo_bytes is 0 if the backend cannot know this from an address. Reads no
 * struct page.
 */
static __always_inline bool kmem_starts_object(const struct kmem_cache *s,
					       const void *p)
{
	u64 offset = (uintptr_t)p & ((PAGE_SIZE << s->oo_order) - 1);

	return offset < s->oo_bytes && offset * s->divisor < s->divisor;
}

#endif
