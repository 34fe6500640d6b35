// SPDX-License-Identifier: MIT
/*
 * lifetimes.c - shapes that mix what dies soon with what stays
 *
 *	lifetimes	blocks of 16 to 1,024 bytes: 60% live as long as 128
 *			others, 30% as 20,000, the rest as 200,000, one of 250
 *			for ever; then the first two kinds go, then the third
 *	interleave	blocks of 128 KiB and of 512 bytes in turn, 256 MiB, all
 *			freed, 20 times
 */
#include "shape.h"

#include <malloc.h>

#define SHORT 128
#define MIDDLE 20000
#define LONG 200000
#define OPS 2500000
#define PAIRS 2000
#define ROUNDS 20

/* The blocks of one kind; a new one takes the place of a random other. */
struct kind {
	struct ref *refs;
	size_t n;
};

static void put_block(struct kind *kind, struct rng *rng, size_t size)
{
	struct ref *ref = &kind->refs[rng_below(rng, (uint32_t)kind->n)];

	drop(ref);
	*ref = hold(rng, size);
}

static struct kind new_kind(size_t n)
{
	return (struct kind){ new_table(n), n };
}

static void drop_kind(struct kind *kind)
{
	drop_all(kind->refs, kind->n);
}

void shape_lifetimes(void)
{
	struct kind shorts = new_kind(SHORT);
	struct kind middles = new_kind(at_scale(MIDDLE));
	struct kind longs = new_kind(at_scale(LONG));
	struct rng rng = { 13 };
	size_t size;
	uint32_t x;

	mark("start");
	for (size_t i = 0; i < at_scale(OPS); i++) {
		x = rng_below(&rng, 1000);
		size = rng_range(&rng, 16, 1024);
		if (x < 4)
			hold(&rng, size);
		else
			put_block(x < 600 ? &shorts :
				  x < 900 ? &middles :
					    &longs,
				  &rng, size);
	}
	mark("steady");
	drop_kind(&shorts);
	drop_kind(&middles);
	mark("short ones gone");
	drop_kind(&longs);
	mark("long ones gone");
	pause_for(1.2);
	few_calls();
	mark("calls");
	malloc_trim(0);
	mark("trim");
}

void shape_interleave(void)
{
	size_t n = 2 * at_scale(PAIRS);
	struct ref *refs = new_table(n);
	struct rng rng = { 14 };

	mark("start");
	for (int round = 1; round <= ROUNDS; round++) {
		for (size_t i = 0; i < n; i++)
			refs[i] = hold(&rng, i & 1 ? KIB(128) : 512);
		if (round == 1)
			mark("round 1");
		else if (round == ROUNDS)
			mark("round 20");
		drop_all(refs, n);
	}
	mark("freed");
	pause_for(1.2);
	mark("1 s idle");
	few_calls();
	mark("calls");
}
