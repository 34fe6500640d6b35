// SPDX-License-Identifier: MIT
/*
 * grow.c - workload (e): realloc growth of many buffers
 *
 * 500 buffers grow side by side, each by the policy of some real container,
 * until they reach a limit of their own; then they are cut to fit, checked in
 * full and freed, and another starts from nothing. Growing them in turns keeps
 * a buffer's neighbours busy, as in programs.
 *
 *	policies	25% double, 25% one and a half, 25% by an eighth + 48
 *			(lists of interpreters), 25% append 64-512 bytes and
 *			realloc each time (string builders)
 *	first size	16-64
 *	limits		70% 256 B-4 KiB, 22% 4-64 KiB, 7.8% 64 KiB-1 MiB,
 *			0.2% 4-16 MiB; appenders stop at 16 KiB
 *	live set	about 10 MiB, and the few big ones
 *
 * A word is written every 256 bytes and checked after the moves.
 *
 * Usage	grow [scale]
 */
#include "work.h"

#define NR_BUFS 500
#define STEPS 1500000
#define GRID 256

enum policy { DOUBLE, HALF_MORE, EIGHTH_MORE, APPEND, NR_POLICIES };

struct buf {
	unsigned char *p;
	size_t size, limit;
	uint64_t tag;
	enum policy policy;
};

static const struct size_band limits[] = {
	{ 700, 256, 4096 },
	{ 920, 4096, KIB(64) },
	{ 998, KIB(64), MIB(1) },
	{ 1000, MIB(4), MIB(16) },
};

static struct buf bufs[NR_BUFS];

static void write_grid(struct buf *buf, size_t from, size_t to)
{
	size_t i;

	for (i = (from + GRID - 1) / GRID * GRID; i + 8 <= to; i += GRID)
		put_word(buf->p + i, buf->tag + i);
}

static void check_grid(const struct buf *buf, size_t to)
{
	size_t i;

	for (i = 0; i + 8 <= to; i += GRID)
		if (get_word(buf->p + i) != buf->tag + i)
			die("realloc lost what was written");
}

static void buf_start(struct buf *buf, struct rng *rng)
{
	buf->policy = (enum policy)rng_below(rng, NR_POLICIES);
	buf->limit = pick_size(rng, limits);
	if (buf->policy == APPEND && buf->limit > KIB(16))
		buf->limit = KIB(16);
	buf->tag = rng_next(rng);
	buf->size = rng_range(rng, 16, 64);
	buf->p = must(malloc(buf->size), buf->size);
	write_grid(buf, 0, buf->size);
}

static uint64_t buf_finish(struct buf *buf)
{
	size_t fit = buf->size - buf->size / 8;

	buf->p = must(realloc(buf->p, fit), fit);
	check_grid(buf, fit);
	free(buf->p);
	return buf->tag ^ buf->size;
}

static size_t next_size(const struct buf *buf, struct rng *rng)
{
	switch (buf->policy) {
	case DOUBLE:
		return buf->size * 2;
	case HALF_MORE:
		return buf->size + buf->size / 2;
	case EIGHTH_MORE:
		return buf->size + buf->size / 8 + 48;
	default:
		return buf->size + rng_range(rng, 64, 512);
	}
}

/* A move that loses bytes loses the last or the first ones: look there. */
static void buf_grow(struct buf *buf, size_t size)
{
	size_t old = buf->size, last = (old - 8) / GRID * GRID;

	buf->p = must(realloc(buf->p, size), size);
	if (get_word(buf->p) != buf->tag ||
	    get_word(buf->p + last) != buf->tag + last)
		die("realloc lost an end");
	buf->size = size;
	/* The word that straddled the old end was not written before. */
	write_grid(buf, old - 7, size);
}

int main(int argc, char **argv)
{
	size_t steps = scaled(argc, argv, STEPS), i;
	struct rng rng = { 31337 };
	uint64_t sum = 0;

	for (i = 0; i < NR_BUFS; i++)
		buf_start(&bufs[i], &rng);
	while (steps--) {
		struct buf *buf = &bufs[rng_below(&rng, NR_BUFS)];

		if (buf->size >= buf->limit) {
			sum += buf_finish(buf);
			buf_start(buf, &rng);
		} else {
			buf_grow(buf, next_size(buf, &rng));
		}
	}
	for (i = 0; i < NR_BUFS; i++)
		sum += buf_finish(&bufs[i]);
	printf("grow %016lx\n", sum);
	return 0;
}
