// SPDX-License-Identifier: MIT
/*
 * churn.c - workload (c): mixed sizes, one thread, a live set
 *
 * Half of the allocations die young, in a window of 32; the others replace a
 * random block of a live set of 40,000. The run has eight seasons: at the end
 * of each a random third of the live set goes at once and the mix of sizes
 * changes between an object-heavy and a buffer-heavy one, so that memory freed
 * in one size has to serve another.
 *
 *	objects		60% 8-64, 25% 64-256, 12% 256-1024, 3% 1-4 KiB
 *	buffers		35% 8-64, 30% 64-512, 23% 512-4096, 10% 4-16 KiB,
 *			1.9% 16-64 KiB, 0.1% 64-256 KiB
 *	live set	about 5 to 70 MiB
 *
 * Usage	churn [scale]
 */
#include "work.h"

#define LIVE 40000
#define WINDOW 32
#define SEASONS 8
#define OPS 4500000

static const struct size_band objects[] = {
	{ 600, 8, 64 },
	{ 850, 64, 256 },
	{ 970, 256, 1024 },
	{ 1000, 1024, 4096 },
};
static const struct size_band buffers[] = {
	{ 350, 8, 64 },
	{ 650, 64, 512 },
	{ 880, 512, 4096 },
	{ 980, 4096, KIB(16) },
	{ 999, KIB(16), KIB(64) },
	{ 1000, KIB(64), KIB(256) },
};

static struct ref live[LIVE];
static struct ref window[WINDOW];

static uint64_t replace(struct ref *ref, size_t size, uint32_t tag)
{
	uint64_t sum = ref->p ? ref_free(ref) : 0;

	*ref = ref_alloc(size, tag);
	return sum;
}

static uint64_t season(struct rng *rng, const struct size_band *bands, size_t n)
{
	uint64_t sum = 0;

	while (n--) {
		size_t size = pick_size(rng, bands);
		uint32_t tag = (uint32_t)rng_next(rng);
		struct ref *ref = tag & 1 ? &window[n % WINDOW] :
					    &live[rng_below(rng, LIVE)];

		sum += replace(ref, size, tag);
	}
	return sum;
}

static uint64_t drop_a_third(struct rng *rng)
{
	uint64_t sum = 0;
	size_t i;

	for (i = 0; i < LIVE; i++)
		if (live[i].p && rng_below(rng, 3) == 0)
			sum += ref_free(&live[i]);
	return sum;
}

static uint64_t drop_all(struct ref *refs, size_t n)
{
	uint64_t sum = 0;

	while (n--)
		if (refs[n].p)
			sum += ref_free(&refs[n]);
	return sum;
}

int main(int argc, char **argv)
{
	size_t ops = scaled(argc, argv, OPS) / SEASONS;
	struct rng rng = { 4711 };
	uint64_t sum = 0;
	int i;

	for (i = 0; i < SEASONS; i++) {
		sum += season(&rng, i & 1 ? buffers : objects, ops);
		sum += drop_a_third(&rng);
	}
	sum += drop_all(live, LIVE) + drop_all(window, WINDOW);
	printf("churn %016lx\n", sum);
	return 0;
}
