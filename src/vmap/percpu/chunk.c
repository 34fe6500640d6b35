// SPDX-License-Identifier: MIT
/*
 * vmap/percpu/chunk.c - chunks: memory for them, their pages, their slots
 *
 *	slot	0	 1	   2	      3		  ..  12	 13
 *		nothing  4 to 12   16 to 28   32 to 60	      16 KiB	 all
 *		free	 bytes	   bytes      bytes	      and more
 *
 * The memory of a chunk is one area, charged to mem= when it is made. So
 * populating a page only touches it in every unit, and cannot fail. Pages that
 * are not populated have been discarded.
 *
 * Locking	pcpu_alloc_mutex and pcpu_lock, as internal.h says at each
 *		function. A chunk is made and ended with neither: that takes
 *		memory, and so may reclaim
 * Invariants	PCPU3-PCPU6 of internal.h
 * Source	Linux v6.12 mm/percpu.c, percpu-vm.c (docs/kernel.md Y9)
 */
#include <errno.h>

#include "kmem/boot.h"
#include "kmem/kmem.h"
#include "sys/os.h"
#include "vmap/large/large.h"
#include "vmap/percpu/internal.h"

struct pcpu_space pcpu;
spinlock_t pcpu_lock = SPIN_LOCK_INIT(LOCK_PCPU);
spinlock_t pcpu_alloc_mutex = SPIN_LOCK_INIT(LOCK_PCPU_ALLOC);
static struct kmem_cache chunk_cache;

int pcpu_chunk_init(void)
{
	static const struct kmem_cache_boot boot = { 0 };

	for (unsigned int slot = 0; slot < PCPU_NR_SLOTS; slot++)
		INIT_LIST_HEAD(&pcpu.slots[slot]);
	return kmem_cache_init(&chunk_cache, "pcpu_chunk",
			       sizeof(struct pcpu_chunk), &boot);
}

/* ---- slots --------------------------------------------------------------- */

unsigned int pcpu_size_to_slot(size_t size)
{
	int bits = fls((unsigned int)size);

	if (size == PCPU_MIN_UNIT_SIZE)
		return PCPU_FREE_SLOT;
	return (unsigned int)max(bits - PCPU_SLOT_BASE_SHIFT + 2, 1);
}

static unsigned int chunk_slot(const struct pcpu_chunk *chunk)
{
	unsigned int contig = chunk->chunk_md.contig_hint;

	if (!contig)
		return 0;
	return pcpu_size_to_slot((size_t)contig << PCPU_MIN_ALLOC_SHIFT);
}

static void count_empty_pages(struct pcpu_chunk *chunk)
{
	unsigned int nr = 0;

	for (unsigned int page = 0; page < PCPU_UNIT_PAGES; page++)
		nr += test_bit(page, chunk->populated) &&
		      pcpu_page_empty(chunk, page);
	WRITE_ONCE(pcpu.nr_empty_pop_pages,
		   pcpu.nr_empty_pop_pages + nr - chunk->nr_empty_pop_pages);
	chunk->nr_empty_pop_pages = nr;
}

/* A chunk that got more room goes to the front of its slot, else to the end. */
void pcpu_chunk_relocate(struct pcpu_chunk *chunk)
{
	unsigned int slot = chunk_slot(chunk);

	lock_assert_held(&pcpu_lock);
	count_empty_pages(chunk);
	if (slot == chunk->slot)
		return;
	list_del(&chunk->list);
	if (slot > chunk->slot)
		list_add(&chunk->list, &pcpu.slots[slot]);
	else
		list_add_tail(&chunk->list, &pcpu.slots[slot]);
	chunk->slot = slot;
}

/* ---- making and ending --------------------------------------------------- */

static size_t chunk_bytes(void)
{
	return nr_cpu_ids * PCPU_MIN_UNIT_SIZE;
}

/* Returns the address of an area whose pages are not resident, or NULL. */
static char *chunk_memory(void)
{
	struct large_area *area = large_area_alloc(chunk_bytes(), OS_PAGE_SIZE);

	if (!area)
		return NULL;
	if (area->va.flags & LARGE_AREA_ZERO ||
	    !os_discard((void *)area->va.va_start, large_size(area)))
		return (char *)area->va.va_start;
	area = large_area_unlink((void *)area->va.va_start);
	large_area_free(area);
	return NULL;
}

struct pcpu_chunk *pcpu_create_chunk(gfp_t gfp)
{
	struct pcpu_chunk *chunk = kmem_cache_zalloc(
		&chunk_cache,
		gfp & (GFP_KERNEL | __GFP_NORETRY | __GFP_NOWARN));

	if (!chunk)
		return NULL;
	chunk->base_addr = chunk_memory();
	if (!chunk->base_addr) {
		kmem_cache_free(&chunk_cache, chunk);
		return NULL;
	}
	pcpu_map_init(chunk);
	return chunk;
}

void pcpu_destroy_chunk(struct pcpu_chunk *chunk)
{
	struct large_area *area = large_area_unlink(chunk->base_addr);

	BUG_ON(!area);
	large_area_free(area);
	kmem_cache_free(&chunk_cache, chunk);
}

/* ---- all chunks, by address ---------------------------------------------- */

static void tree_insert(struct pcpu_chunk *chunk)
{
	struct rb_node **link = &pcpu.chunks.node, *parent = NULL;

	while (*link) {
		parent = *link;
		link = chunk->base_addr <
				       rb_entry(parent, struct pcpu_chunk, node)
					       ->base_addr ?
			       &parent->left :
			       &parent->right;
	}
	rb_link_node(&chunk->node, parent, link);
	rb_insert(&pcpu.chunks, &chunk->node, NULL);
}

struct pcpu_chunk *pcpu_chunk_addr_search(const void *addr)
{
	struct rb_node *node = pcpu.chunks.node;
	uintptr_t at = (uintptr_t)addr;

	lock_assert_held(&pcpu_lock);
	while (node) {
		struct pcpu_chunk *chunk = rb_entry(node, struct pcpu_chunk,
						    node);
		uintptr_t base = (uintptr_t)chunk->base_addr;

		if (at >= base && at - base < PCPU_MIN_UNIT_SIZE)
			return chunk;
		node = at < base ? node->left : node->right;
	}
	return NULL;
}

void pcpu_chunk_add(struct pcpu_chunk *chunk)
{
	lock_assert_held(&pcpu_lock);
	tree_insert(chunk);
	WRITE_ONCE(pcpu.nr_chunks, pcpu.nr_chunks + 1);
	chunk->slot = chunk_slot(chunk);
	list_add(&chunk->list, &pcpu.slots[chunk->slot]);
	if (pcpu_free_chunks_surplus())
		WRITE_ONCE(pcpu.balance_due, 1);
}

void pcpu_chunk_remove(struct pcpu_chunk *chunk)
{
	lock_assert_held(&pcpu_lock);
	list_del(&chunk->list);
	rb_erase(&pcpu.chunks, &chunk->node, NULL);
	WRITE_ONCE(pcpu.nr_chunks, pcpu.nr_chunks - 1);
	WRITE_ONCE(pcpu.nr_populated, pcpu.nr_populated - chunk->nr_populated);
	WRITE_ONCE(pcpu.nr_empty_pop_pages,
		   pcpu.nr_empty_pop_pages - chunk->nr_empty_pop_pages);
}

/* ---- pages --------------------------------------------------------------- */

/* `populated` of a page changes by `nr` pages, 1 or -1. */
static void mark_page(struct pcpu_chunk *chunk, unsigned int page, int nr)
{
	if (nr > 0)
		__set_bit(page, chunk->populated);
	else
		__clear_bit(page, chunk->populated);
	chunk->nr_populated += (unsigned int)nr;
	WRITE_ONCE(pcpu.nr_populated, pcpu.nr_populated + (unsigned int)nr);
}

static void touch_page(const struct pcpu_chunk *chunk, unsigned int page)
{
	for (unsigned int cpu = 0; cpu < nr_cpu_ids; cpu++)
		*(volatile char *)pcpu_chunk_addr(chunk, cpu,
						  page * PCPU_BLOCK_BITS) = 0;
}

/*
 * `populated` changes only under pcpu_alloc_mutex, so reads need no pcpu_lock.
 */
void pcpu_populate_chunk(struct pcpu_chunk *chunk, unsigned int start,
			 unsigned int end)
{
	unsigned int page, missing = 0;

	lock_assert_held(&pcpu_alloc_mutex);
	for (page = start; page < end; page++) {
		if (test_bit(page, chunk->populated))
			continue;
		touch_page(chunk, page);
		missing++;
	}
	if (!missing)
		return;
	spin_lock(&pcpu_lock);
	for (page = start; page < end; page++)
		if (!test_bit(page, chunk->populated))
			mark_page(chunk, page, 1);
	count_empty_pages(chunk);
	spin_unlock(&pcpu_lock);
}

/*
 * Clears `populated` first, so that atomic allocations no longer take the page,
 * and then discards it. If one took it before, the page stays: -EBUSY.
 */
int pcpu_depopulate_page(struct pcpu_chunk *chunk, unsigned int page)
{
	int ret = 0;

	lock_assert_held(&pcpu_alloc_mutex);
	spin_lock(&pcpu_lock);
	if (pcpu_page_empty(chunk, page))
		mark_page(chunk, page, -1);
	else
		ret = -EBUSY;
	count_empty_pages(chunk);
	spin_unlock(&pcpu_lock);
	for (unsigned int cpu = 0; cpu < nr_cpu_ids && !ret; cpu++)
		ret = os_discard(pcpu_chunk_addr(chunk, cpu,
						 page * PCPU_BLOCK_BITS),
				 OS_PAGE_SIZE);
	if (!ret || ret == -EBUSY)
		return ret;
	spin_lock(&pcpu_lock);
	mark_page(chunk, page, 1);
	count_empty_pages(chunk);
	spin_unlock(&pcpu_lock);
	return ret;
}

/* ---- fork ---------------------------------------------------------------- */

void percpu_fork_take(void)
{
	lock_fork_take(&pcpu_alloc_mutex);
	lock_fork_take(&pcpu_lock);
}

void percpu_fork_release(void)
{
	lock_fork_release(&pcpu_lock);
	lock_fork_release(&pcpu_alloc_mutex);
}
