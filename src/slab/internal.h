// SPDX-License-Identifier: MIT
/*
 * slab/internal.h - what the files of src/slab share with each other alone
 *
 * Invariants	SLAB1  active == 0 <=> on slabs_free; active == num <=> on
 *		       slabs_full; every other slab is on slabs_partial
 *		SLAB2  num - active objects are free: places active .. num-1 of
 *		       the freelist name them, and free_map has a bit for each;
 *		       or free_map and bytes of the freelist lead from one to
 *		       the next, if num > FREE_MAP_BITS (numbers.h)
 *		SLAB3  free_objects is the sum of num - active; total_slabs and
 *		       free_slabs count slabs on the lists; in_use counts the
 *		       objects out of these slabs. nr_slabs may be larger: it
 *		       also counts slabs that a thread has off the lists, or
 *		       had when the process was forked
 *		SLAB4  s_mem is a multiple of colour_off into the slab; the last
 *		       object ends inside the slab, and before the freelist if
 *		       that is on the slab
 *		SLAB5  shared and alien arrays hold objects of slabs, at most
 *		       limit, those of shared arrays marked as stored; a row
 *		       with objects has its bit in shared_rows
 *					(slab_check() checks all five)
 */
#ifndef KM_SLAB_INTERNAL_H
#define KM_SLAB_INTERNAL_H

#include <string.h>

#include "kmem/sheaf.h"
#include "kmem/slab_ops.h"
#include "slab/slab.h"

#define BATCHREFILL_LIMIT 16U /* of an array that was not touched */
#define REAPTIMEOUT_AC 2000U /* ms between two reaps of an owner's array */
#define REAPTIMEOUT_NODE 4000UL /* ms between two reaps of a node */

/* ---- slabs --------------------------------------------------------------- */

static inline struct page *desc_page(const struct slab_desc *slab)
{
	return (struct page *)(uintptr_t)slab;
}

static inline char *desc_address(const struct slab_desc *slab)
{
	return page_to_virt(desc_page(slab));
}

/* Returns the slab that holds an address, or NULL. */
static inline struct slab_desc *virt_to_desc(const void *obj)
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
	return (struct slab_desc *)pfn_to_page(pfn & ~((1UL << order) - 1));
}

static inline void *index_to_obj(const struct kmem_cache *s,
				 const struct slab_desc *slab,
				 unsigned int index)
{
	return (char *)slab->s_mem + (unsigned long)index * s->size;
}

/* The first bytes of a free object of a marked cache are malloc's. */
#define MARKED_FRONT 64U

/* Returns where the freelist lies in this object (FREELIST_OBJ). */
static inline freelist_idx_t *freelist_in(const struct kmem_cache *s,
					  const struct slab_desc *slab,
					  unsigned int index)
{
	return (freelist_idx_t *)index_to_obj(s, slab, index) +
	       (s->marked ? MARKED_FRONT : 0);
}

static inline unsigned int obj_to_index(const struct kmem_cache *s,
					const struct slab_desc *slab,
					const void *obj)
{
	u32 offset = (u32)((const char *)obj - (const char *)slab->s_mem);

	return reciprocal_divide(offset, s->reciprocal_buffer_size);
}

static inline struct kmem_cache_node *desc_node(const struct slab_desc *slab)
{
	return get_node(slab->slab_cache, slab->node_id);
}

/* ---- geometry.c ---------------------------------------------------------- */

/* Sets size, order and limits. Returns 0 or -EINVAL. */
int slab_set_geometry(struct kmem_cache *s);
/* Returns how many free objects a node keeps in its slabs. */
unsigned int slab_free_limit(const struct kmem_cache *s);

/* ---- grow.c -------------------------------------------------------------- */

/*
 * Returns a new slab, on no list and with active 0, or NULL if there is no
 * memory. No lock is held.
 */
struct slab_desc *cache_grow(struct kmem_cache *s, gfp_t gfp, int node);
/* Frees the pages of an empty slab that is on no list. No lock is held. */
void slab_destroy(struct kmem_cache *s, struct slab_desc *slab);
/* Frees the pages of all slabs on a list. No lock is held. */
void slabs_destroy(struct kmem_cache *s, struct list_head *list);

/* ---- refill.c ------------------------------------------------------------ */

/* slab_ops.refill: stores up to nr objects and returns how many. */
unsigned int slab_refill(struct kmem_cache *s, gfp_t gfp, int node, void **objs,
			 unsigned int nr);
/*
 * Stores up to nr objects of this node, and more of the last slab that these
 * came from, up to `room` in all. Returns how many.
 */
unsigned int slab_refill_array(struct kmem_cache *s, gfp_t gfp, void **objs,
			       unsigned int nr, unsigned int room);
/* Stores up to nr objects that a node has already. Returns how many. */
unsigned int slab_alloc_there(struct kmem_cache *s, int node, void **objs,
			      unsigned int nr);
/* Puts a new slab, of which objects may have been taken, on its list. */
void cache_grow_end(struct kmem_cache *s, struct slab_desc *slab);
/*
 * Puts a slab with objects in use, which is on no list, on slabs_partial or
 * slabs_full. list_lock is held.
 */
void fixup_slab_list(struct kmem_cache *s, struct kmem_cache_node *n,
		     struct slab_desc *slab);

/* ---- object.c ------------------------------------------------------------ */

/* slab_ops.verify: returns how many of the objects are of other caches. */
int slab_verify(struct kmem_cache *s, void **objs, unsigned int nr);
/*
 * Returns the slab of the object of s that starts at obj, or NULL if none does.
 */
struct slab_desc *desc_of_object(struct kmem_cache *s, const void *obj);
/*
 * Returns the slab of obj and stores obj's number in *index. Prints one line
 * and aborts if obj is not the start of an object of s.
 */
struct slab_desc *checked_desc(struct kmem_cache *s, const void *obj,
			       unsigned int *index);
/* End the program: obj is no object of s, or lies inside one. */
__attribute__((noreturn)) void no_object(const struct kmem_cache *s,
					 const void *obj);
__attribute__((noreturn)) void bad_start(const struct kmem_cache *s,
					 const void *obj);

/* ---- used.c -------------------------------------------------------------- */

/* slab_ops.slab_of_used: returns the slab of an object in use, or NULL. */
struct page *slab_of_used(struct kmem_cache *s, const void *obj);
/* slab_ops.slab_used: returns how many objects of a slab are in use. */
unsigned int slab_used(const struct page *page);
/* slab_ops.drop_slab: frees a slab whose objects in use are the caller's. */
bool slab_drop(struct kmem_cache *s, struct page *page, unsigned int nr);

/* ---- stored.c ------------------------------------------------------------ */

/*
 * Checks objects that go to a shared array, and marks each as stored. Aborts if
 * one is free or stored already. Returns 0, or -EINVAL and none is marked: one
 * is another cache's.
 */
int slab_mark_stored(struct kmem_cache *s, void **objs, unsigned int nr);
/* Clears the marks; aborts if one is gone. */
void slab_clear_stored(struct kmem_cache *s, void **objs, unsigned int nr);
/* Returns true if the object with this number is marked. */
bool slab_is_stored(const struct kmem_cache *s, const struct slab_desc *slab,
		    unsigned int index);

/* ---- flush.c ------------------------------------------------------------- */

/* slab_ops.flush: returns nr objects to their slabs. */
void slab_flush(struct kmem_cache *s, void **objs, unsigned int nr);
/* Returns true if the freelist of the slab has this number. */
bool slab_index_is_free(const struct kmem_cache *s,
			const struct slab_desc *slab, unsigned int index);
/*
 * Makes one checked object in use free. Slabs that the node need not keep are
 * moved to `list`; the caller frees them.
 */
void __slab_put(struct kmem_cache *s, struct slab_desc *slab,
		unsigned int index, struct list_head *list);
/* ---- array.c ------------------------------------------------------------- */

/* slab_ops.main_empty: fills the owner's array. Returns 0 or -ENOMEM. */
int cache_alloc_refill(struct kmem_owner *owner, struct kmem_cache *s,
		       gfp_t gfp);
/* slab_ops.main_full: makes room in the owner's array. 0 or -ENOMEM. */
int cache_flusharray(struct kmem_owner *owner, struct kmem_cache *s);
/* Returns the owner's array, or NULL if it has none yet. */
struct array_cache *cpu_cache_get(struct kmem_owner *owner,
				  const struct kmem_cache *s);
/*
 * Takes the owner's array out of its slot and gives it the cache's present
 * limits; makes one if there is none. Returns it, or NULL if there is no
 * memory. The owner puts it back by main_set().
 */
struct array_cache *cpu_cache_take(struct kmem_owner *owner,
				   struct kmem_cache *s);
static inline struct slab_sheaf *ac_sheaf(struct array_cache *ac)
{
	return (struct slab_sheaf *)ac;
}

/* Removes the oldest nr objects of an array that is out of its slot. */
static inline void ac_drop_oldest(struct array_cache *ac, unsigned int nr)
{
	struct slab_sheaf *sheaf = ac_sheaf(ac);
	void **entry = sheaf_objects(sheaf);

	sheaf->count -= nr;
	memmove(entry, entry + nr, sheaf->count * sizeof(void *));
}

/* Adds an object to the array of an alien cache, whose lock is held. */
static inline void ac_put_obj(struct array_cache *ac, void *obj)
{
	ac->entry[ac->avail++] = obj;
}

static inline void *ac_get_obj(struct array_cache *ac)
{
	return ac->entry[--ac->avail];
}

/* ---- shared.c ------------------------------------------------------------ */

/* Returns the array that the word of a slot names, or NULL. */
struct array_cache *slot_array(uintptr_t word);
/* Returns how many objects that array has. */
unsigned int slot_avail(uintptr_t word);
/* Returns true if a slot of this CPU can take an array with objects; a hint. */
bool shared_has_room(struct kmem_cache *s, struct kmem_cache_node *n);
/*
 * Checks and marks the objects of an array, which are of the node, and puts it
 * into a slot of this CPU. The empty array that lay there, or NULL, is stored
 * in *empty. Returns 0, -E2BIG if all slots have objects, or -EINVAL if one
 * object is another cache's.
 */
int shared_give(struct kmem_cache *s, struct kmem_cache_node *n,
		struct array_cache *ac, struct array_cache **empty);
/*
 * Returns an array with objects and leaves `empty`, which may be NULL, in its
 * slot. Returns NULL if there is none; `empty` stays the caller's.
 */
struct array_cache *shared_take(struct kmem_cache *s, struct kmem_cache_node *n,
				struct array_cache *empty);
/* Stores up to nr objects of a shared array. Returns how many. */
unsigned int shared_get(struct kmem_cache *s, struct kmem_cache_node *n,
			void **objs, unsigned int nr);
/*
 * Frees the oldest nr objects of the node's shared arrays to their slabs, and
 * the arrays that have none.
 */
void shared_drain(struct kmem_cache *s, struct kmem_cache_node *n,
		  unsigned int nr);
/* Frees the table of slots, which have no array and are not used any more. */
void shared_end(struct kmem_cache_node *n);
/* Returns how many objects the node's shared arrays hold. */
unsigned int shared_avail(struct kmem_cache_node *n);

/* ---- alien.c ------------------------------------------------------------- */

/* slab_ops.flush_remote: frees objects, most of which are of other nodes. */
void cache_free_alien(struct kmem_cache *s, void **objs, unsigned int nr);
/* Frees all objects in a node's alien caches to their slabs. */
void drain_alien_cache(struct kmem_cache *s, struct kmem_cache_node *n);
/* Frees a node's alien caches, which are empty and unused. */
void free_alien_cache(struct kmem_cache_node *n);
/* Returns how many objects a node's alien caches hold. */
unsigned int alien_avail(struct kmem_cache_node *n);
/* Lock and unlock the alien caches of a node around fork(). */
void alien_fork_take(struct kmem_cache_node *n);
void alien_fork_release(struct kmem_cache_node *n);

/* ---- reap.c -------------------------------------------------------------- */

/* slab_ops.main_idle: shrinks an array that its owner has not touched. */
void cache_reap_array(struct kmem_owner *owner, struct kmem_cache *s);
/* Shrinks what the nodes keep and have not used. */
void cache_reap(struct kmem_cache *s);
/* Returns how many objects a reap takes out of an untouched array. */
unsigned int drain_count(unsigned int limit, unsigned int avail);
/* Frees up to `tofree` slabs of slabs_free, the oldest first. */
void drain_freelist(struct kmem_cache *s, struct kmem_cache_node *n,
		    unsigned long tofree);
/* Moves up to `nr` of those slabs to `list`, for slabs_destroy(). */
void __take_free_slabs(struct kmem_cache *s, struct kmem_cache_node *n,
		       unsigned long nr, struct list_head *list);

/* ---- node.c -------------------------------------------------------------- */

/* The functions of slab_ops with these names (kmem/slab_ops.h). */
void slab_shrink(struct kmem_cache *s, unsigned int flags);
unsigned long slab_shutdown(struct kmem_cache *s);
void slab_fork_take(struct kmem_cache *s);
void slab_fork_release(struct kmem_cache *s);
void *slab_object_of(struct kmem_cache *s, const void *addr);
unsigned long slab_cached(struct kmem_cache *s);
void slab_get_slabinfo(struct kmem_cache *s, struct slabinfo *sinfo);
/* slab_ops.list_slab_objects: reports the objects of a slab still in use. */
void slab_list_objects(struct kmem_cache *s, struct page *page);

/* ---- pages.c ------------------------------------------------------------- */

/* slab_ops.give_pages: gives pages of slabs in use to the OS. */
unsigned long slab_give_pages(struct kmem_cache *s, unsigned int flags);

/* ---- tunables.c ---------------------------------------------------------- */

/* slab_ops.tune: sets the array sizes. Returns 0 or -EINVAL. */
int do_tune_cpucache(struct kmem_cache *s, int limit, int batchcount,
		     int shared);

/* ---- ops.c --------------------------------------------------------------- */

/* slab_ops.setup: sets size, order and limits. Returns 0 or -EINVAL. */
int slab_setup(struct kmem_cache *s);

#endif
