// SPDX-License-Identifier: MIT
/*
 * large.c - workload (f): large blocks, with touching
 *
 * Images, matrices, I/O buffers: blocks of 1 to 32 MiB come and go in six
 * slots, and what is asked for is written, a word a page. What it costs is
 * page faults, and whether the allocator kept the pages of the last block; the
 * peak of memory says what keeping them costs.
 *
 *	sizes		1-32 MiB, each power of two as likely as the next
 *	of ten blocks	6 malloc, written in full; 2 calloc, checked to be
 *			zero, then written; 1 malloc, a quarter written;
 *			1 malloc, written, realloc to one and a half, the rest
 *			written
 *	live set	about 70 MiB
 *
 * Usage	large [scale]
 */
#include "work.h"

#define SLOTS 6
#define OPS 500
#define PAGE 4096UL

struct block {
	unsigned char *p;
	size_t written;
	uint64_t tag;
};

static struct block slots[SLOTS];

static void write_pages(struct block *block, size_t from, size_t to)
{
	size_t i;

	for (i = from; i < to; i += PAGE)
		put_word(block->p + i, block->tag + i);
	block->written = to;
}

static void expect_zero(const unsigned char *p, size_t size)
{
	uint64_t seen = 0;
	size_t i;

	for (i = 0; i < size; i += PAGE)
		seen |= get_word(p + i) | get_word(p + i + PAGE - 8);
	if (seen)
		die("calloc gave memory that is not zero");
}

static void block_make(struct block *block, struct rng *rng)
{
	size_t base = MIB(1) << rng_below(rng, 5);
	size_t size = rng_range(rng, base, base * 2) / PAGE * PAGE;
	uint32_t kind = rng_below(rng, 10);

	block->tag = rng_next(rng);
	if (kind < 2) {
		block->p = must(calloc(size / 64, 64), size);
		expect_zero(block->p, size);
	} else {
		block->p = must(malloc(size), size);
	}
	if (kind == 2) {
		write_pages(block, 0, size / 4);
		return;
	}
	write_pages(block, 0, size);
	if (kind == 3) {
		block->p = must(realloc(block->p, size + size / 2), size);
		write_pages(block, size, size + size / 2);
	}
}

static uint64_t block_drop(struct block *block)
{
	size_t i;

	for (i = 0; i < block->written; i += PAGE)
		if (get_word(block->p + i) != block->tag + i)
			die("a large block does not hold what was written");
	free(block->p);
	block->p = NULL;
	return block->tag ^ block->written;
}

int main(int argc, char **argv)
{
	size_t ops = scaled(argc, argv, OPS), i;
	struct rng rng = { 2026 };
	uint64_t sum = 0;

	while (ops--) {
		struct block *block = &slots[rng_below(&rng, SLOTS)];

		if (block->p)
			sum += block_drop(block);
		block_make(block, &rng);
	}
	for (i = 0; i < SLOTS; i++)
		if (slots[i].p)
			sum += block_drop(&slots[i]);
	printf("large %016lx\n", sum);
	return 0;
}
