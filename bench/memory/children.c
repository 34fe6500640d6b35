// SPDX-License-Identifier: MIT
/*
 * children.c - shape fork: what a child dirties by freeing what it inherited
 *
 * The parent holds 400,000 blocks of 16 to 415 bytes. The child frees every
 * hundredth, then all of them; what it wrote to is its own from then on, where
 * before it shared each page with its parent.
 */
#include "shape.h"

#define BLOCKS 400000

/* The table is shared as well, so nothing is written to it. */
static void free_inherited(const struct ref *inherited)
{
	struct ref ref = *inherited;

	drop(&ref);
}

static void free_all(const struct ref *refs, size_t n)
{
	mark_dirty("start");
	for (size_t i = 0; i < n; i += 100)
		free_inherited(&refs[i]);
	mark_dirty("1% freed");
	for (size_t i = 0; i < n; i++)
		if (i % 100)
			free_inherited(&refs[i]);
	mark_dirty("all freed");
	end_child();
}

void shape_fork(void)
{
	size_t n = at_scale(BLOCKS);
	struct ref *refs = new_table(n);
	struct rng rng = { 15 };

	mark("start");
	for (size_t i = 0; i < n; i++)
		refs[i] = hold(&rng, rng_range(&rng, 16, 415));
	mark("parent");
	if (in_child())
		free_all(refs, n);
}
