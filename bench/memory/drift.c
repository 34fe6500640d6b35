// SPDX-License-Identifier: MIT
/*
 * drift.c - shape drift: a cache whose sizes grow slowly
 *
 * A cache of 150 MiB. What is put in pushes the oldest out, but one of eight
 * of these stays and is the youngest again. Sizes are uniform in [b/2, 3b/2),
 * and b goes from 100 bytes to 20 kB in 40 steps of 14.5%, with 60 MiB put in
 * at each.
 *
 *	ring	[ .. oldest ........ youngest .. ]	2^22 places
 *		      head ->          tail ->
 */
#include "shape.h"

#include <malloc.h>

#define LIVE MIB(150)
#define PUT MIB(60)
#define STEPS 40
#define FACTOR 1.145
#define PLACES ((size_t)1 << 22)

static struct ref *ring;
static size_t head, tail;

static void put_last(struct ref ref)
{
	ring[tail++ % PLACES] = ref;
	if (tail - head > PLACES)
		die("the ring is full");
}

static void evict_oldest(struct rng *rng)
{
	struct ref *ref = &ring[head++ % PLACES];

	if (rng_below(rng, 8))
		drop(ref);
	else
		put_last(*ref);
}

static void put_step(struct rng *rng, size_t base)
{
	size_t put = 0, size;

	while (put < at_scale(PUT)) {
		size = rng_range(rng, base / 2, base / 2 + base - 1);
		while (atomic_load(&board->live) + size > at_scale(LIVE))
			evict_oldest(rng);
		put_last(hold(rng, size));
		put += size;
	}
}

void shape_drift(void)
{
	struct rng rng = { 6 };
	double base = 100;

	ring = new_table(PLACES);
	mark("start");
	for (int step = 1; step <= STEPS; step++) {
		put_step(&rng, (size_t)base);
		base *= FACTOR;
		if (step == 10)
			mark("step 10");
		else if (step == 20)
			mark("step 20");
		else if (step == 30)
			mark("step 30");
	}
	mark("end");
	malloc_trim(0);
	mark("trim");
}
