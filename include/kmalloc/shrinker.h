/* SPDX-License-Identifier: MIT */
/*
 * kmalloc/shrinker.h - functions of the program that give memory up when it is
 * short
 *
 *	s = shrinker_alloc(0, "my-cache");
 *	s->count_objects = ...;		how much is there to give up?
 *	s->scan_objects = ...;		give up sc->nr_to_scan of it
 *	shrinker_register(s);
 *
 * Both functions are called by any thread that needs memory, or by kswapd, with
 * no lock of this library held. Two threads may be in them at once. They may
 * free memory of every kind, and allocate a little: their requests use the
 * reserves and do not reclaim again. They must not wait for a lock under which
 * the program allocates with flags that allow a call of this shrinker.
 *
 * Source: Linux v6.12 include/linux/shrinker.h for names and behaviour.
 */
#ifndef KMALLOC_SHRINKER_H
#define KMALLOC_SHRINKER_H

#include <kmalloc/gfp.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

struct mem_cgroup;

struct shrink_control {
	gfp_t gfp_mask; /* of the request that needs memory */
	int nid; /* node to free on, if SHRINKER_NUMA_AWARE */
	unsigned long nr_to_scan; /* objects */
	unsigned long nr_scanned; /* objects visited; nr_to_scan unless set */
	struct mem_cgroup *memcg; /* always NULL */
};

#define SHRINK_STOP (~0ul) /* from scan: stop calling it */
#define SHRINK_EMPTY (~0ul - 1) /* from count: nothing at all, as 0 */

#define DEFAULT_SEEKS 2 /* cost of making an object again */

/* flags */
#define SHRINKER_NUMA_AWARE 0x04u /* uses nid */
#define SHRINKER_MEMCG_AWARE 0x08u /* accepted: there is one group */
#define SHRINKER_NONSLAB 0x10u /* accepted */
/*
 * libkmalloc's own: call it only for requests with __GFP_IO, or with __GFP_FS.
 */
#define KM_SHRINKER_IO 0x10000u
#define KM_SHRINKER_FS 0x20000u

struct shrinker {
	/*
	 * Returns how many objects could be given up: 0 or SHRINK_EMPTY if
	 * none.
	 */
	unsigned long (*count_objects)(struct shrinker *s,
				       struct shrink_control *sc);
	/*
	 * Gives up to sc->nr_to_scan objects up. Returns how many, or
	 * SHRINK_STOP.
	 */
	unsigned long (*scan_objects)(struct shrinker *s,
				      struct shrink_control *sc);
	long batch; /* objects at a time; 0: 128 */
	int seeks; /* 0: half of all goes at once */
	unsigned int flags;
	void *private_data; /* the program's */
	/* the library's */
	const char *name;
	struct shrinker *next;
	unsigned int users;
	unsigned long nr_deferred[8];
};

/*
 * Returns a shrinker with seeks 2, not registered yet, or NULL if there is no
 * memory. Its name is in the format of printf, at most 63 bytes. It takes one
 * page.
 */
struct shrinker *shrinker_alloc(unsigned int flags, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/*
 * Registers a shrinker whose two functions are set: reclaim calls it from now
 * on.
 */
void shrinker_register(struct shrinker *s);
/*
 * Unregisters and frees a shrinker. No thread is in its functions when this
 * returns, so it must not be called from one of them. Does nothing if s is
 * NULL.
 */
void shrinker_free(struct shrinker *s);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
