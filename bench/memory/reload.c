// SPDX-License-Identifier: MIT
/*
 * reload.c - shapes whose sizes change in bursts: reload, phases
 *
 *	reload	30 bursts of 100 MiB; burst k has sizes uniform in
 *		[32 + 37k, 64 + 74k), of each 2% survive, the rest is freed
 *	phases	12 phases of 60 MiB; phase k has sizes from 32 * 1.6^k up to
 *		those of the next, which no other phase has. While a phase is
 *		built, the one before it goes, but for 1% that stay
 */
#include "shape.h"

#include <malloc.h>

#define BURSTS 30
#define BURST MIB(100)
#define PHASES 12
#define PHASE MIB(60)
#define PHASE_FACTOR 1.6
#define SMALLEST 32

/* Fills up to bytes with sizes in [lo, hi); returns how many blocks. */
static size_t build(struct ref *refs, struct rng *rng, size_t bytes, size_t lo,
		    size_t hi)
{
	size_t n = 0, held = 0;

	while (held < bytes) {
		refs[n] = hold(rng, rng_range(rng, lo, hi - 1));
		held += refs[n++].size;
	}
	return n;
}

/* Frees all but one of so many; the survivors are never freed. */
static void thin(struct ref *refs, size_t n, struct rng *rng,
		 unsigned int one_of)
{
	for (size_t i = 0; i < n; i++)
		if (rng_below(rng, one_of))
			drop(&refs[i]);
}

void shape_reload(void)
{
	struct ref *refs = new_table(at_scale(BURST) / SMALLEST + 1);
	struct rng rng = { 7 };
	size_t n, k;

	mark("start");
	for (k = 0; k < BURSTS; k++) {
		n = build(refs, &rng, at_scale(BURST), 32 + 37 * k,
			  64 + 74 * k);
		thin(refs, n, &rng, 50);
		if (k == 9)
			mark("10 bursts");
		else if (k == 19)
			mark("20 bursts");
	}
	mark("30 bursts");
	pause_for(1.2);
	few_calls();
	mark("calls");
	malloc_trim(0);
	mark("trim");
}

void shape_phases(void)
{
	size_t most = at_scale(PHASE) / SMALLEST + 1;
	struct ref *young = new_table(most), *old = new_table(most), *next;
	size_t n, n_old = 0;
	struct rng rng = { 8 };
	double base = SMALLEST;

	mark("start");
	for (int k = 1; k <= PHASES; k++) {
		n = build(young, &rng, at_scale(PHASE), (size_t)base,
			  (size_t)(base * PHASE_FACTOR));
		base *= PHASE_FACTOR;
		thin(old, n_old, &rng, 100);
		next = old;
		old = young;
		n_old = n;
		young = next;
		if (k == 4)
			mark("phase 4");
		else if (k == 8)
			mark("phase 8");
	}
	mark("phase 12");
	thin(old, n_old, &rng, 100);
	pause_for(1.2);
	few_calls();
	mark("over, calls");
	malloc_trim(0);
	mark("trim");
}
