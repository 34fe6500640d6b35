// SPDX-License-Identifier: MIT
/*
 * bulk.c - workload (d): many small blocks, then all freed, in four orders
 *
 * What a parser, a query or a frame of a game does: build, use, tear down. The
 * order of the frees decides whether an allocator finds its metadata in the
 * cache: the reverse of the allocation, the same, a random permutation, and a
 * stride that visits each region of the heap over and over.
 *
 *	sizes		16 24 32 48 64 96 128 192 256 512, one size at a time,
 *			then a mix of 8-256
 *	live set	4 MiB of blocks, at most 100,000
 *
 * Usage	bulk [scale]
 */
#include "work.h"

#define MAX_BLOCKS 100000
#define LIVE_BYTES MIB(4)
#define STRIDE 7919 /* a prime above every divisor in use */
#define ROUNDS 8

enum order { LIFO, FIFO, RANDOM, STRIDED, NR_ORDERS };

static const size_t sizes[] = {
	16, 24, 32, 48, 64, 96, 128, 192, 256, 512, 0, /* 0: the mix */
};

static struct ref blocks[MAX_BLOCKS];
static uint32_t shuffled[MAX_BLOCKS];

static size_t count_of(size_t size)
{
	size_t n = LIVE_BYTES / (size ? size : 132);

	return n < MAX_BLOCKS ? n : MAX_BLOCKS;
}

static void shuffle(struct rng *rng, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		shuffled[i] = (uint32_t)i;
	for (i = n - 1; i > 0; i--) {
		uint32_t j = rng_below(rng, (uint32_t)i + 1), t = shuffled[i];

		shuffled[i] = shuffled[j];
		shuffled[j] = t;
	}
}

static uint64_t free_all(enum order order, size_t n)
{
	uint64_t sum = 0;
	size_t i, at = 0;

	for (i = 0; i < n; i++) {
		switch (order) {
		case LIFO:
			at = n - 1 - i;
			break;
		case RANDOM:
			at = shuffled[i];
			break;
		case STRIDED:
			at = i ? (at + STRIDE) % n : 0;
			break;
		default:
			at = i;
			break;
		}
		sum += ref_free(&blocks[at]);
	}
	return sum;
}

static uint64_t run_size(struct rng *rng, size_t size)
{
	size_t n = count_of(size), i;
	uint64_t sum = 0;
	int order;

	while (n % STRIDE == 0)
		n--;
	shuffle(rng, n);
	for (order = 0; order < NR_ORDERS; order++) {
		for (i = 0; i < n; i++)
			blocks[i] = ref_alloc(size ? size :
						     rng_range(rng, 8, 256),
					      (uint32_t)i);
		sum += free_all((enum order)order, n);
	}
	return sum;
}

int main(int argc, char **argv)
{
	size_t rounds = scaled(argc, argv, ROUNDS), i;
	struct rng rng = { 99 };
	uint64_t sum = 0;

	while (rounds--)
		for (i = 0; i < ARRAY_SIZE(sizes); i++)
			sum += run_size(&rng, sizes[i]);
	printf("bulk %016lx\n", sum);
	return 0;
}
