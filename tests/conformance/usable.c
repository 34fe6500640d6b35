// SPDX-License-Identifier: MIT
/*
 * conformance/usable.c - malloc_usable_size is true, stable and all writable
 */
#include "support/program.h"

/* A block of @n checked alone: size, stability, every byte to the end. */
static void one(void *p, size_t n, const char *how)
{
	size_t u = malloc_usable_size(p);

	CHECK(u >= n, "%s(%zu): usable %zu", how, n, u);
	fill(p, u, n);
	CHECK(malloc_usable_size(p) == u, "%s(%zu): changed by writing", how,
	      n);
	CHECK(verify(p, u, n) == u, "%s(%zu): byte %zu lost", how, n,
	      verify(p, u, n));
}

/* Every size to 70 KiB, then steps to 16 MiB. Expect usable >= size. */
static void every_size(void)
{
	size_t n;

	for (n = 0; n < 16 * MIB;
	     n += n < 70 * KIB ? (n < 5000 ? 1 : 97) : n / 9) {
		void *p = malloc(n);

		REQUIRE(p, "malloc(%zu)", n);
		one(p, n, "malloc");
		free(p);
	}
}

/* Neighbours filled to their usable ends. Expect none overwritten. */
static void neighbours(void)
{
	static const size_t sizes[] = { 1,    40,    100,	500,	3000,
					9000, 40000, 200 * KIB, 5 * MIB };
	enum { N = 40 };
	char *p[N];
	size_t i, u;
	int k;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		int count = sizes[i] > MIB ? 4 : N;

		for (k = 0; k < count; k++) {
			p[k] = k % 2 ? malloc(sizes[i]) :
				       aligned_alloc(256, sizes[i]);
			REQUIRE(p[k], "size %zu", sizes[i]);
			fill(p[k], malloc_usable_size(p[k]), (uint64_t)k);
		}
		for (k = 0; k < count; k++) {
			u = malloc_usable_size(p[k]);
			CHECK(verify(p[k], u, (uint64_t)k) == u,
			      "size %zu block %d of %zu", sizes[i], k, u);
			free(p[k]);
		}
	}
}

/* realloc to the usable size itself. Expect every byte kept. */
static void realloc_to_usable(void)
{
	size_t n, u;

	for (n = 1; n < 10 * MIB; n = n * 3 / 2 + 1) {
		void *p = malloc(n);

		u = malloc_usable_size(p);
		fill(p, u, n);
		p = realloc(p, u);
		REQUIRE(p, "realloc(%zu)", u);
		CHECK(verify(p, u, n) == u, "%zu of %zu", n, u);
		one(p, u, "realloc");
		free(p);
	}
}

/* The size while others allocate and free around it. Expect it stable. */
static void stable(void)
{
	static const size_t sizes[] = { 10, 1000, 50000, 6 * MIB };
	size_t u[ARRAY_SIZE(sizes)], i;
	void *p[ARRAY_SIZE(sizes)];
	uint64_t seed = 99;
	int k;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		p[i] = malloc(sizes[i]);
		u[i] = malloc_usable_size(p[i]);
	}
	for (k = 0; k < 20000; k++) {
		free(malloc(test_rand(&seed) % 60000));
		i = (size_t)k % ARRAY_SIZE(sizes);
		CHECK(malloc_usable_size(p[i]) == u[i], "block %zu", i);
	}
	for (i = 0; i < ARRAY_SIZE(sizes); i++)
		free(p[i]);
}

int main(int argc, char **argv)
{
	static const struct kt_case cases[] = {
		{ "every_size", every_size },
		{ "neighbours", neighbours },
		{ "realloc_to_usable", realloc_to_usable },
		{ "stable", stable },
	};

	return kt_run(cases, ARRAY_SIZE(cases), argc, argv);
}
