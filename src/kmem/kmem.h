// SPDX-License-Identifier: MIT
/*
 * kmem/kmem.h - object caches: the nouns, and the two fast paths
 *
 *	thread (an object-cache owner)             node
 *	  kmem_cpu                                   kmem_cache_node
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
 * whose last word is NULL: it misses both ways. So there is no other check.
 * A cache beyond the slots of that table has slot 0, which misses for ever, and
 * its cursor in a table of the owner that grows: far.c.
 *
 * The backend says what a miss does. SLUB exchanges whole sheaves with a spare
 * and a barn; SLAB moves a batch between main, which it calls an array_cache,
 * and an array that all owners of a node share.
 *
 * Locking	a kmem_cpu belongs to its thread; node_barn.lock (LOCK_BARN);
 *		slab_mutex (LOCK_SLAB_MUTEX) for the list of caches;
 *		kmem_cpus_lock (LOCK_CPUS) for the list of owners.
 * Invariants	C1  a cursor is inside (base + header, base + SHEAF_SIZE]
 *		C2  words between the NULL word and the cursor are objects
 *		C3  a spare is full or empty
 *		C4  barn lists hold full, respectively empty sheaves only, of
 *		    the cache's own capacity
 *					(kmem_cpu_check(), barn_check() prove)
 * Source	Linux v6.18 mm/slub.c (sheaves, barn: docs/kernel.md V1-V8) and
 *		v6.1 mm/slab.c (array_cache), made one; the cursor is ours.
 */
#ifndef KM_KMEM_KMEM_H
#define KM_KMEM_KMEM_H

#include <kmalloc/rcu.h>
#include <kmalloc/slab.h>

#include "buddy/mmzone.h"
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
#define NR_BARNS 4 /* of a cache: CPU c puts into c % NR_BARNS */

/*
 * Cursor slots: 0 misses for ever, 1..239 size classes, then API caches. Caches
 * beyond these have a far slot.
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
	struct slab_sheaf *rcu_free; /* lock: filled by kfree_rcu(); or NULL */
	unsigned long gets, puts; /* lock; full sheaves taken and given */
	unsigned long seen; /* gets + puts at the last tick; the ticker */
} __cacheline_aligned;

struct kmem_cpu;
struct kmem_visit;
struct slab_caller;

/* What slabinfo says of a cache. */
struct slabinfo {
	unsigned long active_objs; /* not free in a slab; so also cached ones */
	unsigned long num_objs; /* in all slabs */
	unsigned long active_slabs, num_slabs;
	unsigned long shared_avail; /* objects in arrays that CPUs share */
	unsigned int limit, batchcount, shared; /* SLAB's tunables, or 0 */
	unsigned int objects_per_slab;
	unsigned int cache_order; /* of a slab */
};

/* What a backend does for a cache; slab and slub are siblings behind it. */
struct slab_ops {
	const char *name; /* a value of the boot parameter slab_alloc */
	slab_flags_t flag; /* a cache is created with it to have this one */
	size_t cpu_size; /* of a kmem_cache_cpu, bytes; 0: there are none */
	/*
	 * Up to nr free objects into objs[0..], the one to be used first last:
	 * how many.
	 * gfp is the caller's; node: where they must lie if it has any free,
	 * and with __GFP_THISNODE in any case; NUMA_NO_NODE: the nearest.
	 */
	unsigned int (*refill)(struct kmem_cache *s, gfp_t gfp, int node,
			       void **objs, unsigned int nr);
	/*
	 * Take back nr objects; each is proven to be one of this cache's. One of
	 * another cache goes there, by kmem_free_to_owner().
	 */
	void (*flush)(struct kmem_cache *s, void **objs, unsigned int nr);
	/*
	 * The same for objects of other nodes, which need not go to their slabs
	 * at once. NULL: flush() does for them too.
	 */
	void (*flush_remote)(struct kmem_cache *s, void **objs,
			     unsigned int nr);
	/*
	 * Prove the same without freeing; cheap, for sheaves that change hands:
	 * 0, or how many are of other caches.
	 */
	int (*verify)(struct kmem_cache *s, void **objs, unsigned int nr);
	/*
	 * Decide size, order and sheaf_capacity, make cpu_slab and nodes ready:
	 * 0 or -EINVAL.
	 */
	int (*setup)(struct kmem_cache *s);
	/*
	 * This owner's main missed. Empty: objects come into it or another one
	 * takes its place: 0 or -ENOMEM. Full: the same, for room.
	 */
	int (*main_empty)(struct kmem_cpu *cpu, struct kmem_cache *s,
			  gfp_t gfp);
	int (*main_full)(struct kmem_cpu *cpu, struct kmem_cache *s);
	/* The owner looks at one slot at a tick; what lies idle may go. */
	void (*main_idle)(struct kmem_cpu *cpu, struct kmem_cache *s);
	/* Give empty slabs back; with SHRINK_IDLE only what was not used. */
	void (*shrink)(struct kmem_cache *s, unsigned int flags);
	/* The last step of destruction: objects still in use. */
	unsigned long (*shutdown)(struct kmem_cache *s);
	void (*fork_take)(struct kmem_cache *s);
	void (*fork_release)(struct kmem_cache *s);
	/* The object that holds addr, or NULL if it is not in a live one. */
	void *(*object_of)(struct kmem_cache *s, const void *addr);
	/*
	 * For caches with debug flags, which setup() gives a table that has
	 * these (kmem/debug.h); in others they are NULL. An object for who,
	 * and back; the size that was asked for; another one, in place: 0,
	 * -EINVAL or -ENOENT; look at everything: how many errors.
	 */
	void *(*debug_alloc)(struct kmem_cache *s, gfp_t gfp, int node,
			     const struct slab_caller *who, size_t orig_size);
	void (*debug_free)(struct kmem_cache *s, void *obj,
			   const struct slab_caller *who);
	size_t (*debug_size)(struct kmem_cache *s, const void *obj);
	int (*debug_resize)(struct kmem_cache *s, void *obj, size_t size,
			    const struct slab_caller *who);
	unsigned long (*validate)(struct kmem_cache *s,
				  const struct slab_caller *who);
	/* Objects between owners and slabs; racy. */
	unsigned long (*cached)(struct kmem_cache *s);
	/* Report the objects of a slab that are out; NULL: cannot say. */
	void (*list_slab_objects)(struct kmem_cache *s, struct page *page);
	/* Who allocated and freed an object, on stderr; NULL: is not known. */
	void (*print_tracking)(const struct kmem_cache *s, void *obj);
	/* Prove the invariants of a cache that nobody is using. */
	void (*check)(struct kmem_cache *s);
	/* Count; slab_mutex is held. Racy as to what others do meanwhile. */
	void (*get_slabinfo)(struct kmem_cache *s, struct slabinfo *sinfo);
	/*
	 * Other array sizes: 0 or -EINVAL; slab_mutex is held. NULL: this
	 * backend has none that could be set.
	 */
	int (*tune)(struct kmem_cache *s, int limit, int batchcount,
		    int shared);
};

/*
 * Grace periods, where somebody brings them: the API library does, over
 * liburcu. Where nobody does, no cache is SLAB_TYPESAFE_BY_RCU.
 */
struct kmem_rcu_ops {
	/* Be ready to call. No lock held. 0 or -errno */
	int (*prepare)(void);
	/* Run func(head) when every reader that is inside now has left. */
	void (*call)(struct rcu_head *head, void (*func)(struct rcu_head *));
	/* Wait until what was asked for by call() has run. No lock held. */
	void (*barrier)(void);
	/* The same for what was given to kvfree_rcu(). No lock held. */
	void (*kvfree_barrier)(void);
};
extern const struct kmem_rcu_ops *kmem_rcu __hidden; /* set before use */

#define KM_SLAB_BACKENDS (KM_SLAB_ON_SLAB | KM_SLAB_ON_SLUB)

/* What of a caller's flags is for the pages of a slab. */
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

/* What a cache has on one node; made from a cache of its own. */
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
			unsigned long total_slabs; /* on these lists */
			unsigned long free_slabs; /* on slabs_free */
			unsigned int free_limit; /* free_objects beyond it go */
			unsigned int colour_next; /* of the next slab */
			struct array_cache *shared; /* NULL: none yet */
			unsigned int shared_limit; /* its limit; 0: none */
			unsigned int shared_room; /* read without, a hint */
			struct alien_cache **alien; /* by node; constant */
			unsigned long next_reap; /* ms; the ticker */
			int free_touched; /* slabs_free was used */
		};
	};
	unsigned long nr_slabs; /* atomic */
	unsigned long total_objects; /* atomic: in slabs */
	unsigned long nr_pages; /* atomic: frames in slabs */
	u32 full_sheaves; /* atomic: in the barns */
	struct node_barn barn[NR_BARNS];
} __cacheline_aligned;

/* SLAB: where a slab has the array of the numbers of its free objects. */
enum freelist_place { FREELIST_ON, FREELIST_OFF, FREELIST_OBJ };

struct kmem_cache {
	/* constant after creation */
	const char *name;
	const struct slab_ops *ops;
	u64 divisor; /* ceil(2^64 / size), for kmem_starts_object() */
	u32 oo_bytes; /* of all objects of a slab of preferred order; or 0 */
	unsigned int size; /* of an object with its metadata, bytes */
	unsigned int
		object_size; /* bytes a user may write; a merge may raise it */
	unsigned int offset; /* of the free pointer in a free object */
	u16 slot; /* cursor slot; 0: a far one, or no sheaves */
	u8 class; /* frame index of its slabs, or 0 */
	u8 guard; /* GUARD_ flags: what else each call has to do */
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
	unsigned int freeptr_offset; /* of the free pointer, if that was said */
	bool use_freeptr_offset;
	unsigned int align; /* bytes */
	u32 min_partial; /* slab_mutex to write, read without */
	u32 cpu_partial, cpu_partial_slabs; /* same; objects, slabs */
	u32 remote_node_defrag_ratio; /* SLUB: of 1024; relaxed */
	u32 max_order; /* of its slabs, to waste less; 0: the backend's */
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
	struct kmem_cache *freelist_cache; /* FREELIST_OFF: what it is from */
	struct reciprocal_value reciprocal_buffer_size; /* of size */
	/* SLAB: slab_mutex, read without */
	unsigned int batchcount; /* objects moved at a time */
	unsigned int shared; /* batches in the shared array; 0: none */

	u64 random; /* mixed into free pointers; 0: they are plain */
	u16 *random_seq; /* a shuffled order of objects; NULL: in a row */
	spinlock_t debug_lock; /* its slabs and objects, with debug flags */
	unsigned long debug_errors; /* debug_lock: found and mended so far */
	struct list_head list; /* slab_mutex */
	int refcount; /* slab_mutex: one for each name; negative: never merged */
	struct list_head
		aliases; /* slab_mutex: further names, kmem_cache_alias */
	u8 dead; /* destroyed while objects were out; set under slab_mutex */
	u32 shrinks; /* atomic: calls that want every owner's objects back */
	/* slow-path statistics; atomic, relaxed */
	unsigned long refills, flushes, refilled, flushed;
	unsigned long slabs_ever;
	unsigned long in_use; /* atomic: objects out of the slabs */
	unsigned long rcu_waiting; /* atomic: of these, in sheaves for RCU */
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

/* Slabs of a cache, over its nodes. */
static inline unsigned long kmem_cache_nr_slabs(const struct kmem_cache *s)
{
	const struct kmem_cache_node *n;
	unsigned long nr = 0;
	int nid;

	for_each_kmem_cache_node(s, nid, n)
		nr += READ_ONCE(n->nr_slabs);
	return nr;
}

/* Frames in them. */
static inline unsigned long kmem_cache_nr_pages(const struct kmem_cache *s)
{
	const struct kmem_cache_node *n;
	unsigned long nr = 0;
	int nid;

	for_each_kmem_cache_node(s, nid, n)
		nr += READ_ONCE(n->nr_pages);
	return nr;
}

/* A name that somebody else's cache goes by since they were merged. */
struct kmem_cache_alias {
	struct list_head list; /* s->aliases */
	char name[];
};

struct kmem_cpu_slot {
	struct slab_sheaf *spare; /* NULL, full or empty; owner */
	uintptr_t seen; /* cursor at the last tick; owner */
	u32 retired; /* full sheaves given up since the last miss; owner */
	u32 shrunk; /* the cache's shrinks when it was last emptied; owner */
};

/* The cursor and the rest of a cache that has a far slot. */
struct kmem_far_slot {
	uintptr_t cursor; /* owner */
	struct kmem_cpu_slot rest; /* owner */
};

/* Far slots come by the page. */
#define FAR_PER_CHUNK (PAGE_SIZE / sizeof(struct kmem_far_slot))

/* One object-cache owner: a thread. */
struct kmem_cpu {
	uintptr_t cursor[NR_CURSORS]; /* owner */
	/* owner, who holds kmem_cpus_lock to write; others read under it */
	struct kmem_far_slot **far; /* chunks by number; NULL: not there */
	unsigned int nr_far; /* how many there is room for in far */
	struct list_head list; /* kmem_cpus_lock */
	unsigned long requests; /* others ask: atomic */
	unsigned long served; /* owner: the last request done */
	unsigned int exits; /* destructor rounds so far; owner */
	unsigned int unpolled; /* misses that ask for no tick yet; owner */
	unsigned long polled_ms; /* when one was asked for; owner */
	uintptr_t frame; /* somewhere on its stack; constant */
	void *owner; /* its thread pointer; constant */
	struct kmem_visit *visit; /* of inside.h, its own; constant */
	struct kmem_cpu_slot slot[NR_CURSORS]; /* owner */
};

extern __thread struct kmem_cpu *kmem_this_cpu __hidden;
extern unsigned int kmem_nr_slots; /* cursors in use; constant after init */
extern const void *const kmem_missing[SHEAF_WORDS];
/* By frame index; NULL where that names no class. */
extern struct kmem_cache *kmem_classes[256] __hidden;

/* The head page of the slab that holds an address; NULL: none does. */
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
	/* A compound block has an index too. */
	if (index >= INDEX_OTHER && page_type(page) != PAGE_SLAB)
		return NULL;
	return page;
}

/* merge.c: what flags and arguments make of an alignment, for a backend */
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

/* The same for a slot of an owner: a miss takes the slow path. */
static __always_inline void *kmem_pop(struct kmem_cpu *cpu, unsigned int slot)
{
	return cursor_pop(&cpu->cursor[slot]);
}

static __always_inline int kmem_push(struct kmem_cpu *cpu, unsigned int slot,
				     void *obj)
{
	return cursor_push(&cpu->cursor[slot], obj);
}

/*
 * Does p start an object, given that its frame has the index of s? The offset
 * in the slab is a multiple of the size exactly if offset * ceil(2^64 / size),
 * of which 64 bits are kept, is below the second factor (Lemire, Kaser, Kurz:
 * Faster remainder by direct computation, 2019). A backend that cannot know
 * this from an address leaves oo_bytes 0. Reads no struct page.
 */
static __always_inline bool kmem_starts_object(const struct kmem_cache *s,
					       const void *p)
{
	u64 offset = (uintptr_t)p & ((PAGE_SIZE << s->oo_order) - 1);

	return offset < s->oo_bytes && offset * s->divisor < s->divisor;
}

/* ---- the bytes that __GFP_ZERO is about ------------------------------------ */

size_t kmem_debug_size(struct kmem_cache *s, const void *obj); /* guard.c */

/* What was asked for, where bytes behind it are watched; else the object. */
static __always_inline size_t kmem_zero_size(struct kmem_cache *s,
					     const void *obj)
{
	return likely(!s->guard) ? READ_ONCE(s->object_size) :
				   kmem_debug_size(s, obj);
}

/* ---- sheaf.c ------------------------------------------------------------- */

/* The caller asked for orig_size bytes, and the call returns to `caller`. */
void *kmem_cache_alloc_slow(struct kmem_cache *s, gfp_t gfp, int node,
			    size_t orig_size, uintptr_t caller);
void kmem_cache_free_slow(struct kmem_cache *s, void *obj, uintptr_t caller);

/* ---- alloc.c: orig_size bytes for a call that returns to `caller` ----------- */

void *slab_alloc(struct kmem_cache *s, gfp_t gfp, size_t orig_size,
		 uintptr_t caller);
void *slab_alloc_node(struct kmem_cache *s, gfp_t gfp, int node,
		      size_t orig_size, uintptr_t caller);
void __kmem_cache_free(struct kmem_cache *s, void *obj, uintptr_t caller);

/* ---- sheaf.c, from here on ------------------------------------------------- */
/* What a miss does where there are spares and barns; for a backend's table. */
int sheaf_main_empty(struct kmem_cpu *cpu, struct kmem_cache *s, gfp_t gfp);
int sheaf_main_full(struct kmem_cpu *cpu, struct kmem_cache *s);
void sheaf_main_idle(struct kmem_cpu *cpu, struct kmem_cache *s);
/* Objects of a sheaf: by size, or what the cache has in its place if more. */
/* main_set(), where objects may have been freed since main_take(). */
void kmem_main_replace(struct kmem_cpu *cpu, struct kmem_cache *s,
		       struct slab_sheaf *sheaf);
unsigned int sheaf_capacity(const struct kmem_cache *s);
/* Everything this owner holds goes to the slabs; its cursors miss. */
void kmem_cpu_flush(struct kmem_cpu *cpu);
void __kmem_cpu_flush(struct kmem_cpu *cpu); /* kmem_cpus_lock held */
/* The same for one cache. */
void kmem_cpu_flush_cache(struct kmem_cpu *cpu, struct kmem_cache *s);
/*
 * The same for slots not used since the last call, and for those whose cache was
 * shrunk since.
 */
void kmem_cpu_flush_idle(struct kmem_cpu *cpu);
unsigned long kmem_cpu_count(struct kmem_cpu *cpu, const struct kmem_cache *s);
void kmem_cpu_check(const struct kmem_cpu *cpu);

/* ---- far.c --------------------------------------------------------------- */

/* Makes the far slot of a cache be there. Returns 0 or -ENOMEM. The owner. */
int kmem_far_add(struct kmem_cpu *cpu, const struct kmem_cache *s);
/*
 * A cache with a class, and no slab yet: each of its calls takes the slow path
 * from here on. Its slot becomes the far slot of the same number; other caches
 * must have none.
 */
void kmem_cache_hide(struct kmem_cache *s);

/* ---- barn.c -------------------------------------------------------------- */

struct slab_sheaf *sheaf_alloc(struct kmem_cache *s);
void sheaf_free(struct slab_sheaf *sheaf);
/* A full sheaf for an empty one (may be NULL); NULL: none, nothing taken. */
struct slab_sheaf *barn_get_full(struct kmem_cache *s,
				 struct slab_sheaf *empty);
bool barn_has_room(struct kmem_cache *s); /* a hint */
/* 0: taken. -E2BIG: the barn has enough. */
int barn_put_full(struct kmem_cache *s, struct slab_sheaf *full);
struct slab_sheaf *barn_get_empty(struct kmem_cache *s);
/* An empty sheaf from the barn or a new one; NULL: no memory. */
struct slab_sheaf *sheaf_get(struct kmem_cache *s);
void barn_put_empty(struct kmem_cache *s, struct slab_sheaf *empty);
void barn_shrink(struct kmem_cache *s, unsigned int flags);
unsigned long barn_count(struct kmem_cache *s); /* objects in full sheaves */
void barn_check(struct kmem_cache *s);

/* ---- cpu.c --------------------------------------------------------------- */

extern spinlock_t kmem_cpus_lock;
/* This thread's table; NULL if it can have none (it is ending, no memory). */
struct kmem_cpu *kmem_cpu_get(void);
/* For a thread whose variables are still empty: let every cursor miss. */
void kmem_cpu_early(void);
/* The same if it has one already; takes no memory. */
struct kmem_cpu *kmem_cpu_here(void);
/*
 * The same table out of sight, so that every cursor misses: no nested call can
 * move one that an interrupted fast path has in its registers. And back.
 */
struct kmem_cpu *kmem_cpu_put_aside(void);
void kmem_cpu_put_back(struct kmem_cpu *cpu);
void kmem_cpu_serve(struct kmem_cpu *cpu); /* do what others asked for */
void kmem_cpus_request(void); /* ask every owner to flush idle slots */
unsigned long kmem_cpus_count(const struct kmem_cache *s); /* racy */
/* Empty the sheaves of a cache that nobody uses any more, everywhere. */
void kmem_cpus_flush_cache(struct kmem_cache *s);
/* Does the stack of any owner lie in [start, end)? */
bool kmem_cpus_stack_in(uintptr_t start, uintptr_t end);
unsigned int kmem_cpus_number(void);
unsigned long kmem_cpus_pages(void); /* in their tables, without far slots */
void kmem_cpus_fork_child(void); /* adopt what lost threads held */
/* Fork left threads behind: what they had in motion is counted, and nowhere. */
extern bool kmem_threads_lost;

/* ---- cache.c ------------------------------------------------------------- */

extern struct list_head slab_caches; /* slab_mutex */
extern struct list_head slab_dead; /* slab_mutex: destroyed, objects are out */
extern spinlock_t slab_mutex;

/* Backends beside the default that a cache may ask for; before kmem_init(). */
void kmem_backend(const struct slab_ops *ops);
/* 0, or -errno; called again after that, it goes on where it failed. */
int kmem_init(const struct slab_ops *ops, unsigned int nr_slots);

/* How far the start has come: which caches there are. */
enum {
	DOWN, /* none */
	PARTIAL, /* kmem_cache */
	PARTIAL_NODE, /* kmem_cache_node: caches can be created */
	UP, /* kmalloc */
	FULL /* all, and km_boot() has ended */
};
extern u8 slab_state; /* constant after init */
/* A cache in static storage, for the layers themselves. 0 or -ENOMEM. */
struct kmem_cache_boot {
	unsigned int align; /* 0: 8 */
	unsigned int class; /* frame index and cursor slot; 0: no sheaves */
	unsigned int max_order; /* of its slabs; 0: the backend's */
	unsigned int min_objects; /* in a slab, SLUB; 0: by the number of CPUs */
	unsigned int sheaf_capacity; /* at least; 0: by the object's size */
	unsigned int usersize; /* bytes of it that user copies may touch */
	slab_flags_t flags;
};
/* A static cache, zero before: 0, also if it is there already, or -errno. */
int kmem_cache_init(struct kmem_cache *s, const char *name, unsigned int size,
		    const struct kmem_cache_boot *boot);
/* Objects that nobody uses, but which are out of the slabs; racy. */
unsigned long kmem_cache_cached(struct kmem_cache *s);
/* Is this, of that length, its name or one of its aliases? slab_mutex. */
bool kmem_cache_has_name(const struct kmem_cache *s, const char *name,
			 size_t len);
/* May no other cache be merged with it? Then its name is its own. */
bool slab_unmergeable(const struct kmem_cache *s);
/* Take every lock of this layer and the backend, in rank order. */
void kmem_fork_take(void);
void kmem_fork_release(void);
/* Caches, barns and owners give up what they do not use. */
void kmem_reclaim(unsigned int flags);

/* ---- account.c ----------------------------------------------------------- */

/* A block that is nobody else's is a slab of so many objects from here on. */
void account_slab(struct kmem_cache *s, struct page *page,
		  unsigned long objects);
/* What a slab wrote into its head page, or was about to, is undone. */
void slab_page_restore(struct page *page);
/* It is a block as alloc_pages() gave it again, for kmem_free_slab(). */
void unaccount_slab(struct kmem_cache *s, struct page *page,
		    unsigned long objects);

/* ---- order.c: boot parameters ---------------------------------------------- */

extern int slab_max_order; /* -1: not said */
extern unsigned int slab_min_order;
extern unsigned int slab_min_objects; /* 0: not said */

/* ---- rcu.c --------------------------------------------------------------- */

/* The block of what was a slab goes back; for a cache that is
 * SLAB_TYPESAFE_BY_RCU after a grace period. */
void kmem_free_slab(struct kmem_cache *s, struct page *page);
/* Keep the object until a grace period has passed: true; false: do it yourself.
 * kmem_rcu->prepare() came before. No lock held. */
bool __kfree_rcu_sheaf(struct kmem_cache *s, void *obj);
/* What is in sheaves for RCU begins to wait, full or not. No lock held. */
void flush_all_rcu_sheaves(void);

/* ---- slabinfo.c ---------------------------------------------------------- */

struct seq_file;
int slabinfo_show(struct seq_file *m, const char *path); /* core/proc.h */
int slabinfo_write(const char *path, const char *text);

/* The other cache that obj is an object of; NULL: of s, or of none. */
struct kmem_cache *kmem_other_cache(const struct kmem_cache *s,
				    const void *obj);
/* An object of `owner` came back to s: a line, and to its slab. */
void kmem_free_to_owner(const struct kmem_cache *s, struct kmem_cache *owner,
			void *obj);
/* One line and abort: an object that is not one came back. */
__attribute__((noreturn)) void
kmem_bad_object(const struct kmem_cache *s, const void *obj, const char *what);
__attribute__((noreturn)) void kmem_double_free(const struct kmem_cache *s,
						const void *obj);

#endif
