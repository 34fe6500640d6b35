// SPDX-License-Identifier: MIT
/*
 * kmem/debug.h - slab_debug: what both backends share of it
 *
 *	slab_debug=FZPU,malloc-64;-		slab_debug, when a cache is made
 *	        |
 *	        v  flags of the cache
 *	kmem_cache_alloc() -> guard.c: who asks? -> slab_ops.debug_alloc()
 *	kmem_cache_free()  ->          "         -> slab_ops.debug_free()
 *	validate_slab_cache() --------------------> slab_ops.validate()
 *	                                              |
 *	                 slab_bug(), print_track() <--' what they say
 *
 * A cache with debug flags has no sheaves, and its slabs are never found by
 * the fast path: each allocation and free comes to the backend, one by one,
 * and is checked there. What a cache without flags does is not touched.
 *
 * Errors are counted in the cache, fixes too, as the kernel's tests count them.
 * A test may have them counted instead of said: slab_kunit_errors.
 *
 * Locking	kmem_cache.debug_lock (rank LOCK_SLAB_DEBUG) holds each cache
 *		together. Who asks is found out before it is taken, since a
 *		stack is never walked while a lock is held.
 * Source	Linux v6.12 mm/slub.c (docs/kernel.md D1-D5)
 */
#ifndef KM_KMEM_DEBUG_H
#define KM_KMEM_DEBUG_H

#include "core/hexdump.h"
#include "core/stackdepot.h"
#include "kmem/kmem.h"

/* The flags that make a cache one with debugging. */
#define SLAB_DEBUG_FLAGS                                         \
	(SLAB_CONSISTENCY_CHECKS | SLAB_RED_ZONE | SLAB_POISON | \
	 SLAB_STORE_USER | SLAB_TRACE)
/* Those of them that need room beside the object. */
#define DEBUG_METADATA_FLAGS (SLAB_RED_ZONE | SLAB_POISON | SLAB_STORE_USER)
#define DEBUG_DEFAULT_FLAGS                                      \
	(SLAB_CONSISTENCY_CHECKS | SLAB_RED_ZONE | SLAB_POISON | \
	 SLAB_STORE_USER)

/* What bytes mean: red zones of free objects and of others, poison. */
#define SLUB_RED_INACTIVE 0xbb
#define SLUB_RED_ACTIVE 0xcc
#define POISON_INUSE 0x5a /* never handed out, and padding */
#define POISON_FREE 0x6b
#define POISON_END 0xa5 /* the last byte of a free object */

/* Who allocated or freed an object; in its metadata. */
struct track {
	unsigned long addr; /* where the call returns to; 0: nobody yet */
	depot_stack_handle_t handle; /* the stack; 0: not known */
	int cpu;
	int pid; /* of the thread */
	unsigned long when; /* ms, os_now_ms() */
};

enum track_item { TRACK_ALLOC, TRACK_FREE };

#define TRACK_ADDRS_COUNT 16

/* Who asks for something now. */
struct slab_caller {
	struct track track;
	unsigned int nr;
	unsigned long entries[TRACK_ADDRS_COUNT];
};

/* ---- debug_flags.c ---------------------------------------------------------- */

/* The flags of a new cache: its own, and those of slab_debug= that fit. */
slab_flags_t kmem_cache_flags(slab_flags_t flags, const char *name);
/* slab_debug=O: no metadata where a slab would have to be larger for it. */
extern u8 disable_higher_order_debug;

/* Does the cache keep the size that was asked for? kmalloc caches with U do. */
static inline bool slub_debug_orig_size(const struct kmem_cache *s)
{
	return (s->flags & SLAB_STORE_USER) && (s->flags & SLAB_KMALLOC);
}

static inline bool kmem_cache_debug_flags(const struct kmem_cache *s,
					  slab_flags_t flags)
{
	return s->flags & flags;
}

/* ---- debug_report.c: no lock above LOCK_SLAB_DEBUG is held -------------------- */

/* The stack and the rest of it, for this cache's flags. No lock is held. */
void slab_caller_init(struct slab_caller *who, const struct kmem_cache *s,
		      uintptr_t caller);
/* Count an error or a fix of s: true if it is not to be said. */
bool slab_add_kunit_errors(struct kmem_cache *s);
/* The head of a report, the line "BUG name (taint): ...". */
void slab_bug(const struct kmem_cache *s, const char *fmt, ...);
/* "FIX name: ..."; counted, and said unless a test counts. */
void slab_fix(struct kmem_cache *s, const char *fmt, ...);
/* "Allocated in ..." or "Freed in ..." with its stack; nothing if nobody did. */
void print_track(const char *what, const struct track *t);
/* The end of a report: who came across it; the process is tainted. */
void slab_bug_end(const struct slab_caller *who);

/* What was freed is in no slab at all. */
void slab_bad_free(struct kmem_cache *s, const void *obj,
		   const struct slab_caller *who);

/* Not NULL: errors are counted here and nothing is printed. For tests. */
extern unsigned int *slab_kunit_errors;

/* ---- guard.c ------------------------------------------------------------------ */

/* kmem_cache.guard: what is to happen beside allocation */
#define GUARD_DEBUG 0x01 /* the backend's debug functions serve it */
#define GUARD_FAIL 0x02 /* failslab is asked */
#define GUARD_INIT_ALLOC 0x04 /* init_on_alloc */
#define GUARD_INIT_FREE 0x08 /* init_on_free */
#define GUARD_MISS 0x10 /* no more: whoever calls asks failslab by itself */
#define GUARD_PERTURB 0x20 /* filled with kmem_perturb; may come and go */

/*
 * MALLOC_PERTURB_: objects hold this byte when they have been freed, and its
 * complement when they are handed out. Relaxed.
 */
extern u8 kmem_perturb __hidden;

/* Decide what guards a cache that its backend has set up. */
void kmem_guard_init(struct kmem_cache *s);
/* Of a new cache: its users ask failslab themselves, once for each call. */
void kmem_guard_asks(struct kmem_cache *s);
/* The slow paths of a guarded cache. */
void *kmem_guard_alloc(struct kmem_cache *s, gfp_t gfp, int node,
		       size_t orig_size, uintptr_t caller);
void kmem_guard_free(struct kmem_cache *s, void *obj, uintptr_t caller);

/*
 * The owner resizes an object in place, to at most object_size: 0; -EINVAL: it
 * cannot stay, or was found damaged; -ENOENT: it is free, which was reported.
 */
int kmem_debug_resize(struct kmem_cache *s, void *obj, size_t size,
		      uintptr_t caller);
/*
 * Check every object and free list of a cache now, and mend what is broken: how
 * many errors and fixes there were; 0 for a cache without debugging.
 */
unsigned long validate_slab_cache(struct kmem_cache *s);
/* The same for all caches, when the process ends; from a destructor. */
void validate_slab_at_exit(void);

#endif
