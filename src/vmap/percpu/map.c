// SPDX-License-Identifier: MIT
/*
 * vmap/percpu/map.c - the maps of a chunk: first fit, found by hints
 *
 * A search goes from free run to free run, lowest first, and skips blocks that
 * have no place without looking at their bits:
 *
 *	request 6	block 0		 block 1	  block 2
 *			|##..##....#...| |.......#####|   |...
 *	contig_hint	 4: too small	  7
 *	right_free	 3		  left_free 7
 *			  in block 0 only the run at its end can do: it goes on
 *			  in block 1, 3 + 7
 *
 * In a block that has a run of the size, one larger than scan_hint has to be at
 * contig_hint or behind it; else the search starts at first_free.
 *
 * A request with a large alignment may find no place in many chunks that have
 * the room. `unfit` remembers failed searches by alignment until something is
 * freed.
 *
 * Hints are made anew from the bits of every block that an operation touched,
 * and those of the chunk from its blocks; so they are exact.
 *
 * Locking	pcpu_lock, or the chunk is not published yet
 * Invariants	PCPU1, PCPU2, PCPU7 of internal.h
 * Source	Linux v6.12 mm/percpu.c, pcpu_find_block_fit(),
 *		pcpu_alloc_area(), pcpu_free_area(), pcpu_block_refresh_hint(),
 *		pcpu_chunk_refresh_hint() (docs/kernel.md Y9)
 */
#include "core/bug.h"
#include "vmap/percpu/internal.h"

struct run {
	unsigned int start, end; /* bits */
};

/* ---- hints --------------------------------------------------------------- */

static void md_reset(struct pcpu_block_md *md, unsigned int nr_bits)
{
	*md = (struct pcpu_block_md){
		.first_free = (u16)nr_bits,
		.nr_bits = (u16)nr_bits,
	};
}

/* Add a free run behind all that were added before. */
static void md_add(struct pcpu_block_md *md, unsigned int start,
		   unsigned int nr)
{
	if (!nr)
		return;
	if (md->first_free == md->nr_bits)
		md->first_free = (u16)start;
	if (!start)
		md->left_free = (u16)nr;
	if (start + nr == md->nr_bits)
		md->right_free = (u16)nr;
	if (nr <= md->contig_hint)
		return;
	md->scan_hint = md->contig_hint;
	md->scan_hint_start = md->contig_hint_start;
	md->contig_hint = (u16)nr;
	md->contig_hint_start = (u16)start;
}

static void block_refresh(struct pcpu_chunk *chunk, unsigned int block)
{
	struct pcpu_block_md *md = &chunk->md_blocks[block];
	unsigned int base = block * PCPU_BLOCK_BITS;
	unsigned int end = base + PCPU_BLOCK_BITS, at = base, next;

	md_reset(md, PCPU_BLOCK_BITS);
	for (; at < end; at = next) {
		at = find_next_zero_bit(chunk->alloc_map, end, at);
		next = find_next_bit(chunk->alloc_map, end, at);
		md_add(md, at - base, next - at);
	}
}

/* A run of a block that touches neither of its ends. */
static void add_inner(struct pcpu_block_md *md, unsigned int base,
		      unsigned int start, unsigned int nr)
{
	if (start && start + nr < PCPU_BLOCK_BITS)
		md_add(md, base + start, nr);
}

/*
 * Only the two largest runs inside a block can be the largest of the chunk, or
 * the largest in front of that. Runs at its ends may continue in the next
 * block.
 */
static void chunk_refresh(struct pcpu_chunk *chunk)
{
	struct pcpu_block_md *md = &chunk->chunk_md;
	unsigned int start = 0, nr = 0, first_free = PCPU_UNIT_BITS;

	md_reset(md, PCPU_UNIT_BITS);
	for (unsigned int block = 0; block < PCPU_UNIT_PAGES; block++) {
		const struct pcpu_block_md *b = &chunk->md_blocks[block];
		unsigned int base = block * PCPU_BLOCK_BITS;

		if (first_free == PCPU_UNIT_BITS && b->contig_hint)
			first_free = base + b->first_free;
		if (!nr)
			start = base;
		nr += b->left_free;
		if (b->left_free == PCPU_BLOCK_BITS)
			continue;
		md_add(md, start, nr);
		add_inner(md, base, b->scan_hint_start, b->scan_hint);
		add_inner(md, base, b->contig_hint_start, b->contig_hint);
		nr = b->right_free;
		start = base + PCPU_BLOCK_BITS - nr;
	}
	md_add(md, start, nr);
	md->first_free = (u16)first_free;
}

/* Bits [bit, bit + nr) were set or cleared. */
static void refresh_hints(struct pcpu_chunk *chunk, unsigned int bit,
			  unsigned int nr)
{
	unsigned int last = pcpu_page_of(bit + nr - 1);

	for (unsigned int block = pcpu_page_of(bit); block <= last; block++)
		block_refresh(chunk, block);
	chunk_refresh(chunk);
}

bool pcpu_page_empty(const struct pcpu_chunk *chunk, unsigned int page)
{
	return chunk->md_blocks[page].contig_hint == PCPU_BLOCK_BITS;
}

/* Called when something was freed. */
static void forget_unfit(struct pcpu_chunk *chunk)
{
	for (unsigned int i = 0; i < PCPU_NR_ALIGNS; i++)
		chunk->unfit[i] = PCPU_UNIT_BITS + 1;
}

/* A request found no place: no larger alignment will find one either. */
static void remember_unfit(struct pcpu_chunk *chunk,
			   const struct pcpu_request *req)
{
	for (unsigned int i = ilog2(req->align); i < PCPU_NR_ALIGNS; i++)
		chunk->unfit[i] = min(chunk->unfit[i], (u16)req->bits);
}

void pcpu_map_init(struct pcpu_chunk *chunk)
{
	__set_bit(0, chunk->bound_map);
	__set_bit(PCPU_UNIT_BITS, chunk->bound_map);
	chunk->free_bytes = PCPU_MIN_UNIT_SIZE;
	forget_unfit(chunk);
	refresh_hints(chunk, 0, PCPU_UNIT_BITS);
}

/* ---- finding a place ----------------------------------------------------- */

/* Returns the lowest bit at which a run of at least `bits` can begin. */
static unsigned int next_hint(const struct pcpu_block_md *md, unsigned int bits)
{
	return bits > md->scan_hint ? md->contig_hint_start : md->first_free;
}

/* Returns the end of a free run that reaches the end of block - 1. */
static unsigned int run_end(const struct pcpu_chunk *chunk, unsigned int block)
{
	while (block < PCPU_UNIT_PAGES && pcpu_page_empty(chunk, block))
		block++;
	if (block == PCPU_UNIT_PAGES)
		return PCPU_UNIT_BITS;
	return block * PCPU_BLOCK_BITS + chunk->md_blocks[block].left_free;
}

/* Finds the next free run of at least `bits` from run->end on; false: none. */
static bool next_run(const struct pcpu_chunk *chunk, unsigned int bits,
		     struct run *run)
{
	unsigned int at = run->end;

	while (at < PCPU_UNIT_BITS) {
		unsigned int block = pcpu_page_of(at);
		const struct pcpu_block_md *md = &chunk->md_blocks[block];
		unsigned int base = block * PCPU_BLOCK_BITS;
		unsigned int end = base + PCPU_BLOCK_BITS;

		if (md->contig_hint >= bits)
			at = max(at, base + next_hint(md, bits));
		else
			at = max(at, end - md->right_free);
		run->start = find_next_zero_bit(chunk->alloc_map, end, at);
		run->end = find_next_bit(chunk->alloc_map, end, run->start);
		if (run->start < end && run->end == end)
			run->end = run_end(chunk, block + 1);
		if (run->end - run->start >= bits)
			return true;
		at = run->end;
	}
	return false;
}

static int place_in_run(const struct pcpu_chunk *chunk,
			const struct pcpu_request *req, const struct run *run)
{
	unsigned int at = ALIGN(run->start, req->align);

	while (at + req->bits <= run->end) {
		unsigned int end = pcpu_page_of(at + req->bits - 1) + 1, hole;

		if (!(req->flags & PCPU_POP_ONLY))
			return (int)at;
		hole = find_next_zero_bit(chunk->populated, end,
					  pcpu_page_of(at));
		if (hole == end)
			return (int)at;
		at = ALIGN((hole + 1) * PCPU_BLOCK_BITS, req->align);
	}
	return -1;
}

int pcpu_find_block_fit(struct pcpu_chunk *chunk,
			const struct pcpu_request *req)
{
	struct run run;
	int at = -1;

	VM_BUG_ON(!req->bits || req->align > PCPU_BLOCK_BITS);
	if (req->bits > chunk->chunk_md.contig_hint ||
	    req->bits >= chunk->unfit[ilog2(req->align)])
		return -1;
	run.end = next_hint(&chunk->chunk_md, req->bits);
	while (at < 0 && next_run(chunk, req->bits, &run))
		at = place_in_run(chunk, req, &run);
	if (at < 0 && !(req->flags & PCPU_POP_ONLY))
		remember_unfit(chunk, req);
	return at;
}

/* ---- taking and giving --------------------------------------------------- */

void pcpu_alloc_area(struct pcpu_chunk *chunk, unsigned int bit,
		     unsigned int nr)
{
	VM_BUG_ON(find_next_bit(chunk->alloc_map, bit + nr, bit) != bit + nr);
	bitmap_set(chunk->alloc_map, bit, nr);
	__set_bit(bit, chunk->bound_map);
	__set_bit(bit + nr, chunk->bound_map);
	chunk->free_bytes -= nr << PCPU_MIN_ALLOC_SHIFT;
	refresh_hints(chunk, bit, nr);
}

unsigned int pcpu_area_size(const struct pcpu_chunk *chunk, unsigned int bit)
{
	if (!test_bit(bit, chunk->alloc_map) ||
	    !test_bit(bit, chunk->bound_map))
		return 0;
	return find_next_bit(chunk->bound_map, PCPU_UNIT_BITS + 1, bit + 1) -
	       bit;
}

/* The free run grows over its borders with free neighbours. */
void pcpu_free_area(struct pcpu_chunk *chunk, unsigned int bit)
{
	unsigned int nr = pcpu_area_size(chunk, bit), end = bit + nr;

	VM_BUG_ON(!nr);
	bitmap_clear(chunk->alloc_map, bit, nr);
	if (bit && !test_bit(bit - 1, chunk->alloc_map))
		__clear_bit(bit, chunk->bound_map);
	if (end < PCPU_UNIT_BITS && !test_bit(end, chunk->alloc_map))
		__clear_bit(end, chunk->bound_map);
	chunk->free_bytes += nr << PCPU_MIN_ALLOC_SHIFT;
	forget_unfit(chunk);
	refresh_hints(chunk, bit, nr);
}
