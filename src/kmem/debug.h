// SPDX-License-Identifier: MIT
/*
 * kmem/debug.h - slab_debug: the parts that both backends share
 *
 *	slab_debug=FZPU,malloc-64;-		slab_debug, when a cache is made
 *	        |
 *	        v  flags of the cache
 *	kmem_cache_alloc() -> guard.c: caller -----> slab_ops.debug_alloc()
 *	kmem_cache_free()  -> direct.c:  "   -----> slab_ops.debug_free()
 *	validate_slab_cache() --------------------> slab_ops.validate()
 *	                                              |
 *	                 slab_bug(), print_track() <--' reports
 *
 * A cache with debug flags has no sheaves, and the fast path never finds its
 * slabs. So the backend serves each allocation and free, one by one, and checks
 * it. Caches without debug flags are not affected.
 *
 * Errors and fixes are counted in the cache, as the kernel's tests count them.
 * With slab_kunit_errors a test has them counted instead of printed.
 *
 * Locking	kmem_cache.debug_lock (rank LOCK_SLAB_DEBUG) guards each cache.
 *		The caller's stack is walked before it is taken, since no stack
 *		is walked while a lock is held.
 * Source	Linux v6.12 mm/slub.c (docs/kernel.md D1-D5)
 */
#ifndef KM_KMEM_DEBUG_H
#define KM_KMEM_DEBUG_H

#include "diag/hexdump.h"
#include "diag/unwind/stackdepot.h"
#include "kmem/kmem.h"

/* Each of these flags makes a cache one with debugging. */
#define SLAB_DEBUG_FLAGS                                         \
	(SLAB_CONSISTENCY_CHECKS | SLAB_RED_ZONE | SLAB_POISON | \
	 SLAB_STORE_USER | SLAB_TRACE)
/* The debug flags that need room beside the object. */
#define DEBUG_METADATA_FLAGS (SLAB_RED_ZONE | SLAB_POISON | SLAB_STORE_USER)
#define DEBUG_DEFAULT_FLAGS                                      \
	(SLAB_CONSISTENCY_CHECKS | SLAB_RED_ZONE | SLAB_POISON | \
	 SLAB_STORE_USER)

/* The bytes of red zones, of free objects and objects in use, and of poison. */
#define SLUB_RED_INACTIVE 0xbb
#define SLUB_RED_ACTIVE 0xcc
#define POISON_INUSE 0x5a /* new objects, and padding */
#define POISON_FREE 0x6b
#define POISON_END 0xa5 /* the last byte of a free object */

/* The call that allocated or freed an object; lies in the object's metadata. */
struct track {
	unsigned long addr; /* return address of the call; 0: none yet */
	depot_stack_handle_t handle; /* the stack; 0: not known */
	int cpu;
	int pid; /* of the thread */
	unsigned long when; /* ms, os_now_ms() */
};

enum track_item { TRACK_ALLOC, TRACK_FREE };

#define TRACK_ADDRS_COUNT 16

/* The call that is being served. */
struct slab_caller {
	struct track track;
	unsigned int nr;
	unsigned long entries[TRACK_ADDRS_COUNT];
};

/* ---- debug_flags.c ------------------------------------------------------- */

/* Returns the flags of a new cache: its own and those that slab_debug= adds. */
slab_flags_t kmem_cache_flags(slab_flags_t flags, const char *name);
/* slab_debug=O: no metadata if slabs would have to be larger for them. */
extern u8 disable_higher_order_debug;

/*
 * Returns true if the cache keeps requested sizes: a kmalloc cache with flag U.
 */
static inline bool slub_debug_orig_size(const struct kmem_cache *s)
{
	return (s->flags & SLAB_STORE_USER) && (s->flags & SLAB_KMALLOC);
}

static inline bool kmem_cache_debug_flags(const struct kmem_cache *s,
					  slab_flags_t flags)
{
	return s->flags & flags;
}

/* ---- debug_report.c: no lock above LOCK_SLAB_DEBUG is held --------------- */

/*
 * Fills in who: the call's return address, CPU, thread and time, and its stack
 * if the cache has debug flags. No lock is held.
 */
void slab_caller_init(struct slab_caller *who, const struct kmem_cache *s,
		      uintptr_t caller);
/* Counts an error or a fix of s. Returns true if it must not be printed. */
bool slab_add_kunit_errors(struct kmem_cache *s);
/* Prints the head of a report, with the line "BUG name (taint): ...". */
void slab_bug(const struct kmem_cache *s, const char *fmt, ...);
/* Counts a fix and prints "FIX name: ..." unless a test counts. */
void slab_fix(struct kmem_cache *s, const char *fmt, ...);
/*
 * Prints "Allocated in ..." or "Freed in ..." with the stack; nothing if t is
 * empty.
 */
void print_track(const char *what, const struct track *t);
/* Prints the end of a report, the caller's stack, and taints the process. */
void slab_bug_end(const struct slab_caller *who);

/* Reports that obj, which was freed, is in no slab. */
void slab_bad_free(struct kmem_cache *s, const void *obj,
		   const struct slab_caller *who);

/* For tests. If it is not NULL, errors are counted there and not printed. */
extern unsigned int *slab_kunit_errors;

#endif
