// SPDX-License-Identifier: MIT
/*
 * kmem/internal.h - shared by the files of this layer alone
 */
#ifndef KM_KMEM_INTERNAL_H
#define KM_KMEM_INTERNAL_H

#include "kmem/kmem.h"

extern struct kmem_cache sheaf_cache; /* the sheaves themselves */
extern struct kmem_cache cache_cache; /* struct kmem_cache */
extern struct kmem_cache node_cache; /* struct kmem_cache_node */
extern struct kmem_cache cpu_cache; /* arrays of kmem_cache_cpu */
extern struct kmem_cache stat_cache; /* arrays of kmem_cache_stat */
extern struct kmem_cache name_cache; /* short names of caches */
#define NAME_CACHE_SIZE 64

/* ---- cache.c --------------------------------------------------------------- */

/* The backend that the flags ask for, else the default; NULL: not here. */
const struct slab_ops *choose_backend(slab_flags_t flags);
void kmem_init_node(struct kmem_cache_node *n);
/* What the arguments say of a cache, before setup(). */
void kmem_fill_in(struct kmem_cache *s, const char *name, unsigned int size,
		  unsigned int align, slab_flags_t flags);
void kmem_list_cache(struct kmem_cache *s);

/* ---- sheaf.c --------------------------------------------------------------- */

/* Is an object's memory of another node than we are on? Then no sheaf has it. */
bool kmem_is_remote(const void *obj);
/* To their slabs, past the sheaves. */
void kmem_cache_free_direct(struct kmem_cache *s, void **objs, unsigned int nr);
/* The same for objects of other nodes; the backend may let them wait. */
void kmem_cache_free_remote(struct kmem_cache *s, void **objs, unsigned int nr);

/* ---- create.c -------------------------------------------------------------- */

void kmem_cache_release(struct kmem_cache *s); /* no slab is left */
/* Its slot goes to who creates a cache next; slab_mutex held. */
void __kmem_put_slot(struct kmem_cache *s);
/* A copy of a name, `before` bytes into a block of its own; NULL: no memory. */
void *kmem_name_alloc(const char *name, size_t before);
void kmem_name_free(void *block, const char *name, size_t before);

/* ---- far.c ----------------------------------------------------------------- */

/* Returns a far slot that no cache has, or 0; slab_mutex held. */
u32 __kmem_far_take(void);
void __kmem_far_put(u32 far); /* slab_mutex held */
/* Makes room for more far slots. Returns 0 or -ENOMEM. No lock held. */
int kmem_far_more(void);
/* Frees the far slots of an owner, which hold nothing; kmem_cpus_lock held. */
void __kmem_far_free(struct kmem_cpu *cpu);

/* ---- merge.c --------------------------------------------------------------- */

/*
 * A cache that can serve for one that is to be made, with one more reference
 * and the name noted; NULL: there is none. *err: -ENOMEM if there was one.
 */
struct kmem_cache *kmem_cache_alias(const char *name, unsigned int size,
				    const struct kmem_cache_args *args,
				    slab_flags_t flags, int *err);
void kmem_cache_free_aliases(struct kmem_cache *s);

/* ---- shrink.c -------------------------------------------------------------- */

void kmem_shrinker_init(void);

void kmem_cpus_init(void); /* the thread exit hook */
void kmem_cpus_fork_take(void);
void kmem_cpus_fork_release(void);

/* A sheaf for another number of objects than the cache's have; at most
 * SHEAF_MAX_CAPACITY. */
struct slab_sheaf *sheaf_alloc_sized(struct kmem_cache *s, u32 capacity);

/* The locks of a cache's barns, for the fork handlers. */
void barn_fork_take(struct kmem_cache *s);
void barn_fork_release(struct kmem_cache *s);

/* The barn that this CPU puts sheaves into. */
struct node_barn *barn_here(struct kmem_cache *s);
/* rcu.c: its sheaf for RCU begins to wait. */
void barn_flush_rcu(struct node_barn *barn);

/* Memory for ever, from before there are caches: zeroed, or NULL. */
void *kmem_boot_alloc(size_t size);

#endif
