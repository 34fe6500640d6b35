// SPDX-License-Identifier: MIT
/*
 * vmap/vmalloc/internal.h - areas of vmalloc(): in use, or freed and kept
 *
 *	vmap_node of each CPU
 *	  busy	tree by address of the areas whose address belongs to the node:
 *		address / 16 pages, modulo the number of nodes
 *	  pool	freed areas, mapped still, by their number of pages: the next
 *		vmalloc() of that size on this CPU takes one
 *
 *	vmalloc --> pool of this CPU --> a place in the free tree, frames, mmap
 *	vfree   --> pool of this CPU - - > purge: unmap many with one call,
 *				           free frames and places
 *
 * A life: place, pages, map, busy | pooled | busy again ... | purged.
 *
 * Locking	vmap_node.lock (rank LOCK_VMAP_NODE): its tree and pool. An area
 *		on its way from one to the other is in neither. An area that is
 *		being made is in neither, too, and belongs to the thread that
 *		makes it: vm_insert() publishes it, complete. A thread that
 *		looks it up holds the lock while it reads fields that can
 *		change.
 * Invariants	AREA1  an area is in the busy tree of the node of its address,
 *		    or in one pool, or on its way
 *		AREA2  lazy_pages is the sum over all pools
 *		AREA3  pages of a mapped area are allocated, and belong to the
 *		    area alone; pages of vmap() belong to its caller.
 *		    The array holds whole blocks, one behind the other;
 *		    vmalloc_to_page() splits the block of the page it returns
 *		AREA4  the mappings of an area lie between va_start and va_end
 *		    less the guard page
 *		(vm_check() checks AREA1, AREA2; AREA3 is checked by
 *		model.vmap.vmalloc.vmalloc_model, unit.vmap.vmalloc.vmap checks
 *		AREA4)
 * Source	Linux v6.12 mm/vmalloc.c, vmap_node
 *		(docs/kernel.md Y4, Y5); there
 *		the pools hold places, here what is mapped there too, since a
 *		system call costs more than page table entries
 */
#ifndef KM_VMAP_VMALLOC_INTERNAL_H
#define KM_VMAP_VMALLOC_INTERNAL_H

#include "kmem/kmalloc.h"
#include "sys/os.h"
#include "vmap/large/large.h"
#include "vmap/large/space.h"
#include "vmap/vmalloc/frames.h"
#include "vmap/vmalloc/vmalloc.h"

#define VMAP_MAX_NODES 128
#define VMAP_ZONE_SIZE (16 * PAGE_SIZE) /* address to node */
#define VMAP_POOL_PAGES 256 /* areas up to so many have a list by size */

/*
 * vm_area.state is written by the thread that makes the area and by the thread
 * that has unlinked it. In between the node's lock guards it.
 */
#define VM_MAPPED 0x01 /* frames are mapped: charged runs + 1 mappings */
#define VM_HOLES 0x04 /* a block: its own pages, NULL where none is mapped */
#define VM_RAM 0x08 /* vm_map_ram() */
/* any vmalloc() may reuse the area: no page of it was handed to a caller */
#define VM_REUSABLE 0x02

/*
 * An area of vmalloc space: the vm_struct that callers may see, with what only
 * this room knows of it. malloc()'s areas are struct large_area.
 */
struct vm_area {
	struct vm_struct vm; /* first: kfree() of it frees all of vm_area */
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
	struct vm_area *pool[VMAP_POOL_PAGES + 1]; /* [0]: larger ones */
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

/* Returns the area behind this one in a list linked by vm.next. */
static inline struct vm_area *vm_next(const struct vm_area *area)
{
	return (struct vm_area *)area->vm.next; /* vm is its first member */
}

/* Returns the number of the node to which an address belongs. */
static inline unsigned int vm_node_nr(uintptr_t addr)
{
	return addr / VMAP_ZONE_SIZE % nr_vmap_nodes;
}

/* ---- area.c -------------------------------------------------------------- */

/* Returns the vmap_node of this CPU. */
struct vmap_node *this_vmap_node(void);
/* Links a complete area into the busy tree, where other threads find it. */
void vm_insert(struct vm_area *area);
/*
 * Unlinks the area that starts at addr from the busy tree and returns it. NULL:
 * none starts there, or it is a block of vm_map_ram() or kmap() (VM_HOLES).
 */
struct vm_area *vm_unlink(const void *addr);
/* Unlinks any area from the busy tree, VM_HOLES or not. */
void vm_erase(struct vm_area *area);
/*
 * Returns the area that addr lies in (its guard page counts), with its node
 * locked; the caller calls vm_unlock(). NULL: none, and nothing is locked.
 */
struct vm_area *vm_lookup(const void *addr, struct vmap_node **node);
void vm_unlock(struct vmap_node *node);
/*
 * Returns the page that is mapped at addr, or NULL. The area is one that
 * vm_lookup() returned, and its node is still locked.
 */
struct page *vm_page_at(const struct vm_area *area, const void *addr);
/*
 * Charges and maps area->vm.pages, shared with the file. Returns 0 or -errno.
 */
int map_vm_area(struct vm_area *area, unsigned int share_flags);
/*
 * Returns true if mappings can have these bits of a pgprot_t; warns otherwise.
 */
bool vm_prot_ok(pgprot_t prot);
/*
 * Zeroes a part of a mapped area, also one that is not writable. No other
 * thread uses the area, or its owner wants the write. Returns 0, or -errno with
 * nothing done.
 */
int vm_zero(const struct vm_area *area, void *addr, size_t size);

/* ---- migrate.c ----------------------------------------------------------- */

/* Lets compaction move the pages of an area that is in no tree yet. */
void vm_set_movable(struct vm_area *area);
/* Compaction may no longer move them. */
void vm_clear_movable(struct vm_area *area);
/* At a tick: gives up what moving pages needs, if no thread is moving any. */
void vm_migrate_tick(void);
/* Splits the blocks of an area that is in no tree; its pages no longer move. */
void vm_split_blocks(struct vm_area *area);
/*
 * Called before a page is handed to a caller: its block is split and no longer
 * moves. The node is locked. Returns 0, or -EAGAIN if the page is just being
 * moved: the caller unlocks the node and tries again.
 */
int vm_page_stays(struct vm_area *area, struct page *page);

/* ---- pool.c -------------------------------------------------------------- */

extern unsigned long vm_lazy_max_pages __hidden; /* constant after init */

/* Returns a pooled area of nr pages, mapped still, that fits; NULL: none. */
struct vm_area *vm_reuse(unsigned int nr, const struct space_want *want,
			 int node);
/*
 * Adds a freed area, mapped still, to the pool of this CPU. Among them are
 * areas that the OS refused to unmap; vm_reuse() takes only those with
 * VM_REUSABLE.
 */
void vm_pool_add(struct vm_area *area);
#define VM_PURGE_ALL 0
#define VM_PURGE_OLD 1 /* freed two ticks ago or earlier */
/*
 * Moves pooled areas of a node to the front of `list`, by flags VM_PURGE_*.
 * Returns the longer list.
 */
struct vm_area *vm_pool_take(struct vmap_node *node, unsigned int flags,
			     struct vm_area *list);
/* A tick has passed: areas that are pooled from now on are younger. */
void vm_pool_tick(void);
/* Returns the number of pages that pooled areas own. */
unsigned long vm_lazy_pages(void);

/* ---- blocks.c ------------------------------------------------------------ */

#define BLOCKS_EASY 0 /* of any order; no reclaim for large ones */
#define BLOCKS_HARD 1 /* large ones are worth a compaction */
#define BLOCKS_HUGE 2 /* of 2 MiB or more, and nothing else */
/*
 * Allocates the largest blocks first, then single pages by a hundred. Returns
 * the number of pages; fewer than nr: there are no more.
 */
unsigned int vm_area_alloc_pages(gfp_t gfp, int nid, unsigned int nr,
				 struct page **pages, unsigned int how);
/* Frees the pages of an array that holds whole blocks. */
void vm_free_blocks(struct page *const *pages, unsigned int nr);
/*
 * Adds to the count of vmalloc() pages, in use or pooled; nr_pages may be < 0.
 */
void vmalloc_count(long nr_pages);

/* ---- vmap_block.c -------------------------------------------------------- */

/* Frees blocks of vm_map_ram() in which nothing is in use. */
void vm_purge_blocks(unsigned int flags);

/* ---- free.c -------------------------------------------------------------- */

/* Pools an unlinked area if it may be reused; otherwise ends it at once. */
void vm_release(struct vm_area *area);
/* Ends pooled areas. Returns the number of pages given back. */
unsigned long vm_purge(unsigned int flags);
/* Unmaps areas linked by vm.next; frees their frames, arrays and places. */
unsigned long vm_end(struct vm_area *list);
/* Frees the areas that were passed to vfree_atomic(). No lock is held. */
void vm_free_deferred(void);

/* Returns true if p is for vfree(), whether an area starts there or not. */
static inline bool is_outside(const void *p)
{
	return !ZERO_OR_NULL_PTR(p) && !arena_contains(p);
}

/* ---- lazy.c -------------------------------------------------------------- */

void vm_lazy_init(void);

/* ---- place.c ------------------------------------------------------------- */

/*
 * Returns a place for an area. NULL: no memory for its struct, or no free range
 * even after a purge.
 */
struct vmap_area *alloc_vmap_area(const struct space_want *want, gfp_t gfp);

/* ---- vm_struct.c --------------------------------------------------------- */

/*
 * Returns an area with a place for want->size bytes and, unless flags have
 * VM_NO_GUARD, a guard page. It is in no tree yet: the caller completes it and
 * calls vm_insert(), or vm_area_free() before anything is mapped there. NULL:
 * no memory or no address space.
 */
struct vm_area *vm_area_alloc(const struct space_want *want,
			      unsigned long flags, gfp_t gfp,
			      const void *caller);
void vm_area_free(struct vm_area *area);

/* ---- vmalloc.c ----------------------------------------------------------- */

/* Prints "NAME: WHAT error: size SIZE, WHY" by warn_alloc(). */
void vmalloc_warn(gfp_t gfp, const char *what, size_t size, const char *why);
/* map_vm_area(); when it fails, tries once more after a purge. */
int vm_map_hard(struct vm_area *area, unsigned int share_flags);
/* A request to vmalloc(). A field that is 0 asks for nothing special. */
struct vmalloc_request {
	size_t size; /* of the memory, without a guard page */
	struct space_want want; /* its place; want.size is filled in */
	gfp_t gfp;
	pgprot_t prot;
	unsigned long flags; /* VM_ */
	int node; /* NUMA_NO_NODE: that of the calling thread */
	unsigned int how; /* BLOCKS_; filled in */
	const void *caller; /* who is named in vmallocinfo */
};

/* Returns the address of an area as the request wants it, or NULL. */
void *vmalloc_in_range(struct vmalloc_request *rq);
/* The same with PAGE_KERNEL and all of vmalloc space for prot and place. */
void *vmalloc_anywhere(struct vmalloc_request *rq);
/* kvmalloc() of a size for which kmalloc() had no memory. */
void *kvmalloc_area(size_t size, gfp_t gfp, int node, const void *caller);

/*
 * Returns flags for kmalloc(): a large request may fail, vmalloc() comes next.
 */
static inline gfp_t kmalloc_gfp_adjust(gfp_t gfp, size_t size)
{
	if (size <= PAGE_SIZE)
		return gfp;
	gfp |= __GFP_NOWARN;
	if (!(gfp & __GFP_RETRY_MAYFAIL))
		gfp |= __GFP_NORETRY;
	return gfp & ~__GFP_NOFAIL;
}

/* Returns memory of kmalloc(), of buckets b if there are, or of vmalloc(). */
static inline void *__kvmalloc_node(kmem_buckets *b, size_t size, gfp_t gfp,
				    int node, const void *caller)
{
	void *p = __do_kmalloc_node(b, size, kmalloc_gfp_adjust(gfp, size),
				    node, caller);

	if (p || size <= PAGE_SIZE || !(gfp & __GFP_DIRECT_RECLAIM))
		return p;
	return kvmalloc_area(size, gfp, node, caller);
}

/* ---- vmap.c -------------------------------------------------------------- */

/* Returns an area of vm_map_ram() that is too large for a block, or NULL. */
void *vm_map_large(struct page **pages, unsigned int count);

/* ---- kmap.c -------------------------------------------------------------- */

/* frame_mapper.address() */
void *kmap_address(const struct page *page);
bool kmap_is_area(const struct vm_area *area); /* kmap_lock is held */
void kmap_fork_take(void);
void kmap_fork_release(void);

/* ---- check.c ------------------------------------------------------------- */

/* Checks AREA1 and AREA2. No thread is in the allocator meanwhile. */
void vm_check(void);

#endif
