// SPDX-License-Identifier: MIT
/*
 * vmap/vmalloc/map_ram.c - short mappings of few pages, in blocks of space
 *
 * Places in a block are given out from left to right, with sizes rounded up to
 * powers of two. An unmapped place is dirty and is not given out again. A block
 * is freed when all of it is dirty, or at a purge when nothing in it is used.
 * More than 64 pages get an area of their own.
 *
 * Locking, invariants	vmap_block.h
 * Source	Linux v6.12 mm/vmalloc.c, vmap_block (docs/kernel.md Y8)
 */
#include "core/bitops.h"
#include "core/start.h"
#include "diag/warn.h"
#include "vmap/vmalloc/vmap_block.h"

#define VMAP_MAX_ALLOC 64 /* pages */

/* ---- blocks -------------------------------------------------------------- */

static struct vmap_block *new_block(gfp_t gfp)
{
	const size_t size = VMAP_BBMAP_BITS * PAGE_SIZE;
	const struct space_want want = { size, size, vm_space_start(),
					 vm_space_end() };
	struct vmap_block *vb = kzalloc(sizeof(*vb), gfp); /* fork.c */

	if (!vb)
		return NULL;
	vb->area.va = alloc_vmap_area(&want, gfp);
	if (!vb->area.va) {
		kfree(vb);
		return NULL;
	}
	vb->area.vm.addr = (void *)vb->area.va->va_start;
	vb->area.vm.size = size;
	vb->area.vm.pages = vb->pages;
	vb->area.vm.nr_pages = VMAP_BBMAP_BITS;
	vb->area.state = VM_HOLES;
	vb->area.prot = OS_PROT_RW;
	vb->free = VMAP_BBMAP_BITS;
	vb->queue = this_vmap_node();
	vm_insert(&vb->area);
	return vb;
}

/* Takes nr pages of the free part. Returns the first's number. queue->lock. */
static unsigned int vb_take(struct vmap_block *vb, unsigned int nr)
{
	unsigned int at = VMAP_BBMAP_BITS - vb->free;

	vb->free -= nr;
	if (!vb->free)
		list_del_init(&vb->list);
	return at;
}

/* Returns a block of this CPU with a place for nr pages, which is *at. */
static struct vmap_block *vb_alloc(unsigned int nr, unsigned int *at)
{
	struct vmap_node *node = this_vmap_node();
	struct vmap_block *vb, *found = NULL;

	spin_lock(&node->lock);
	list_for_each_entry(vb, &node->blocks, list) {
		if (vb->free < nr)
			continue;
		found = vb;
		*at = vb_take(vb, nr);
		break;
	}
	spin_unlock(&node->lock);
	if (found)
		return found;
	vb = new_block(GFP_KERNEL);
	if (!vb)
		return NULL;
	spin_lock(&vb->queue->lock);
	list_add(&vb->list, &vb->queue->blocks);
	*at = vb_take(vb, nr);
	spin_unlock(&vb->queue->lock);
	return vb;
}

/* ---- the calls ----------------------------------------------------------- */

static int map_in_block(struct vmap_block *vb, unsigned int at,
			struct page **pages, unsigned int count)
{
	char *addr = (char *)vb->area.vm.addr + (size_t)at * PAGE_SIZE;
	unsigned int mappings = frames_runs(pages, count) + 1;
	int ret = frames_charge(mappings);

	if (ret)
		return ret;
	ret = frames_share(pages, count, SHARE_KEEP);
	if (!ret)
		ret = frames_map((uintptr_t)addr, pages, count, OS_PROT_RW);
	if (ret) {
		frames_uncharge(mappings);
		return ret;
	}
	vb->mappings[at] = (u16)mappings;
	vb->counts[at] = (u8)count;
	for (unsigned int n = 0; n < count; n++)
		WRITE_ONCE(vb->pages[at + n], pages[n]);
	return 0;
}

void *vm_map_ram(struct page **pages, unsigned int count, int node)
{
	unsigned int nr, at = 0;
	struct vmap_block *vb;

	(void)node;
	if (engine_need() ||
	    WARN_ONCE(!pages || !count, "vm_map_ram: %u pages at %p", count,
		      (void *)pages))
		return NULL;
	if (count > VMAP_MAX_ALLOC)
		return vm_map_large(pages, count);
	nr = (unsigned int)roundup_pow_of_two(count);
	vb = vb_alloc(nr, &at);
	if (!vb)
		return NULL;
	if (!map_in_block(vb, at, pages, count))
		return (char *)vb->area.vm.addr + (size_t)at * PAGE_SIZE;
	vb_free(vb, nr);
	return NULL;
}

/* Returns the block that holds mem and sets *at; NULL: none. */
static struct vmap_block *block_at(const void *mem, unsigned int *at)
{
	struct vmap_node *node;
	struct vm_area *area = vm_lookup(mem, &node);
	bool block;

	if (!area)
		return NULL;
	/* the area of kmap() has VM_HOLES too, and another size */
	block = (area->state & VM_HOLES) &&
		area->vm.nr_pages == VMAP_BBMAP_BITS;
	vm_unlock(node);
	if (!block)
		return NULL;
	*at = (unsigned int)(((uintptr_t)mem - area->va->va_start) >>
			     PAGE_SHIFT);
	return container_of(area, struct vmap_block, area);
}

/* Waits for readers in km_vread(); later ones find no page. */
static void hide_pages(struct vmap_block *vb, unsigned int at,
		       unsigned int count)
{
	struct vmap_node *node;

	if (!vm_lookup(vb->area.vm.addr, &node))
		return;
	for (unsigned int n = 0; n < count; n++)
		WRITE_ONCE(vb->pages[at + n], (struct page *)NULL);
	vm_unlock(node);
}

void vm_unmap_ram(const void *mem, unsigned int count)
{
	struct vmap_block *vb;
	unsigned int at = 0;

	if (engine_need() || WARN_ONCE(!mem || (uintptr_t)mem % PAGE_SIZE,
				       "vm_unmap_ram: bad address (%p)", mem))
		return;
	if (count > VMAP_MAX_ALLOC) {
		vunmap(mem);
		return;
	}
	vb = block_at(mem, &at);
	if (WARN_ONCE(!vb || !count || vb->counts[at] != count,
		      "vm_unmap_ram: %u pages at %p, where %u are mapped",
		      count, mem, vb ? (unsigned int)vb->counts[at] : 0U))
		return;
	hide_pages(vb, at, count);
	if (frames_unmap((uintptr_t)mem, (size_t)count << PAGE_SHIFT)) {
		/* The OS refused: it is unmapped with the block. */
		spin_lock(&vb->queue->lock);
		vb->stale += vb->mappings[at];
		spin_unlock(&vb->queue->lock);
	} else {
		frames_uncharge(vb->mappings[at]);
	}
	vb->mappings[at] = 0;
	vb->counts[at] = 0;
	vb_free(vb, (unsigned int)roundup_pow_of_two(count));
}
