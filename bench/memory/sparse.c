// SPDX-License-Identifier: MIT
/*
 * sparse.c - shapes that free most blocks at random: sparse-90, sparse-99
 *
 * 1,100,000 blocks of 16 to 495 bytes, of which a tenth or a hundredth stays,
 * scattered: what is left of a cache that was emptied, or of a parse.
 */
#include "shape.h"

#include <malloc.h>

#define BLOCKS 1100000

static void sparse(struct rng *rng, unsigned int one_of)
{
	size_t n = at_scale(BLOCKS);
	struct ref *refs = new_table(n);

	mark("start");
	for (size_t i = 0; i < n; i++)
		refs[i] = hold(rng, rng_range(rng, 16, 495));
	mark("full");
	for (size_t i = 0; i < n; i++)
		if (rng_below(rng, one_of))
			drop(&refs[i]);
	mark("freed");
	pause_for(1.2);
	few_calls();
	mark("calls");
	malloc_trim(0);
	mark("trim");
	drop_all(refs, n);
	pause_for(1.2);
	mark("all freed, idle");
}

void shape_sparse_90(void)
{
	struct rng rng = { 90 };

	sparse(&rng, 10);
}

void shape_sparse_99(void)
{
	struct rng rng = { 99 };

	sparse(&rng, 100);
}
