// SPDX-License-Identifier: MIT
/*
 * kmem/cache.h - the lists of caches, and what every cache begins with
 */
#ifndef KM_KMEM_CACHE_H
#define KM_KMEM_CACHE_H

#include "kmem/kmem.h"
#include "kmem/slab_ops.h"

/* How far the start has come: the caches that exist. */
enum {
	DOWN, /* none */
	PARTIAL, /* kmem_cache */
	PARTIAL_NODE, /* and kmem_cache_node: caches can be created */
	UP, /* and kmalloc's */
	FULL /* all, and km_boot() has ended */
};
extern u8 slab_state; /* constant after init */

extern struct list_head slab_caches; /* slab_mutex */
extern struct list_head slab_dead; /* slab_mutex: destroyed, objects in use */
/* The lists of caches, their names and their slots. */
extern spinlock_t slab_mutex;
/* Adds a backend that a cache may ask for; called before kmem_init(). */
void kmem_backend(const struct slab_ops *ops);
/* Returns the objects of a sheaf: by object size, or as the cache asks. */
unsigned int sheaf_capacity(const struct kmem_cache *s);
/*
 * Returns the cache of obj if that is another than s; NULL if obj is of s, or
 * is no object.
 */
struct kmem_cache *kmem_other_cache(const struct kmem_cache *s,
				    const void *obj);
/* Prints one line about a free of obj, which is no object, and aborts. */
__attribute__((noreturn)) void
kmem_bad_object(const struct kmem_cache *s, const void *obj, const char *what);
/* The same for an object that is free already. */
__attribute__((noreturn)) void kmem_double_free(const struct kmem_cache *s,
						const void *obj);

#endif
