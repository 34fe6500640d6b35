// SPDX-License-Identifier: MIT
/*
 * vmap/percpu/check.c - check PCPU1 to PCPU7 of internal.h, bit by bit
 *
 * The checks look at every bit, and use none of the searches of map.c.
 *
 * Locking	pcpu_alloc_mutex and pcpu_lock are taken, so other threads may
 *		allocate meanwhile
 */
#include "core/bug.h"
#include "vmap/percpu/internal.h"

/* Checks that `md` agrees with bits [base, base + nr_bits) of a map. */
static void check_md(const struct pcpu_block_md *md, const unsigned long *map,
		     unsigned int base, unsigned int nr_bits)
{
	struct pcpu_block_md want = {
		.first_free = (u16)nr_bits,
		.nr_bits = (u16)nr_bits,
	};
	unsigned int run = 0;

	for (unsigned int bit = 0; bit < nr_bits; bit++) {
		run = test_bit(base + bit, map) ? 0 : run + 1;
		if (run && want.first_free == nr_bits)
			want.first_free = (u16)bit;
		if (run == bit + 1)
			want.left_free = (u16)run;
		if (run <= want.contig_hint)
			continue;
		/* a new largest run: the one before becomes scan_hint */
		if (bit + 1 - run != want.contig_hint_start) {
			want.scan_hint = want.contig_hint;
			want.scan_hint_start = want.contig_hint_start;
		}
		want.contig_hint = (u16)run;
		want.contig_hint_start = (u16)(bit + 1 - run);
	}
	want.right_free = (u16)run;
	BUG_ON(md->contig_hint != want.contig_hint);
	BUG_ON(md->contig_hint_start != want.contig_hint_start);
	BUG_ON(md->scan_hint != want.scan_hint);
	BUG_ON(md->scan_hint_start != want.scan_hint_start);
	BUG_ON(md->left_free != want.left_free);
	BUG_ON(md->right_free != want.right_free);
	BUG_ON(md->first_free != want.first_free);
	BUG_ON(md->nr_bits != want.nr_bits);
}

/* Checks PCPU1 at free runs; bounds between two areas cannot be checked. */
static void check_bounds(const struct pcpu_chunk *chunk)
{
	bool before = true; /* was the bit before this one in use? */

	for (unsigned int bit = 0; bit < PCPU_UNIT_BITS; bit++) {
		bool used = test_bit(bit, chunk->alloc_map);
		bool bound = test_bit(bit, chunk->bound_map);

		BUG_ON((!bit || used != before) && !bound);
		BUG_ON(bit && !used && !before && bound);
		before = used;
	}
	BUG_ON(!test_bit(PCPU_UNIT_BITS, chunk->bound_map));
}

static void check_pages(const struct pcpu_chunk *chunk)
{
	unsigned int nr_populated = 0, nr_empty = 0;

	for (unsigned int page = 0; page < PCPU_UNIT_PAGES; page++) {
		bool populated = test_bit(page, chunk->populated);
		bool empty = true;

		for (unsigned int bit = 0; bit < PCPU_BLOCK_BITS; bit++)
			if (test_bit(page * PCPU_BLOCK_BITS + bit,
				     chunk->alloc_map))
				empty = false;
		BUG_ON(!empty && !populated);
		nr_populated += populated;
		nr_empty += populated && empty;
	}
	BUG_ON(chunk->nr_populated != nr_populated);
	BUG_ON(chunk->nr_empty_pop_pages != nr_empty);
}

/* Checks PCPU7: no aligned free run is as long as a request ruled out. */
static void check_unfit(const struct pcpu_chunk *chunk)
{
	unsigned int run = 0;

	for (unsigned int bit = PCPU_UNIT_BITS; bit-- > 0;) {
		run = test_bit(bit, chunk->alloc_map) ? 0 : run + 1;
		for (unsigned int i = 0; i < PCPU_NR_ALIGNS; i++)
			BUG_ON(IS_ALIGNED(bit, 1U << i) &&
			       run >= chunk->unfit[i]);
	}
}

static void check_chunk(const struct pcpu_chunk *chunk)
{
	unsigned int free = 0;

	check_md(&chunk->chunk_md, chunk->alloc_map, 0, PCPU_UNIT_BITS);
	for (unsigned int block = 0; block < PCPU_UNIT_PAGES; block++)
		check_md(&chunk->md_blocks[block], chunk->alloc_map,
			 block * PCPU_BLOCK_BITS, PCPU_BLOCK_BITS);
	check_bounds(chunk);
	check_pages(chunk);
	check_unfit(chunk);
	for (unsigned int bit = 0; bit < PCPU_UNIT_BITS; bit++)
		free += !test_bit(bit, chunk->alloc_map);
	BUG_ON(chunk->free_bytes != free * PCPU_MIN_ALLOC_SIZE);
	BUG_ON(!free != !chunk->slot);
	BUG_ON(free &&
	       chunk->slot != pcpu_size_to_slot(chunk->chunk_md.contig_hint *
						PCPU_MIN_ALLOC_SIZE));
	BUG_ON(pcpu_chunk_addr_search(chunk->base_addr) != chunk);
}

static void check_all(void)
{
	unsigned int nr = 0, nr_populated = 0, nr_empty = 0;
	struct pcpu_chunk *chunk;

	for (unsigned int slot = 0; slot < PCPU_NR_SLOTS; slot++)
		list_for_each_entry(chunk, &pcpu.slots[slot], list) {
			BUG_ON(chunk->slot != slot);
			check_chunk(chunk);
			nr++;
			nr_populated += chunk->nr_populated;
			nr_empty += chunk->nr_empty_pop_pages;
		}
	BUG_ON(pcpu.nr_chunks != nr);
	BUG_ON(pcpu.nr_populated != nr_populated);
	BUG_ON(pcpu.nr_empty_pop_pages != nr_empty);
	for (struct rb_node *node = rb_first(&pcpu.chunks); node;
	     node = rb_next(node))
		nr--;
	BUG_ON(nr || rb_check(&pcpu.chunks));
}

void percpu_check(void)
{
	if (!pcpu.up)
		return;
	spin_lock(&pcpu_alloc_mutex);
	spin_lock(&pcpu_lock);
	check_all();
	spin_unlock(&pcpu_lock);
	spin_unlock(&pcpu_alloc_mutex);
}
