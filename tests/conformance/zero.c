// SPDX-License-Identifier: MIT
/*
 * conformance/zero.c - calloc memory is zero however it was used before
 */
#include "support/program.h"

static const size_t sizes[] = { 1,    16,      48,	 100,	   1000,
				4096, 10000,   32 * KIB, 33 * KIB, 100 * KIB,
				MIB,  4 * MIB, 5 * MIB,	 24 * MIB };

/* Dirty blocks of @n to the last usable byte, and free them. */
static void soil(size_t n, int count)
{
	void **p = malloc((size_t)count * sizeof(*p));
	int i;

	for (i = 0; i < count; i++) {
		p[i] = malloc(n);
		REQUIRE(p[i], "malloc(%zu)", n);
		memset(p[i], 0xa5, malloc_usable_size(p[i]));
	}
	for (i = 0; i < count; i++)
		free(p[i]);
	free(p);
}

/* Blocks soiled, freed, then calloc of the same size. Expect all zero. */
static void same_size(void)
{
	size_t i, n;
	int k, count;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		n = sizes[i];
		count = n < MIB ? 200 : 3;
		soil(n, count);
		for (k = 0; k < count; k++) {
			char *p = calloc(1, n);

			REQUIRE(p, "calloc(1, %zu)", n);
			CHECK(first_nonzero(p, n) == n, "size %zu, byte %zu", n,
			      first_nonzero(p, n));
			memset(p, 0x5a, malloc_usable_size(p));
			free(p);
		}
	}
}

/* Large blocks soiled, smaller and larger ones callocked. Expect zero. */
static void other_size(void)
{
	size_t i, j, n;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		soil(sizes[i], 3);
		for (j = 0; j < ARRAY_SIZE(sizes); j++) {
			char *p = calloc(n = sizes[j], 1);

			REQUIRE(p, "calloc(%zu, 1)", n);
			CHECK(first_nonzero(p, n) == n,
			      "%zu after %zu, byte %zu", n, sizes[i],
			      first_nonzero(p, n));
			free(p);
		}
	}
}

/* Memory trimmed back to the system, then callocked. Expect zero. */
static void after_trim(void)
{
	size_t i, n;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		n = sizes[i];
		soil(n, n < MIB ? 100 : 2);
		malloc_trim(0);
		char *p = calloc(1, n);

		REQUIRE(p, "calloc(1, %zu)", n);
		CHECK(first_nonzero(p, n) == n, "size %zu", n);
		memset(p, 1, n);
		free(p);
	}
}

/* Large blocks soiled, shrunk and regrown, freed. Expect calloc zero. */
static void after_realloc(void)
{
	size_t n;
	int k;

	for (n = 64 * KIB; n <= 32 * MIB; n *= 2) {
		for (k = 0; k < 3; k++) {
			char *p = calloc(1, n);

			REQUIRE(p, "calloc(1, %zu)", n);
			CHECK(first_nonzero(p, n) == n, "size %zu", n);
			memset(p, 0x77, n);
			p = realloc(p, n / 2);
			p = realloc(p, n + n / 2);
			REQUIRE(p, "realloc(%zu)", n);
			memset(p, 0x78, n + n / 2);
			free(p);
		}
	}
}

/* calloc of aligned blocks' memory. Expect zero. */
static void after_aligned(void)
{
	size_t a;

	for (a = 32; a <= 4 * MIB; a *= 4) {
		char *p = aligned_alloc(a, 3 * a);

		REQUIRE(p, "aligned_alloc(%zu)", a);
		memset(p, 0x11, malloc_usable_size(p));
		free(p);
		p = calloc(3, a);
		REQUIRE(p, "calloc(3, %zu)", a);
		CHECK(first_nonzero(p, 3 * a) == 3 * a, "align %zu", a);
		free(p);
	}
}

int main(int argc, char **argv)
{
	static const struct kt_case cases[] = {
		{ "same_size", same_size },
		{ "other_size", other_size },
		{ "after_trim", after_trim },
		{ "after_realloc", after_realloc },
		{ "after_aligned", after_aligned },
	};

	return kt_run(cases, ARRAY_SIZE(cases), argc, argv);
}
