// SPDX-License-Identifier: MIT
/*
 * slab/internal.h - shared by the files of this layer alone
 *
 * Invariants, all of them proven by slab_check() in check.c:
 *	L1  active == 0 <=> on slabs_free; active == num <=> on slabs_full;
 *	    every other slab is on slabs_partial
 *	L2  places active .. num-1 of the freelist name distinct objects, and
 *	    free_map has a bit for each of these, if num <= FREE_MAP_BITS
 *	L3  free_objects is the sum of num - active; total_slabs and free_slabs
 *	    count what is on the lists, in_use the objects out of these slabs.
 *	    nr_slabs may have more: slabs on their way, also those that were
 *	    some other thread's when the process was forked
 *	L4  s_mem is a multiple of colour_off into the slab, and the last
 *	    object ends in it, before the freelist if that is on the slab
 *	L5  shared and alien arrays hold objects of slabs, at most limit;
 *	    shared_limit and shared_room are as the shared array says
 */
#ifndef KM_SLAB_INTERNAL_H
#define KM_SLAB_INTERNAL_H

#include "kmem/sheaf.h"
#include "slab/slab.h"

#define BATCHREFILL_LIMIT 16U /* of an array that was not touched */
#define REAPTIMEOUT_AC 2000U /* ms between two looks at an owner's array */
#define REAPTIMEOUT_NODE 4000UL /* the same for what a node has */

/* ---- slabs --------------------------------------------------------------- */

static inline struct page *slab_page(const struct slab *slab)
{
	return (struct page *)(uintptr_t)slab;
}

static inline char *slab_address(const struct slab *slab)
{
	return page_to_virt(slab_page(slab));
}

/* The slab that holds an address, or NULL if none does. */
static inline struct slab *virt_to_slab(const void *obj)
{
	unsigned long pfn = virt_to_pfn(obj);
	unsigned int index, order;

	if (unlikely(pfn >= arena_bound()))
		return NULL;
	index = arena_index[pfn];
	if (unlikely(!index))
		return NULL;
	order = index >= INDEX_OTHER ? index - INDEX_OTHER :
				       kmem_classes[index]->gfporder;
	return (struct slab *)pfn_to_page(pfn & ~((1UL << order) - 1));
}

static inline void *index_to_obj(const struct kmem_cache *s,
				 const struct slab *slab, unsigned int index)
{
	return (char *)slab->s_mem + (unsigned long)index * s->size;
}

static inline unsigned int obj_to_index(const struct kmem_cache *s,
					const struct slab *slab,
					const void *obj)
{
	u32 offset = (u32)((const char *)obj - (const char *)slab->s_mem);

	return reciprocal_divide(offset, s->reciprocal_buffer_size);
}

static inline struct kmem_cache_node *slab_node(const struct slab *slab)
{
	return get_node(slab->slab_cache, slab->node_id);
}

static inline void stat_add(unsigned long *counter, unsigned long nr)
{
	__atomic_add_fetch(counter, nr, __ATOMIC_RELAXED);
}

static inline void stat_sub(unsigned long *counter, unsigned long nr)
{
	stat_add(counter, -nr);
}

/* ---- geometry.c ---------------------------------------------------------- */

int slab_setup(struct kmem_cache *s);
unsigned int slab_free_limit(const struct kmem_cache *s);

/* ---- grow.c -------------------------------------------------------------- */

/* A new slab on no list, active 0; NULL: no memory. No lock is held. */
struct slab *cache_grow(struct kmem_cache *s, gfp_t gfp, int node);
/* Its pages go back; it is on no list. No lock is held. */
void slab_destroy(struct kmem_cache *s, struct slab *slab);
/* The same for a list of them. */
void slabs_destroy(struct kmem_cache *s, struct list_head *list);

/* ---- refill.c ------------------------------------------------------------ */

unsigned int slab_refill(struct kmem_cache *s, gfp_t gfp, int node, void **objs,
			 unsigned int nr);
/* Up to nr objects that a node has already: how many. */
unsigned int slab_alloc_there(struct kmem_cache *s, int node, void **objs,
			      unsigned int nr);
/* A new slab, of which objects may have been taken, goes on its list. */
void cache_grow_end(struct kmem_cache *s, struct slab *slab);
/* A slab goes on the list that its active says; it is on none. list_lock. */
void fixup_slab_list(struct kmem_cache *s, struct kmem_cache_node *n,
		     struct slab *slab);

/* ---- flush.c ------------------------------------------------------------- */

void slab_flush(struct kmem_cache *s, void **objs, unsigned int nr);
int slab_verify(struct kmem_cache *s, void **objs, unsigned int nr);
bool slab_index_is_free(const struct kmem_cache *s, const struct slab *slab,
			unsigned int index);
/* One proven object in use becomes free; slabs that are too many, into list. */
void __slab_put(struct kmem_cache *s, struct slab *slab, unsigned int index,
		struct list_head *list);
/* The slab that an object of s starts in; NULL: it is of another cache, or none. */
struct slab *slab_of_object(struct kmem_cache *s, const void *obj);
/* The slab of an object of s, and its number there; else one line and abort. */
struct slab *object_slab(struct kmem_cache *s, const void *obj,
			 unsigned int *index);

/* ---- array.c ------------------------------------------------------------- */

int cache_alloc_refill(struct kmem_cpu *cpu, struct kmem_cache *s, gfp_t gfp);
int cache_flusharray(struct kmem_cpu *cpu, struct kmem_cache *s);
/* This owner's array_cache; NULL if it has none yet. */
struct array_cache *cpu_cache_get(struct kmem_cpu *cpu,
				  const struct kmem_cache *s);
/*
 * An owner's array out of its slot, with the limits of today; a new one if
 * there is none. NULL: no memory. main_set() puts it back.
 */
struct array_cache *cpu_cache_take(struct kmem_cpu *cpu, struct kmem_cache *s);
/* The oldest nr objects of an array that is out of its slot leave it. */
void ac_drop_oldest(struct array_cache *ac, unsigned int nr);

static inline struct slab_sheaf *ac_sheaf(struct array_cache *ac)
{
	return (struct slab_sheaf *)ac;
}

/* An array that others reach too, under its lock: the newest is the last. */
static inline void ac_put_obj(struct array_cache *ac, void *obj)
{
	ac->entry[ac->avail++] = obj;
}

static inline void *ac_get_obj(struct array_cache *ac)
{
	return ac->entry[--ac->avail];
}

/* ---- shared.c ------------------------------------------------------------ */

/* Up to nr objects from one array to another's end; returns how many. */
unsigned int transfer_objects(void **to, struct array_cache *from,
			      unsigned int nr);
/* As many of objs[0..nr) as the node's shared array takes: how many. */
unsigned int shared_put(struct kmem_cache *s, struct kmem_cache_node *n,
			void **objs, unsigned int nr);
/* The oldest nr of its objects go to the slabs. */
void shared_drain(struct kmem_cache *s, struct kmem_cache_node *n,
		  unsigned int nr);
/* All of them do, and its memory goes back. */
void shared_free(struct kmem_cache *s, struct kmem_cache_node *n);
unsigned int shared_avail(struct kmem_cache_node *n);
void __shared_note(struct kmem_cache_node *n); /* its array has changed */

/* ---- alien.c ------------------------------------------------------------- */

/* Objects, most of them of other nodes, were freed here; each is proven. */
void cache_free_alien(struct kmem_cache *s, void **objs, unsigned int nr);
/* Those that wait on a node go to their slabs. */
void drain_alien_cache(struct kmem_cache *s, struct kmem_cache_node *n);
void free_alien_cache(struct kmem_cache_node *n); /* empty, and unused */
unsigned int alien_avail(struct kmem_cache_node *n);
void alien_fork_take(struct kmem_cache_node *n);
void alien_fork_release(struct kmem_cache_node *n);

/* ---- reap.c -------------------------------------------------------------- */

void cache_reap_array(struct kmem_cpu *cpu, struct kmem_cache *s);
void cache_reap(struct kmem_cache *s);
/* How many objects a look at an untouched array takes out of it. */
unsigned int drain_count(unsigned int limit, unsigned int avail);
/* Up to `tofree` slabs of slabs_free, the oldest first, go back. */
void drain_freelist(struct kmem_cache *s, struct kmem_cache_node *n,
		    unsigned long tofree);
/* The same slabs leave the lists, for slabs_destroy(). */
void __take_free_slabs(struct kmem_cache *s, struct kmem_cache_node *n,
		       unsigned long nr, struct list_head *list);

/* ---- node.c -------------------------------------------------------------- */

void slab_fork_take(struct kmem_cache *s);
void slab_fork_release(struct kmem_cache *s);
void *slab_object_of(struct kmem_cache *s, const void *addr);
void slab_get_slabinfo(struct kmem_cache *s, struct slabinfo *sinfo);
/* Say which objects of a slab are in use. */
void slab_list_objects(struct kmem_cache *s, struct page *page);

/* ---- tunables.c ---------------------------------------------------------- */

int do_tune_cpucache(struct kmem_cache *s, int limit, int batchcount,
		     int shared);

#endif
