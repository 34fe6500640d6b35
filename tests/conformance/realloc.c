// SPDX-License-Identifier: MIT
/*
 * conformance/realloc.c - realloc keeps the contents along every ladder
 */
#include "support/program.h"

/* Every block is one of small, run or area; edges are where they meet. */
static const size_t ladder[] = {
	1,	 15,	  16,	       17,	    24,	     64,
	65,	 100,	  128,	       129,	    160,     1000,
	1024,	 1025,	  4095,	       4096,	    4097,    10000,
	20480,	 28672,	  28673,       32767,	    32768,   32769,
	36864,	 40961,	  65536,       100 * KIB,   300000,  MIB - 1,
	MIB,	 MIB + 1, 3 * MIB,     4 * MIB - 1, 4 * MIB, 4 * MIB + 1,
	5 * MIB, 8 * MIB, 9 * MIB + 5,
};

/* One move between two sizes, data checked and the new end written. */
static void move(size_t from, size_t to)
{
	size_t keep = from < to ? from : to;
	char *p = malloc(from), *q;

	REQUIRE(p, "malloc(%zu)", from);
	fill(p, from, from + to);
	q = realloc(p, to);
	REQUIRE(q, "realloc(%zu -> %zu)", from, to);
	CHECK((uintptr_t)q % 16 == 0, "%p", (void *)q);
	CHECK(malloc_usable_size(q) >= to, "usable %zu < %zu",
	      malloc_usable_size(q), to);
	CHECK(verify(q, keep & ~7UL, from + to) == (keep & ~7UL),
	      "%zu -> %zu: byte %zu differs", from, to,
	      verify(q, keep & ~7UL, from + to));
	q[to - 1] = 1;
	free(q);
}

/* Each rung to each other one. Expect the shared part unchanged. */
static void every_pair(void)
{
	size_t i, j;

	for (i = 0; i < ARRAY_SIZE(ladder); i++)
		for (j = 0; j < ARRAY_SIZE(ladder); j++)
			if (ladder[i] < MIB || ladder[j] < MIB || i % 2 == 0)
				move(ladder[i], ladder[j]);
}

/* One block up the ladder and down again. Expect its start unchanged. */
static void up_and_down(void)
{
	size_t n = ARRAY_SIZE(ladder), have = 1, i;
	char *p = malloc(1);

	for (i = 1; i < 2 * n; i++) {
		size_t to = ladder[i < n ? i : 2 * n - 1 - i];

		fill(p, have, i);
		p = realloc(p, to);
		REQUIRE(p, "realloc to %zu", to);
		have = have < to ? have : to;
		CHECK(verify(p, have & ~7UL, i) == (have & ~7UL),
		      "step %zu to %zu", i, to);
		have = to;
	}
	free(p);
}

/* A string built byte by byte to 300 KiB. Expect every byte in place. */
static void byte_by_byte(void)
{
	size_t n, end = 300 * KIB;
	unsigned char *p = NULL;

	for (n = 1; n <= end; n++) {
		p = realloc(p, n);
		REQUIRE(p, "realloc to %zu", n);
		p[n - 1] = (unsigned char)test_mix(n - 1);
	}
	for (n = 0; n < end; n++)
		CHECK(p[n] == (unsigned char)test_mix(n), "byte %zu", n);
	while (n > 1) {
		n -= n / 7 + 1;
		p = realloc(p, n ? n : 1);
		CHECK(p[n / 2] == (unsigned char)test_mix(n / 2), "at %zu", n);
	}
	free(p);
}

/* Two areas grown in turn to 64 MiB, so each blocks the other. Expect data. */
static void areas_grow(void)
{
	size_t n = 5 * MIB, next, i;
	char *p = malloc(n), *q = malloc(n);

	for (; n < 64 * MIB; n = next) {
		next = n + 3 * MIB + 4321;
		for (i = 0; i + 8 <= n; i += 4096) {
			memcpy(p + i, &i, 8);
			memcpy(q + i, &n, 8);
		}
		p = realloc(p, next);
		q = realloc(q, next);
		REQUIRE(p && q, "realloc to %zu", next);
		for (i = 0; i + 8 <= n; i += 4096) {
			CHECK(!memcmp(p + i, &i, 8), "p at %zu of %zu", i, n);
			CHECK(!memcmp(q + i, &n, 8), "q at %zu of %zu", i, n);
		}
		memset(p + n, 3, next - n);
		memset(q + n, 4, next - n);
	}
	free(p);
	p = malloc(5 * MIB);
	memset(p, 9, 5 * MIB);
	CHECK(q[n - 1] == 4, "the other area changed");
	free(p);
	free(q);
}

/* Areas shrunk in steps, the rest used by others. Expect data kept. */
static void areas_shrink(void)
{
	size_t n = 48 * MIB;
	char *p = malloc(n), *other;

	fill(p, n, 7);
	for (; n > 40 * KIB; n = n / 2 + 123) {
		p = realloc(p, n);
		REQUIRE(p, "realloc to %zu", n);
		other = malloc(6 * MIB);
		memset(other, 1, 6 * MIB);
		CHECK(verify(p, n & ~7UL, 7) == (n & ~7UL), "at %zu", n);
		free(other);
		if (n < 1000)
			break;
	}
	free(p);
}

/* Aligned blocks of each kind grown and shrunk. Expect data kept. */
static void aligned_blocks(void)
{
	static const size_t to[] = { 1, 100, 5000, 40000, MIB, 6 * MIB };
	size_t a, i, j;

	for (a = 32; a <= 8 * MIB; a *= 8) {
		for (i = 0; i < ARRAY_SIZE(to); i++) {
			for (j = 0; j < ARRAY_SIZE(to); j++) {
				char *p = aligned_alloc(a, to[i]);
				size_t keep = to[i] < to[j] ? to[i] : to[j];

				REQUIRE(p, "aligned_alloc(%zu)", a);
				fill(p, to[i], a + i);
				p = realloc(p, to[j]);
				REQUIRE(p, "realloc");
				CHECK(verify(p, keep & ~7UL, a + i) ==
					      (keep & ~7UL),
				      "align %zu, %zu -> %zu", a, to[i], to[j]);
				free(p);
			}
		}
	}
}

/* Growth that must fail, of each kind. Expect NULL, old block intact. */
static void refused(void)
{
	static const size_t kinds[] = { 100, 100 * KIB, 8 * MIB };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		char *p = malloc(kinds[i]), *q;

		fill(p, kinds[i], i);
		errno = 0;
		q = realloc(p, hide_size(1UL << 50));
		CHECK(!q && errno == ENOMEM, "%p errno %d", (void *)q, errno);
		CHECK(verify(p, kinds[i], i) == kinds[i], "data lost");
		free(p);
	}
}

int main(int argc, char **argv)
{
	static const struct kt_case cases[] = {
		{ "every_pair", every_pair },
		{ "up_and_down", up_and_down },
		{ "byte_by_byte", byte_by_byte },
		{ "areas_grow", areas_grow },
		{ "areas_shrink", areas_shrink },
		{ "aligned_blocks", aligned_blocks },
		{ "refused", refused },
	};

	return kt_run(cases, ARRAY_SIZE(cases), argc, argv);
}
