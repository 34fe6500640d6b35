// SPDX-License-Identifier: MIT
/*
 * conformance/perturb.c - MALLOC_PERTURB_ and M_PERTURB
 *
 * With an argument it was started with MALLOC_PERTURB_ of that value; without
 * one the program asks by mallopt(). Expect new blocks of every size full of
 * the complement of the byte, those of calloc zero, and freed ones full of the
 * byte where the memory is kept; and nothing of it once it is switched off.
 */
#include "support/program.h"

static const size_t sizes[] = { 1, 24, 100, 1000, 10000, 32768, 100000 };

/* How many of the bytes at p are not c. */
static size_t others(const void *p, size_t n, int c)
{
	const unsigned char *b = p;
	size_t count = 0;

	for (size_t i = 0; i < n; i++)
		count += b[i] != (unsigned char)c;
	return count;
}

/* Blocks from each call. */
static void fresh(int byte)
{
	int c = byte ^ 0xff;

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		size_t n = sizes[i];
		void *p = malloc(n), *q = aligned_alloc(64, n);
		void *r = calloc(1, n), *s = realloc(NULL, n);

		CHECK(!others(p, n, c), "malloc(%zu)", n);
		CHECK(!others(q, n, c), "aligned_alloc(64, %zu)", n);
		CHECK(!others(r, n, 0), "calloc(1, %zu)", n);
		CHECK(!others(s, n, c), "realloc(NULL, %zu)", n);
		memset(p, 7, n);
		p = realloc(p, 3 * n);
		CHECK(!others(p, n, 7), "realloc to %zu: data", 3 * n);
		free(p);
		free(q);
		free(r);
		free(s);
	}
}

/*
 * Blocks after free(): their pages stay, since other blocks lie around them.
 * The allocator may keep a word of its own in each.
 */
static void freed(int byte)
{
	enum { N = 64 };
	char *p[N];

	for (size_t i = 1; i < 5; i++) {
		size_t n = sizes[i], seen = 0;

		for (int k = 0; k < N; k++) {
			p[k] = malloc(n);
			memset(p[k], 9, n);
		}
		for (int k = 1; k < N; k += 2) {
			free(p[k]);
			seen += others(hide(p[k]), n, byte) <= 16;
		}
		CHECK(seen == N / 2, "%zu of %d blocks of %zu bytes", seen,
		      N / 2, n);
		for (int k = 0; k < N; k += 2) {
			CHECK(!others(p[k], n, 9), "a block in use");
			free(p[k]);
		}
	}
}

static void off(void)
{
	char *p = malloc(200), *q;

	memset(p, 9, 200);
	REQUIRE(mallopt(M_PERTURB, 0), "mallopt(M_PERTURB, 0)");
	free(p);
	q = malloc(200);
	CHECK(others(q, 200, 0x5a), "still written");
	free(q);
}

int main(int argc, char **argv)
{
	int byte = argc > 1 ? atoi(argv[1]) : 0x5a;
	void *p = malloc(100); /* the fast path was in use already */

	kt_prove_library();
	free(p);
	if (argc > 1)
		CHECK(!others(malloc(100), 100, byte ^ 0xff), "first block");
	else
		REQUIRE(mallopt(M_PERTURB, byte), "mallopt(M_PERTURB)");
	fresh(byte);
	freed(byte);
	if (argc > 1) {
		REQUIRE(mallopt(M_PERTURB, 0x11), "another byte");
		fresh(0x11);
	}
	off();
	return check_status();
}
