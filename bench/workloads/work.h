/* SPDX-License-Identifier: MIT */
/*
 * work.h - what the written workloads share
 *
 * A deterministic random generator, size distributions, and blocks that carry
 * what checks them. A block is written when it is allocated and checked when it
 * is freed, so an allocator that hands memory out twice, moves bytes or breaks
 * alignment ends the program with status 1 instead of winning the race.
 *
 *	word 0          one word a step              last 8 bytes
 *	[tag+0]........[tag+step].........[...]......[tag+size]
 *
 * The step is a cache line for small blocks and grows to a page for large
 * ones: about what programs write into memory that they have just been given.
 *
 * The checksum is a sum over all blocks, so it does not depend on the order in
 * which threads meet, and it never holds an address.
 */
#ifndef WORK_H
#define WORK_H

#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define KIB(n) ((size_t)(n) << 10)
#define MIB(n) ((size_t)(n) << 20)

/* One line on stderr, then status 1: the runner shows it as a failed row. */
static inline _Noreturn void die(const char *what)
{
	fprintf(stderr, "workload: %s\n", what);
	exit(1);
}

/* splitmix64: one word of state, every seed is good. */
struct rng {
	uint64_t state;
};

static inline uint64_t rng_next(struct rng *rng)
{
	uint64_t z = (rng->state += 0x9e3779b97f4a7c15UL);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9UL;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebUL;
	return z ^ (z >> 31);
}

/* A number in [0, n), for n below 2^32. */
static inline uint32_t rng_below(struct rng *rng, uint32_t n)
{
	return (uint32_t)(((rng_next(rng) >> 32) * n) >> 32);
}

/* A number in [lo, hi]. */
static inline size_t rng_range(struct rng *rng, size_t lo, size_t hi)
{
	return lo + rng_below(rng, (uint32_t)(hi - lo + 1));
}

/* One band of a size distribution; upto is cumulative, in thousandths. */
struct size_band {
	uint32_t upto;
	size_t lo, hi;
};

/* The last band of a table has upto == 1000. */
static inline size_t pick_size(struct rng *rng, const struct size_band *band)
{
	uint32_t x = rng_below(rng, 1000);

	while (x >= band->upto)
		band++;
	return rng_range(rng, band->lo, band->hi);
}

/* A block, its size (8 bytes at least) and the tag that it was filled with. */
struct ref {
	unsigned char *p;
	uint32_t size;
	uint32_t tag;
};

static inline void put_word(unsigned char *p, uint64_t word)
{
	memcpy(p, &word, sizeof(word));
}

static inline uint64_t get_word(const unsigned char *p)
{
	uint64_t word;

	memcpy(&word, p, sizeof(word));
	return word;
}

static inline size_t touch_step(size_t size)
{
	return size <= 1024 ? 64 : size <= KIB(32) ? 256 : 4096;
}

static inline void ref_fill(const struct ref *ref)
{
	size_t step = touch_step(ref->size), i;

	for (i = 0; i + 16 <= ref->size; i += step)
		put_word(ref->p + i, ref->tag + i);
	put_word(ref->p + ref->size - 8, ref->tag + (uint64_t)ref->size);
}

/* Checks all that ref_fill() wrote; returns the block's part of the sum. */
static inline uint64_t ref_check(const struct ref *ref)
{
	size_t step = touch_step(ref->size), i;
	uint64_t bad = 0;

	for (i = 0; i + 16 <= ref->size; i += step)
		bad |= get_word(ref->p + i) ^ (ref->tag + i);
	bad |= get_word(ref->p + ref->size - 8) ^
	       (ref->tag + (uint64_t)ref->size);
	if (bad)
		die("a block does not hold what was written to it");
	return ref->tag * 0x100000001b3UL + ref->size;
}

/*
 * NULL and misaligned blocks end the program. Below 16 bytes an alignment of 8
 * is enough here, as C has it and as jemalloc, mimalloc and tcmalloc give.
 */
static inline void *must(void *p, size_t size)
{
	if (!p)
		die("out of memory");
	if ((uintptr_t)p & (size < 16 ? 7 : 15))
		die("a block is not aligned");
	return p;
}

static inline struct ref ref_alloc(size_t size, uint32_t tag)
{
	struct ref ref = { must(malloc(size), size), (uint32_t)size, tag };

	ref_fill(&ref);
	return ref;
}

static inline uint64_t ref_free(struct ref *ref)
{
	uint64_t sum = ref_check(ref);

	free(ref->p);
	ref->p = NULL;
	return sum;
}

/*
 * Arguments of every workload: [scale [threads]]. The scale multiplies the
 * work, not the live set. Returns n times the scale, at least 1.
 */
static inline size_t scaled(int argc, char **argv, size_t n)
{
	double scale = argc > 1 ? atof(argv[1]) : 1.0;
	double x = (double)n * scale;

	if (scale <= 0)
		die("the scale must be a number above 0");
	return x < 1 ? 1 : (size_t)x;
}

static inline unsigned int threads_arg(int argc, char **argv, unsigned int def,
				       unsigned int max)
{
	unsigned int n = argc > 2 ? (unsigned int)atoi(argv[2]) : def;

	if (n < 1 || n > max)
		die("bad number of threads");
	return n;
}

#endif
