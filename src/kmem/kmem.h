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
 * spare and a barn. SLAB moves a batch between main, which it calls an
 * array_cache, and an array that all owners of a node share.
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

#include <kmalloc/rcu.h>
#include <kmalloc/slab.h>

#include "zone/mmzone.h"
#include "core/bitops.h"
#include "core/list.h"
#include "core/lock.h"
#include "core/reciprocal_div.h"

#define SHEAF_SHIFT 10
#define SHEAF_SIZE (1UL << SHEAF_SHIFT)
#define SHEAF_WORDS (SHEAF_SIZE / sizeof(void *))
#define SHEAF_HEADER_WORDS 4
#define SHEAF_MAX_CAPACITY (SHEAF_WORDS - SHEAF_HEADER_WORDS - 1)

#define BARN_MAX_FULL 10
#define BARN_MAX_EMPTY 10
#define NR_BARNS 4 /* of a cache: CPU c uses c % NR_BARNS */

/*
 * Cursor slots: 0 always misses, 1..239 are size classes, then come API caches.
 * Caches beyond these have a far slot.
 */
#define NR_CLASSES 240
#define API_SLOT 256
#define NR_CURSORS 512

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

struct kmem_owner;
struct slab_caller;

/* What slabinfo shows of a cache. */
struct slabinfo {
	unsigned long active_objs; /* not free in a slab; cached too */
	unsigned long num_objs; /* in all slabs */
	unsigned long active_slabs, num_slabs;
	unsigned long shared_avail; /* objects in arrays that CPUs share */
	unsigned int limit, batchcount, shared; /* SLAB's tunables, or 0 */
	unsigned int objects_per_slab;
	unsigned int cache_order; /* of a slab */
};

/* What a backend does for a cache. SLAB and SLUB each have such a table. */
struct slab_ops {
	const char *name; /* a value of the boot parameter slab_alloc */
	slab_flags_t flag; /* a cache with it has this backend */
	size_t cpu_size; /* of a kmem_cache_cpu, bytes; 0: none */
	/*
	 * Stores up to nr objects in objs; the one to hand out first goes last.
	 * Returns the number stored. gfp is the caller's. Objects are of `node`
	 * if it has any free, and with __GFP_THISNODE in any case; NUMA_NO_NODE
	 * means the nearest.
	 */
	unsigned int (*refill)(struct kmem_cache *s, gfp_t gfp, int node,
			       void **objs, unsigned int nr);
	/*
	 * Frees nr objects to their slabs and checks each. An object of another
	 * cache goes to that cache, by kmem_free_to_owner(). Aborts if one is
	 * no object.
	 */
	void (*flush)(struct kmem_cache *s, void **objs, unsigned int nr);
	/*
	 * The same for objects of other nodes, which may be collected first.
	 * NULL: flush() serves for these too.
	 */
	void (*flush_remote)(struct kmem_cache *s, void **objs,
			     unsigned int nr);
	/*
	 * Checks nr objects without freeing them; cheap, for sheaves that
	 * change hands. Returns how many are of other caches.
	 */
	int (*verify)(struct kmem_cache *s, void **objs, unsigned int nr);
	/*
	 * Sets size, order and sheaf_capacity; makes cpu_slab and nodes ready.
	 * Returns 0 or -EINVAL.
	 */
	int (*setup)(struct kmem_cache *s);
	/*
	 * The owner's main is empty: fills or replaces it. Returns 0 or
	 * -ENOMEM.
	 */
	int (*main_empty)(struct kmem_owner *owner, struct kmem_cache *s,
			  gfp_t gfp);
	/*
	 * The owner's main is full: makes room in it or replaces it. Returns 0
	 * or -ENOMEM.
	 */
	int (*main_full)(struct kmem_owner *owner, struct kmem_cache *s);
	/*
	 * Called by the owner at a tick: frees objects of one slot that lie
	 * idle.
	 */
	void (*main_idle)(struct kmem_owner *owner, struct kmem_cache *s);
	/*
	 * Frees empty slabs; with SHRINK_IDLE only what was not used since last
	 * time.
	 */
	void (*shrink)(struct kmem_cache *s, unsigned int flags);
	/* The last step of destruction. Returns how many objects are in use. */
	unsigned long (*shutdown)(struct kmem_cache *s);
	/* Takes all locks of the cache before fork(). */
	void (*fork_take)(struct kmem_cache *s);
	/* Releases them after fork(), in parent and child. */
	void (*fork_release)(struct kmem_cache *s);
	/* Returns the object of a slab that holds addr, or NULL. */
	void *(*object_of)(struct kmem_cache *s, const void *addr);
	/*
	 * The next five are for caches with debug flags, which setup() gives a
	 * table with them (kmem/debug.h); in other tables they are NULL.
	 *
	 * Returns an object of orig_size bytes for the caller who, or NULL.
	 */
	void *(*debug_alloc)(struct kmem_cache *s, gfp_t gfp, int node,
			     const struct slab_caller *who, size_t orig_size);
	/* Frees an object; a fault is reported and the object not freed. */
	void (*debug_free)(struct kmem_cache *s, void *obj,
			   const struct slab_caller *who);
	/* Returns the size that was requested for an object. */
	size_t (*debug_size)(struct kmem_cache *s, const void *obj);
	/* Changes that size. Returns 0, -EINVAL, or -ENOENT: it is free. */
	int (*debug_resize)(struct kmem_cache *s, void *obj, size_t size,
			    const struct slab_caller *who);
	/* Checks all objects. Returns the number of errors. */
	unsigned long (*validate)(struct kmem_cache *s,
				  const struct slab_caller *who);
	/* Returns how many objects lie between owners and slabs; racy. */
	unsigned long (*cached)(struct kmem_cache *s);
	/* Reports the objects of a slab still in use. NULL: cannot be told. */
	void (*list_slab_objects)(struct kmem_cache *s, struct page *page);
	/* Prints which calls allocated and freed obj. NULL: is not recorded. */
	void (*print_tracking)(const struct kmem_cache *s, void *obj);
	/* Checks the invariants of a cache not in use; aborts on a fault. */
	void (*check)(struct kmem_cache *s);
	/* Adds up what slabinfo shows; slab_mutex is held. Racy. */
	void (*get_slabinfo)(struct kmem_cache *s, struct slabinfo *sinfo);
	/*
	 * Sets the sizes of arrays. Returns 0 or -EINVAL. slab_mutex is held.
	 * NULL: the backend has no such sizes.
	 */
	int (*tune)(struct kmem_cache *s, int limit, int batchcount,
		    int shared);
};

/*
 * Grace periods of RCU. The API library supplies them, over liburcu. Without
 * them no cache can be SLAB_TYPESAFE_BY_RCU.
 */
struct kmem_rcu_ops {
	/* Prepares for call(). No lock held. Returns 0 or -errno. */
	int (*prepare)(void);
	/* Runs func(head) when every reader that is inside now has left. */
	void (*call)(struct rcu_head *head, void (*func)(struct rcu_head *));
	/* Waits until all functions given to call() have run. No lock held. */
	void (*barrier)(void);
	/* Waits until all given to kvfree_rcu() is freed. No lock held. */
	void (*kvfree_barrier)(void);
};
extern const struct kmem_rcu_ops *kmem_rcu __hidden; /* set before use */

#define KM_SLAB_BACKENDS (KM_SLAB_ON_SLAB | KM_SLAB_ON_SLUB)

/* The flags of a request that also hold for the pages of a slab. */
#define GFP_SLAB_MASK                                                          \
	(__GFP_RECLAIM | __GFP_HIGH | __GFP_IO | __GFP_FS | __GFP_NOWARN |     \
	 __GFP_RETRY_MAYFAIL | __GFP_NOFAIL | __GFP_NORETRY | __GFP_MEMALLOC | \
	 __GFP_NOMEMALLOC | __GFP_HARDWALL | __GFP_THISNODE)

#define SHRINK_ALL 0 /* the flags of shrink() and kmem_reclaim() */
#define SHRINK_IDLE 1

struct kmem_cache_cpu;
struct array_cache;
struct kmem_cache_stat;
struct alien_cache;

/* A cache's part for one node; an object of node_cache. */
struct kmem_cache_node {
	spinlock_t list_lock;
	union {
		struct { /* SLUB */
			unsigned long nr_partial; /* list_lock */
			struct list_head partial; /* list_lock */
			struct list_head full; /* list_lock; debug caches */
		};
		struct { /* SLAB; list_lock, unless it says otherwise */
			struct list_head slabs_partial, slabs_full, slabs_free;
			unsigned long free_objects; /* on partial and free */
			unsigned long total_slabs; /* slabs on the lists */
			unsigned long free_slabs; /* on slabs_free */
			unsigned int free_limit; /* most free_objects kept */
			unsigned int colour_next; /* colour of the next slab */
			struct array_cache *shared; /* NULL: none yet */
			unsigned int shared_limit; /* its limit; 0: none */
			unsigned int shared_room; /* a hint, read unlocked */
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
	union {
		u32 oo_objects, num; /* in a slab of the preferred order */
	};
	union { /* objects of a main; 0: no sheaves. SLAB: slab_mutex */
		u32 sheaf_capacity, limit;
	};
	u32 far; /* far slot, from 1; 0: it has a slot, or no sheaves */
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
	u32 max_order; /* of its slabs; 0: the backend's */
	u32 min_objects; /* in a slab, SLUB; 0: by the number of CPUs */
	slab_flags_t flags;
	gfp_t allocflags;
	void (*ctor)(void *obj);
	struct kmem_cache_cpu *cpu_slab; /* nr_cpu_ids of them */
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
	unsigned long slabs_ever;
	unsigned long in_use; /* atomic: objects out of the slabs */
	unsigned long rcu_waiting; /* atomic: of in_use, in sheaves for RCU */
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
	uintptr_t seen; /* cursor at the last tick; owner */
	u32 retired; /* full sheaves retired since main was empty */
	u32 shrunk; /* shrinks when last emptied; owner */
};

/* The cursor and the rest of a cache that has a far slot. */
struct kmem_far_slot {
	uintptr_t cursor; /* owner */
	struct kmem_owner_slot rest; /* owner */
};

/* A page holds so many far slots. */
#define FAR_PER_CHUNK (PAGE_SIZE / sizeof(struct kmem_far_slot))

/* One object-cache owner: a thread. */
struct kmem_owner {
	uintptr_t cursor[NR_CURSORS]; /* owner */
	/* written by the owner under kmem_owners_lock, under which others read */
	struct kmem_far_slot **far; /* chunks by number, or NULL */
	unsigned int nr_far; /* room in far, in chunks */
	struct list_head list; /* kmem_owners_lock */
	unsigned long requests; /* atomic: requests of other threads */
	unsigned long served; /* the last request served; owner */
	unsigned int exits; /* destructor rounds so far; owner */
	unsigned int unpolled; /* misses to skip before the next poll; owner */
	unsigned long polled_ms; /* time of the last poll; owner */
	uintptr_t frame; /* an address on its stack; constant */
	void *thread; /* its thread pointer; constant */
	uintptr_t inside; /* its thread is: inside.h; atomic */
	struct kmem_owner_slot slot[NR_CURSORS]; /* owner */
};

extern __thread struct kmem_owner *kmem_this_owner __hidden;
extern unsigned int kmem_nr_slots; /* cursors in use; constant after init */
extern const void *const kmem_missing[SHEAF_WORDS];
/* The cache of a frame index; NULL where that is no class. */
extern struct kmem_cache *kmem_classes[256] __hidden;

/* Returns the head page of the slab that holds an address, or NULL. */
static inline struct page *virt_to_slab_page(const void *addr)
{
	unsigned long pfn = virt_to_pfn(addr);
	unsigned int index, order;
	struct page *page;

	if (unlikely(pfn >= arena_bound() || !arena_index[pfn]))
		return NULL;
	index = arena_index[pfn];
	order = index >= INDEX_OTHER ? index - INDEX_OTHER :
				       kmem_classes[index]->oo_order;
	page = pfn_to_page(pfn & ~((1UL << order) - 1));
	/* Frames of a compound block have an index too. */
	if (index >= INDEX_OTHER && page_type(page) != PAGE_SLAB)
		return NULL;
	return page;
}

/*
 * merge.c: returns the alignment that flags and arguments give, for a backend
 */
unsigned int calculate_alignment(slab_flags_t flags, unsigned int align,
				 unsigned int size);

/* ---- the two fast paths -------------------------------------------------- */

/* Returns the newest object of the sheaf, or NULL if it is empty. */
static __always_inline void *cursor_pop(uintptr_t *place)
{
	uintptr_t cursor = *place;
	void *obj = ((void **)cursor)[-1];

	if (unlikely(!obj))
		return NULL;
	*place = cursor - sizeof(void *);
	return obj;
}

/*
 * Puts an object on the sheaf. Returns 0 if that was done, 1 if the sheaf is
 * full, 2 if the same object lies on top already: this is a double free.
 */
static __always_inline int cursor_push(uintptr_t *place, void *obj)
{
	uintptr_t cursor = *place;

	if (unlikely(!(cursor & (SHEAF_SIZE - 1))))
		return 1;
	if (unlikely(((void **)cursor)[-1] == obj))
		return 2;
	*(void **)cursor = obj;
	*place = cursor + sizeof(void *);
	return 0;
}

/*
 * Pop and push for a slot of an owner. The caller takes the slow path on a
 * miss.
 */
static __always_inline void *kmem_pop(struct kmem_owner *owner,
				      unsigned int slot)
{
	return cursor_pop(&owner->cursor[slot]);
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

/* ---- the bytes that __GFP_ZERO clears ------------------------------------ */

/* guard.c: returns the bytes of obj that its user may write. */
size_t kmem_debug_size(struct kmem_cache *s, const void *obj);

/*
 * Returns the bytes of obj to clear: the requested size if slab_debug watches
 * the bytes behind it, otherwise all.
 */
static __always_inline size_t kmem_zero_size(struct kmem_cache *s,
					     const void *obj)
{
	return likely(!s->guard) ? READ_ONCE(s->object_size) :
				   kmem_debug_size(s, obj);
}

/* ---- sheaf.c ------------------------------------------------------------- */

/*
 * The slow paths. The user requested orig_size bytes, and called from `caller`.
 */
void *kmem_cache_alloc_slow(struct kmem_cache *s, gfp_t gfp, int node,
			    size_t orig_size, uintptr_t caller);
void kmem_cache_free_slow(struct kmem_cache *s, void *obj, uintptr_t caller);

/* ---- alloc.c: the user called from `caller` ------------------------------ */

/* Returns an object of orig_size bytes, or NULL. */
void *slab_alloc(struct kmem_cache *s, gfp_t gfp, size_t orig_size,
		 uintptr_t caller);
/* The same, of a node. */
void *slab_alloc_node(struct kmem_cache *s, gfp_t gfp, int node,
		      size_t orig_size, uintptr_t caller);
/* Frees an object of the nearest node. */
void __kmem_cache_free(struct kmem_cache *s, void *obj, uintptr_t caller);

/* ---- sheaf.c ------------------------------------------------------------- */

/* Callbacks of slab_ops for a backend with spares and barns. */
int sheaf_main_empty(struct kmem_owner *owner, struct kmem_cache *s, gfp_t gfp);
int sheaf_main_full(struct kmem_owner *owner, struct kmem_cache *s);
void sheaf_main_idle(struct kmem_owner *owner, struct kmem_cache *s);
/* main_set(), where objects may have been freed since main_take(). */
void kmem_main_replace(struct kmem_owner *owner, struct kmem_cache *s,
		       struct slab_sheaf *sheaf);
/* Returns the objects of a sheaf: by object size, or as the cache asks. */
unsigned int sheaf_capacity(const struct kmem_cache *s);
/* Frees all objects this owner holds to the slabs; its cursors miss then. */
void kmem_owner_flush(struct kmem_owner *owner);
/* The same, where the caller holds kmem_owners_lock. */
void __kmem_owner_flush(struct kmem_owner *owner);
/* Frees all objects of one cache that an owner holds to the slabs. */
void kmem_owner_flush_cache(struct kmem_owner *owner, struct kmem_cache *s);
/*
 * Frees the objects of slots that were not used since the last call, or whose
 * cache was shrunk since.
 */
void kmem_owner_flush_idle(struct kmem_owner *owner);
/* Returns how many objects of a cache an owner holds; racy. */
unsigned long kmem_owner_count(struct kmem_owner *owner,
			       const struct kmem_cache *s);
/* Checks SHEAF1 to SHEAF3 and FAR2 of one owner; aborts on a fault. */
void kmem_owner_check(const struct kmem_owner *owner);

/* ---- far.c --------------------------------------------------------------- */

/* Called by the owner: makes its far slot for a cache. Returns 0 or -ENOMEM. */
int kmem_far_add(struct kmem_owner *owner, const struct kmem_cache *s);
/*
 * Lets each call for a cache take the slow path from here on. The cache has a
 * class and no slab yet. Its slot becomes the far slot of the same number,
 * which no other cache may have.
 */
void kmem_cache_hide(struct kmem_cache *s);

/* ---- barn.c -------------------------------------------------------------- */

/* Returns a new empty sheaf, or NULL. */
struct slab_sheaf *sheaf_alloc(struct kmem_cache *s);
/* Frees a sheaf, not the objects in it. */
void sheaf_free(struct slab_sheaf *sheaf);
/*
 * Returns a full sheaf and takes `empty`, which may be NULL, in exchange.
 * Returns NULL if no barn has one; `empty` stays the caller's.
 */
struct slab_sheaf *barn_get_full(struct kmem_cache *s,
				 struct slab_sheaf *empty);
/* Returns true if this CPU's barn takes a full sheaf; a hint. */
bool barn_has_room(struct kmem_cache *s);
/* Puts a full sheaf into the barn. Returns 0, or -E2BIG if it has enough. */
int barn_put_full(struct kmem_cache *s, struct slab_sheaf *full);
/* Returns an empty sheaf of a barn, or NULL. */
struct slab_sheaf *barn_get_empty(struct kmem_cache *s);
/* Returns an empty sheaf of a barn or a new one, or NULL. */
struct slab_sheaf *sheaf_get(struct kmem_cache *s);
/* Puts an empty sheaf into the barn, or frees it if that has enough. */
void barn_put_empty(struct kmem_cache *s, struct slab_sheaf *empty);
/* Frees the sheaves in barns; with SHRINK_IDLE those not used. */
void barn_shrink(struct kmem_cache *s, unsigned int flags);
/* Returns how many objects full sheaves in barns hold. */
unsigned long barn_count(struct kmem_cache *s);
/* Checks BARN1 and BARN2 of a cache; aborts on a fault. */
void barn_check(struct kmem_cache *s);

/* ---- owner.c -------------------------------------------------------------- */

extern spinlock_t kmem_owners_lock;
/*
 * Returns this thread's table, made if it has none. Returns NULL if there is no
 * memory, or the thread is ending.
 */
struct kmem_owner *kmem_owner_get(void);
/* For a thread whose variables are still zero: lets every cursor miss. */
void kmem_owner_early(void);
/* Returns this thread's table, or NULL if it has none; takes no memory. */
struct kmem_owner *kmem_owner_here(void);
/*
 * Take this thread's table away, so that every cursor misses, and put it back.
 * No nested call then moves a cursor that an interrupted fast path has in its
 * registers.
 */
struct kmem_owner *kmem_owner_put_aside(void);
void kmem_owner_put_back(struct kmem_owner *owner);
/* Serves a request of another thread, if there is one. */
void kmem_owner_serve(struct kmem_owner *owner);
/* Asks every owner to flush its idle slots. */
void kmem_owners_request(void);
/* Returns how many objects of a cache all owners hold; racy. */
unsigned long kmem_owners_count(const struct kmem_cache *s);
/* Empties all owners' sheaves of a cache that is not in use any more. */
void kmem_owners_flush_cache(struct kmem_cache *s);
/* Returns true if the stack of any owner lies in [start, end). */
bool kmem_owners_stack_in(uintptr_t start, uintptr_t end);
/* Returns how many owners there are. */
unsigned int kmem_owners_number(void);
/* Returns the pages of their tables, without far slots. */
unsigned long kmem_owners_pages(void);
/* In the child of fork: flushes the tables of threads that are not there. */
void kmem_owners_fork_child(void);
/*
 * Set in the child of fork. Objects that other threads were moving are counted
 * as in use but are on no list.
 */
extern bool kmem_threads_lost;

/* ---- cache.c ------------------------------------------------------------- */

extern struct list_head slab_caches; /* slab_mutex */
extern struct list_head slab_dead; /* slab_mutex: destroyed, objects in use */
extern spinlock_t slab_mutex;

/* Adds a backend that a cache may ask for; called before kmem_init(). */
void kmem_backend(const struct slab_ops *ops);
/* Returns 0 or -errno. After -errno a further call goes on where it failed. */
int kmem_init(const struct slab_ops *ops, unsigned int nr_slots);

/* How far the start has come: the caches that exist. */
enum {
	DOWN, /* none */
	PARTIAL, /* kmem_cache */
	PARTIAL_NODE, /* and kmem_cache_node: caches can be created */
	UP, /* and kmalloc's */
	FULL /* all, and km_boot() has ended */
};
extern u8 slab_state; /* constant after init */
/* The arguments of a cache in static storage, for the library itself. */
struct kmem_cache_boot {
	unsigned int align; /* 0: 8 */
	unsigned int class; /* frame index, cursor slot; 0: no sheaves */
	unsigned int max_order; /* of its slabs; 0: the backend's */
	unsigned int min_objects; /* in a slab, SLUB; 0: by number of CPUs */
	unsigned int sheaf_capacity; /* at least; 0: by the object's size */
	unsigned int usersize; /* bytes of it that user copies may touch */
	slab_flags_t flags;
};
/*
 * Sets up a static cache, which is zero before. Returns 0, also if it is set up
 * already, or -errno.
 */
int kmem_cache_init(struct kmem_cache *s, const char *name, unsigned int size,
		    const struct kmem_cache_boot *boot);
/* Returns how many free objects of a cache are out of its slabs; racy. */
unsigned long kmem_cache_cached(struct kmem_cache *s);
/* Returns true if this is a name of the cache; slab_mutex is held. */
bool kmem_cache_has_name(const struct kmem_cache *s, const char *name,
			 size_t len);
/*
 * Returns true if no other cache may be merged with it, so that it has one
 * name.
 */
bool slab_unmergeable(const struct kmem_cache *s);
/* Take and release every lock of this layer and the backend, in rank order. */
void kmem_fork_take(void);
void kmem_fork_release(void);
/* Frees what caches, barns and owners do not use. */
void kmem_reclaim(unsigned int flags);

/* ---- account.c ----------------------------------------------------------- */

/* Makes a block, known to the caller alone, a slab of so many objects. */
void account_slab(struct kmem_cache *s, struct page *page,
		  unsigned long objects);
/*
 * Resets the slab fields of the head page, which makes it a plain allocated
 * block.
 */
void slab_page_restore(struct page *page);
/* Makes a slab a plain allocated block again, for kmem_free_slab(). */
void unaccount_slab(struct kmem_cache *s, struct page *page,
		    unsigned long objects);

/* ---- order.c: boot parameters -------------------------------------------- */

extern int slab_max_order; /* -1: not set */
extern unsigned int slab_min_order;
extern unsigned int slab_min_objects; /* 0: not set */

/* ---- rcu.c --------------------------------------------------------------- */

/*
 * Frees the block of a former slab; for a cache that is SLAB_TYPESAFE_BY_RCU,
 * after a grace period.
 */
void kmem_free_slab(struct kmem_cache *s, struct page *page);
/*
 * Keeps an object in a sheaf until a grace period has passed. Returns false if
 * it cannot: the caller frees it. kmem_rcu->prepare() has succeeded. No lock
 * held.
 */
bool __kfree_rcu_sheaf(struct kmem_cache *s, void *obj);
/* Lets all sheaves for RCU, full or not, begin to wait. No lock held. */
void flush_all_rcu_sheaves(void);

/* ---- slabinfo.c ---------------------------------------------------------- */

struct seq_file;
int slabinfo_show(struct seq_file *m, const char *path); /* diag/proc.h */
int slabinfo_write(const char *path, const char *text);

/*
 * Returns the cache of obj if that is another than s; NULL if obj is of s, or
 * is no object.
 */
struct kmem_cache *kmem_other_cache(const struct kmem_cache *s,
				    const void *obj);
/*
 * Reports that an object of `owner` was freed to s, and frees it to its slab.
 */
void kmem_free_to_owner(const struct kmem_cache *s, struct kmem_cache *owner,
			void *obj);
/*
 * Print one line about a free of obj, which is no object or free already, and
 * abort.
 */
__attribute__((noreturn)) void
kmem_bad_object(const struct kmem_cache *s, const void *obj, const char *what);
__attribute__((noreturn)) void kmem_double_free(const struct kmem_cache *s,
						const void *obj);

#endif
