// SPDX-License-Identifier: MIT
/*
 * resizing.c - shapes that live by realloc: shrink, grow
 *
 *	shrink	50 blocks of 8 MiB become 200 kB, 4,000 of 32 to 64 KiB become
 *		2 to 4 KiB; then two seconds of nothing but realloc of the 50
 *		between 200 and 250 kB
 *	grow	1,200 buffers that grow by half, a random one at a time, up to
 *		100 MiB together; then half of them go
 */
#include "shape.h"

#include <malloc.h>

#define LARGE 50
#define MEDIUM 4000
#define BUFFERS 1200
#define BUFFERS_LIVE MIB(100)

static void resize_all(struct ref *refs, size_t n, struct rng *rng, size_t size)
{
	for (size_t i = 0; i < n; i++)
		resize(&refs[i], rng, size);
}

static void realloc_for(struct ref *refs, size_t n, struct rng *rng,
			double seconds)
{
	double end = until(seconds);

	while (!is_over(end)) {
		resize_all(refs, n, rng, 250000);
		resize_all(refs, n, rng, 200000);
		pause_for(0.001);
	}
}

void shape_shrink(void)
{
	size_t large = at_scale(LARGE), medium = at_scale(MEDIUM), i;
	struct ref *refs = new_table(large + medium);
	struct rng rng = { 11 };

	mark("start");
	for (i = 0; i < large; i++)
		refs[i] = hold(&rng, MIB(8));
	for (; i < large + medium; i++)
		refs[i] = hold(&rng, rng_range(&rng, KIB(32), KIB(64)));
	mark("full");
	resize_all(refs, large, &rng, 200000);
	for (i = large; i < large + medium; i++)
		resize(&refs[i], &rng, refs[i].size / 16);
	mark("shrunk");
	pause_for(1.2);
	mark("1 s idle");
	realloc_for(refs, large, &rng, 2);
	mark("2 s of realloc");
	malloc_trim(0);
	mark("trim");
}

void shape_grow(void)
{
	size_t n = at_scale(BUFFERS);
	struct ref *refs = new_table(n), *ref;
	struct rng rng = { 12 };

	mark("start");
	for (size_t i = 0; i < n; i++)
		refs[i] = hold(&rng, 64);
	while (atomic_load(&board->live) < at_scale(BUFFERS_LIVE)) {
		ref = &refs[rng_below(&rng, (uint32_t)n)];
		if (ref->size < MIB(2))
			resize(ref, &rng, ref->size + ref->size / 2);
	}
	mark("grown");
	drop_all(refs, n / 2);
	mark("half gone");
	pause_for(1.2);
	few_calls();
	mark("calls");
}
