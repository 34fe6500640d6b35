// SPDX-License-Identifier: MIT
/*
 * kmem/internal.h - what the files of src/kmem share with each other alone
 */
#ifndef KM_KMEM_INTERNAL_H
#define KM_KMEM_INTERNAL_H

#include "kmem/kmem.h"

extern struct kmem_cache cache_cache; /* struct kmem_cache */
extern struct kmem_cache node_cache; /* struct kmem_cache_node */
extern struct kmem_cache cpu_cache; /* arrays of kmem_cache_cpu */
extern struct kmem_cache stat_cache; /* arrays of kmem_cache_stat */
extern struct kmem_cache name_cache; /* short names of caches */
#define NAME_CACHE_SIZE 64

/* ---- cache.c ------------------------------------------------------------- */

/*
 * Returns the backend that the flags ask for, or else the default. NULL: this
 * library does not have it.
 */
const struct slab_ops *choose_backend(slab_flags_t flags);
/* Sets the default backend. Returns false if there is one already. */
bool kmem_set_backend(const struct slab_ops *ops);
/* Returns the bytes of a CPU's part of a cache, enough for any backend. */
size_t kmem_backend_cpu_size(void);
/* Sets up the locks of a cache's part for a node. */
void kmem_init_node(struct kmem_cache_node *n);
/* Fills in a cache from its arguments, before setup(). */
void kmem_fill_in(struct kmem_cache *s, const char *name, unsigned int size,
		  unsigned int align, slab_flags_t flags);
/* Puts a cache on slab_caches. */
void kmem_list_cache(struct kmem_cache *s);

/* ---- boot.c -------------------------------------------------------------- */

/*
 * Returns zeroed memory that is never freed, for use before there are caches,
 * or NULL. kmem_class_lock is held, or one thread starts the engine.
 */
void *kmem_boot_alloc(size_t size);

/* ---- create.c ------------------------------------------------------------ */

/* Frees a cache that has no slab any more. */
void kmem_cache_release(struct kmem_cache *s);
/* ---- slot.c -------------------------------------------------------------- */

/*
 * Gives a cache with a sheaf_capacity a slot, or else no sheaves. No lock held.
 */
void kmem_take_slot(struct kmem_cache *s);
/* Frees the slot of a cache for the next one; slab_mutex held. */
void __kmem_put_slot(struct kmem_cache *s);

/* ---- late.c -------------------------------------------------------------- */

/*
 * Takes the sheaves of a cache that is being made until kmem_start_sheaves(),
 * and returns true, if that is still to come for its backend.
 */
bool kmem_hold_sheaves(struct kmem_cache *s);

/* ---- name.c -------------------------------------------------------------- */

/* Returns a block with a copy of a name `before` bytes into it, or NULL. */
void *kmem_name_alloc(const char *name, size_t before);
/* Frees such a block. */
void kmem_name_free(void *block, const char *name, size_t before);

/* ---- merge.c ------------------------------------------------------------- */

/*
 * Looks for a cache that can serve in place of a new one. Returns it, with one
 * more reference and the name noted, or NULL. *err is -ENOMEM if the name could
 * not be noted, else 0.
 */
struct kmem_cache *kmem_cache_alias(const char *name, unsigned int size,
				    const struct kmem_cache_args *args,
				    slab_flags_t flags, int *err);
/* Frees the further names of a cache. */
void kmem_cache_free_aliases(struct kmem_cache *s);

/* ---- far.c --------------------------------------------------------------- */

/* Returns a far slot that no cache has, or 0; slab_mutex held. */
u32 __kmem_far_take(void);
/* Frees a far slot; slab_mutex held. */
void __kmem_far_put(u32 far);
/* Makes room for more far slots. Returns 0 or -ENOMEM. No lock held. */
int kmem_far_more(void);
/* Returns true if a far slot of an owner has a main or a spare; racy. */
bool kmem_far_any(const struct kmem_owner *owner);
/* Forgets what the far slots of an owner hold. */
void kmem_far_clear(struct kmem_owner *owner);
/* Frees the empty far slots of an owner; kmem_owners_lock held. */
void __kmem_far_free(struct kmem_owner *owner);

/* ---- sheaf_block.c ------------------------------------------------------- */

/*
 * Returns an empty sheaf for `capacity` objects, at most SHEAF_MAX_CAPACITY, or
 * NULL.
 */
struct slab_sheaf *sheaf_alloc_sized(struct kmem_cache *s, u32 capacity);
/* Frees the objects of a sheaf to their slabs. */
void flush_sheaf(struct kmem_cache *s, struct slab_sheaf *sheaf);

/* ---- barn.c -------------------------------------------------------------- */

/* Returns the barn that this CPU puts sheaves into. */
struct node_barn *barn_here(struct kmem_cache *s);

/*
 * Counts the full sheaves in all barns of a node. If there are none,
 * barn_get_full() looks at no barn.
 */
static inline void barn_count_full(struct kmem_cache_node *n, int nr)
{
	__atomic_add_fetch(&n->full_sheaves, (u32)nr, __ATOMIC_RELAXED);
}

/* ---- barn_rcu.c ---------------------------------------------------------- */

/*
 * Lets the barn's sheaf for RCU, if any, begin to wait for a grace period.
 */
void barn_flush_rcu(struct node_barn *barn);
/*
 * Lets a sheaf for RCU that is in no barn wait for a grace period. After that
 * its objects are free.
 */
void sheaf_call_rcu(struct slab_sheaf *sheaf);

/* ---- barn_check.c -------------------------------------------------------- */

/* Lock and unlock the barns of a cache around fork(). */
void barn_fork_take(struct kmem_cache *s);
void barn_fork_release(struct kmem_cache *s);

/* ---- owner.c ------------------------------------------------------------- */

extern struct list_head kmem_owners; /* kmem_owners_lock */
extern unsigned int kmem_nr_owners; /* kmem_owners_lock; read without, too */
extern unsigned long kmem_requests; /* atomic: counts calls to flush */
extern u32 kmem_exit_key; /* constant after init */

/* ---- percpu=rseq: cpu_owner.c -------------------------------------------- */

/* Of each CPU; it stays. NULL: none yet. kmem_owners_lock; atomic. */
extern struct kmem_owner *kmem_cpu_table[KMEM_CPUS];
extern unsigned int kmem_nr_cpu_tables; /* kmem_owners_lock; read without */

#define for_each_cpu_table(cpu, table)              \
	for ((cpu) = 0; (cpu) < KMEM_CPUS; (cpu)++) \
		if (((table) = kmem_cpu_table[(cpu)]))

/* Returns true if the table, or the hand, is this thread's. */
static inline bool kmem_owner_is_mine(const struct kmem_owner *owner)
{
	return READ_ONCE(owner->thread) == __builtin_thread_pointer();
}

/* Returns true if another thread with a table is inside (inside.h). */
bool kmem_owners_anyone_inside(void);
/* Lets the thread exit hook run for this thread, if it has a table. */
void kmem_owner_set_key(void);
/* Lock and unlock kmem_owners_lock around fork(). */
void kmem_owners_fork_take(void);
void kmem_owners_fork_release(void);

/* ---- region_map.c -------------------------------------------------------- */

extern spinlock_t region_lock;

/* ---- thread.c ------------------------------------------------------------ */

/* Registers the thread exit hook. */
void kmem_owners_init(void);
/* Returns an empty table, or NULL. */
struct kmem_owner *kmem_table_alloc(void);
void kmem_table_free(struct kmem_owner *table);
/* Forgets what a table holds. */
void kmem_table_clear(struct kmem_owner *table);

/* ---- shrink.c ------------------------------------------------------------ */

/* Registers the shrinker and the report for lack of memory. */
void kmem_shrinker_init(void);

#endif
