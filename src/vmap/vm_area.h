// SPDX-License-Identifier: MIT
/*
 * vmap/vm_area.h - areas of vmalloc(): who has which, and what is freed of them
 *
 *	vmap_node of each CPU
 *	  busy	tree by address of the areas whose address belongs to the node:
 *		address / 16 pages, modulo the number of nodes
 *	  pool	freed areas, mapped still, by their number of pages: the CPU
 *		that freed one finds it when it wants as many again
 *
 *	vmalloc ---> pool of this CPU ---> a place in the free tree, frames, mmap
 *	vfree   ---> pool of this CPU - - > purge: unmap many with one call, frames
 *				            to the page allocator, place to the tree
 *
 * A life: place, pages, map, busy | pooled | busy again ... | purged.
 *
 * Locking	vmap_node.lock (rank LOCK_VMAP_NODE): its tree and pool. An area
 *		on its way from one to the other is in neither. An area that is
 *		being made is in neither, too, and belongs to the thread that
 *		makes it: vm_insert() publishes it, complete. Whoever finds it
 *		holds the lock while reading what can change.
 * Invariants	A1  an area is in the busy tree of the node of its address, or
 *		    in one pool, or on its way
 *		A2  lazy_pages is the sum over all pools
 *		A3  pages of a mapped area are allocated, and nobody else's
 *		    unless they are vmap()'s
 *		    They are blocks that the array has whole, one behind the
 *		    other; vmalloc_to_page() splits the one that it names
 *		A4  what an area maps is between va_start and va_end less the
 *		    guard page
 *					(vm_check() proves A1, A2)
 * Source	Linux v6.12 mm/vmalloc.c, vmap_node
 *		(docs/kernel.md Y4, Y5); there
 *		the pools hold places, here what is mapped there too, since a
 *		system call costs more than page table entries
 */
#ifndef KM_VMAP_VM_AREA_H
#define KM_VMAP_VM_AREA_H

#include "sys/os.h"
#include "vmap/frames.h"
#include "vmap/internal.h"

#define VMAP_MAX_NODES 128
#define VMAP_ZONE_SIZE (16 * PAGE_SIZE) /* address to node */
#define VMAP_POOL_PAGES 256 /* areas up to so many have a list by size */

/*
 * vm_area.state: written by the thread that makes the area, by the one that has
 * unlinked it, and in between under the node's lock
 */
#define VM_MAPPED 0x01 /* frames are mapped: charged runs + 1 mappings */
#define VM_HOLES 0x04 /* a block: its own pages, NULL where none is mapped */
#define VM_RAM 0x08 /* vm_map_ram() */
/* pages are as good as any that vmalloc() gets, and none of them was named */
#define VM_REUSABLE 0x02

struct vm_area {
	struct vm_struct vm; /* first: who kfree()s it means the whole */
	struct vmap_area *va; /* its place */
	unsigned long nr_mappings; /* charged to the budget */
	const struct movable_operations
		*movable; /* of its pages; NULL: none is */
	unsigned int pins; /* km_vmap_pin(); the node's lock */
	u16 epoch; /* pooled: tick at which it was freed */
	u8 state;
	u8 prot; /* OS_PROT_ bits of its mappings; constant once it is found */
};

static inline struct vm_area *to_area(struct vm_struct *vm)
{
	return container_of(vm, struct vm_area, vm);
}

struct vmap_node {
	spinlock_t lock;
	struct rb_root busy; /* lock, as what follows */
	unsigned long nr_busy; /* written under it, read without */
	struct vm_area *pool[VMAP_POOL_PAGES + 1]; /* [0]: all that are larger */
	unsigned long nr_pooled; /* the same, as the heads of pool */
	struct list_head blocks; /* of vm_map_ram(), with free pages */
} __cacheline_aligned;

extern struct vmap_node *vmap_nodes; /* constant after init, as what follows */
extern unsigned int nr_vmap_nodes;

/* All of vmalloc space. */
static inline uintptr_t vm_space_start(void)
{
	return arena.vmalloc_start;
}

static inline uintptr_t vm_space_end(void)
{
	return arena.vmalloc_end;
}

/* Frames that there can be at most. */
static inline unsigned long vm_total_frames(void)
{
	return arena.limit_frames ? min(arena.limit_frames, arena.span_frames) :
				    arena.span_frames;
}

/* ---- vm_place.c: places in vmalloc space ------------------------------------- */

/* NULL: no memory for a struct, or no place even after a purge. */
struct vmap_area *alloc_vmap_area(const struct space_want *want, gfp_t gfp);
/* Give places back, linked by next; mapped without access. */
void free_vmap_areas(struct vmap_area *list);

/* ---- vm_area.c ---------------------------------------------------------------- */

/*
 * An area with a place for want->size bytes and, unless VM_NO_GUARD is among the
 * flags, a guard page. No tree has it: it is for the caller to complete and
 * vm_insert(), or to give up again before anything is mapped there. Returns NULL
 * without memory or address space.
 */
struct vm_area *vm_area_alloc(const struct space_want *want,
			      unsigned long flags, gfp_t gfp,
			      const void *caller);
void vm_area_free(struct vm_area *area);
/* Into the busy tree: from here on other threads find it, so it is complete. */
void vm_insert(struct vm_area *area);
/* Out of it, if one with no holes starts at addr: the area; NULL: none. */
struct vm_area *vm_unlink(const void *addr);
/* Out of it, whatever it is. */
void vm_erase(struct vm_area *area);
/*
 * The area that holds addr, guard page too, with its node locked: to be unlocked by
 * vm_unlock(). NULL: none, and nothing is locked.
 */
struct vm_area *vm_lookup(const void *addr, struct vmap_node **node);
void vm_unlock(struct vmap_node *node);
/* Share the frames, charge and map; the area's pages are set. 0 or -errno. */
int map_vm_area(struct vm_area *area, unsigned int share_flags);
/*
 * The page that is mapped at addr, in an area that vm_lookup() found, whose node is
 * locked still; or NULL.
 */
struct page *vm_page_at(const struct vm_area *area, const void *addr);
void vm_check(void);
int vmalloc_init(void);
/* vmap_node of this CPU. */
struct vmap_node *this_vmap_node(void);
/* Are these bits of a pgprot_t that mappings can have? Else there is a warning. */
bool vm_prot_ok(pgprot_t prot);
/*
 * Zero a part of what is mapped, whatever its protection is; the area is the
 * caller's alone, or its owner's who writes to it. 0, or -errno with nothing done.
 */
int vm_zero(const struct vm_area *area, void *addr, size_t size);

/* ---- vmalloc.c ------------------------------------------------------------------ */

/* Pages of an array whose blocks are whole. */
void vm_free_blocks(struct page *const *pages, unsigned int nr);
/* So many pages of vmalloc() more in use, or pooled. */
void vmalloc_count(long nr_pages);
/* "NAME: WHAT error: size SIZE, WHY" as warn_alloc() says it. */
void vmalloc_warn(gfp_t gfp, const char *what, size_t size, const char *why);
/*
 * Charge and map as map_vm_area(); where the budget is in the way, once more after
 * a purge.
 */
int vm_map_hard(struct vm_area *area, unsigned int share_flags);

/* ---- vmalloc_api.c -------------------------------------------------------------- */

/* Free the areas that vfree_atomic() was given; no lock held. */
void vm_free_deferred(void);

/* ---- vm_lazy.c ------------------------------------------------------------------ */

/* An area of nr pages that was freed and is mapped; NULL: none. */
struct vm_area *vm_reuse(unsigned int nr, const struct space_want *want,
			 int node);
/* An area that was unlinked: into the pool if it may, or to its end at once. */
void vm_release(struct vm_area *area);
#define VM_PURGE_ALL 0
#define VM_PURGE_OLD 1 /* freed two ticks ago or earlier */
/* The end of pooled areas: pages given back. */
unsigned long vm_purge(unsigned int flags);
/* Unmap now, and free frames, arrays and places; areas linked by vm.next. */
unsigned long vm_end(struct vm_area *list);
unsigned long vm_lazy_pages(void);
void vm_lazy_init(void);

/* ---- vm_map_ram.c, vmap_pages.c ------------------------------------------------- */

void vm_purge_blocks(unsigned int flags);
void *vm_map_large(struct page **pages, unsigned int count);

/* ---- kmap.c ------------------------------------------------------------------------ */

bool kmap_is_area(const struct vm_area *area); /* kmap_lock is held */
void kmap_fork_take(void);
void kmap_fork_release(void);

/* ---- vm_migrate.c ------------------------------------------------------------------- */

/* Pages of an area that is in no tree yet may be moved; and no longer. */
void vm_set_movable(struct vm_area *area);
void vm_clear_movable(struct vm_area *area);
/* Nobody moves pages any more, perhaps. */
void vm_migrate_tick(void);
void vm_migrate_init(void);
/* Pages of an area that is in no tree are pages of their own, and stay. */
void vm_split_blocks(struct vm_area *area);
/*
 * Somebody is told of this page: it is a page of its own, and stays. The node is
 * locked. -EAGAIN: it is just being moved; try again without the lock.
 */
int vm_page_stays(struct vm_area *area, struct page *page);

/* ---- vm_fork.c -------------------------------------------------------------------- */

void vm_fork_init(void);

#endif
