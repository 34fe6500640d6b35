// SPDX-License-Identifier: MIT
/*
 * values.c - shapes of a store of values: lognormal, evict, overhead
 *
 *	lognormal	30,000 values of 206 * exp(3.43 N(0, 1)) bytes, 200 kB
 *			at most, each overwritten five times on average
 *	evict		values of 1 to 8 MiB in a cache of 200 MiB: a random
 *			one goes for each that comes; then half of them go
 *	overhead	32 MiB of blocks of one size, each size in a process of
 *			its own
 */
#include "shape.h"

#include <malloc.h>
#include <math.h>

#define VALUES 30000
#define LARGEST 200000
#define CACHE MIB(200)
#define PLACES 256
#define EVICTIONS 1000
#define OF_A_SIZE MIB(32)

/* Normally distributed, by Box and Muller. */
static double normal(struct rng *rng)
{
	double u = ((double)(rng_next(rng) >> 11) + 0.5) * 0x1p-53;
	double v = (double)(rng_next(rng) >> 11) * 0x1p-53;

	return sqrt(-2 * log(u)) * cos(2 * M_PI * v);
}

static size_t lognormal_size(struct rng *rng)
{
	double size = 206 * exp(3.43 * normal(rng));

	return size > LARGEST ? LARGEST : size < 8 ? 8 : (size_t)size;
}

void shape_lognormal(void)
{
	size_t n = at_scale(VALUES), i, k;
	struct ref *refs = new_table(n);
	struct rng rng = { 9 };

	mark("start");
	for (i = 0; i < n; i++)
		refs[i] = hold(&rng, lognormal_size(&rng));
	mark("filled");
	for (k = 0; k < 5 * n; k++) {
		i = rng_below(&rng, (uint32_t)n);
		drop(&refs[i]);
		refs[i] = hold(&rng, lognormal_size(&rng));
	}
	mark("overwritten");
	pause_for(1.2);
	few_calls();
	mark("calls");
	malloc_trim(0);
	mark("trim");
}

void shape_evict(void)
{
	struct ref *refs = new_table(PLACES), *ref;
	struct rng rng = { 10 };
	size_t n = 0;

	mark("start");
	while (atomic_load(&board->live) < at_scale(CACHE))
		refs[n++] = hold(&rng, rng_range(&rng, MIB(1), MIB(8)));
	mark("full");
	for (size_t i = 0; i < at_scale(EVICTIONS); i++) {
		ref = &refs[rng_below(&rng, (uint32_t)n)];
		drop(ref);
		*ref = hold(&rng, rng_range(&rng, MIB(1), MIB(8)));
	}
	mark("replaced");
	drop_all(refs, n / 2);
	mark("half gone");
	pause_for(1.2);
	few_calls();
	mark("calls");
	drop_all(refs, n);
	mark("all gone");
	pause_for(1.2);
	mark("1 s idle");
}

static void one_size(size_t size)
{
	size_t n = (at_scale(OF_A_SIZE) + size - 1) / size;
	struct ref *refs = new_table(n);
	struct rng rng = { size };
	char name[32];

	mark("start");
	for (size_t i = 0; i < n; i++)
		refs[i] = hold(&rng, size);
	snprintf(name, sizeof(name), "%zu B", size);
	mark(name);
}

void shape_overhead(void)
{
	static const size_t sizes[] = {
		24,	 40,	  56,	   100,	   130,	   200,	   260,
		400,	 520,	  650,	   1040,   1300,   1600,   2100,
		2600,	 3000,	  3500,	   4200,   5000,   6000,   8200,
		10000,	 12300,	  16500,   20000,  25000,  33000,  50000,
		66000,	 100000,  135000,  266240, 300000, 550000, 1060000,
		2200000, 4300000, 8400000,
	};

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		if (!in_child())
			continue;
		one_size(sizes[i]);
		end_child();
	}
}
