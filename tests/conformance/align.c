// SPDX-License-Identifier: MIT
/*
 * conformance/align.c - alignment of every size and every aligned call
 */
#include "support/program.h"

enum { CALLS = 3 };
static const char *const call_name[CALLS] = { "memalign", "posix_memalign",
					      "aligned_alloc" };

/* Call number @call; errno is set by all three alike. */
static void *aligned(int call, size_t align, size_t n)
{
	void *p = NULL;
	int err;

	switch (call) {
	case 0:
		return memalign(align, n);
	case 1:
		err = posix_memalign(&p, align, n);
		if (err)
			errno = err;
		return p;
	default:
		return aligned_alloc(align, n);
	}
}

/* malloc, calloc and realloc of 0 to 64 KiB. Expect multiples of 16. */
static void sixteen(void)
{
	size_t n;

	for (n = 0; n <= 64 * KIB; n++) {
		void *p = malloc(n), *q = calloc(1, n);

		CHECK(p && (uintptr_t)p % 16 == 0, "malloc(%zu) = %p", n, p);
		CHECK(q && (uintptr_t)q % 16 == 0, "calloc(%zu) = %p", n, q);
		q = realloc(q, n + 9);
		CHECK(q && (uintptr_t)q % 16 == 0, "realloc(%zu) = %p", n, q);
		free(p);
		free(q);
	}
}

/* Each alignment 2^4 to 2^25 with many sizes. Expect multiples, writable. */
static void every_alignment(void)
{
	static const size_t sizes[] = { 0,    1,	8,	     17,
					100,  1000,	4095,	     4096,
					4097, 32 * KIB, 40000,	     100 * KIB,
					MIB,  4 * MIB,	4 * MIB + 1, 9 * MIB };
	size_t a, i, n;
	int call;

	for (a = 16; a <= 1UL << 25; a *= 2) {
		for (i = 0; i < ARRAY_SIZE(sizes); i++) {
			for (call = 0; call < CALLS; call++) {
				char *p = aligned(call, a, n = sizes[i]);

				REQUIRE(p, "%s(%zu, %zu)", call_name[call], a,
					n);
				CHECK((uintptr_t)p % a == 0,
				      "%s(%zu, %zu) = %p", call_name[call], a,
				      n, (void *)p);
				CHECK(malloc_usable_size(p) >= n,
				      "%s(%zu, %zu): usable %zu",
				      call_name[call], a, n,
				      malloc_usable_size(p));
				if (n) {
					p[0] = 1;
					p[n - 1] = 2;
				}
				free(p);
			}
		}
	}
}

/* 200 blocks of each alignment at once, with data. Expect no overlap. */
static void held_together(void)
{
	enum { N = 200 };
	size_t a, n;
	char *p[N];
	int i;

	for (a = 16; a <= 64 * KIB; a *= 2) {
		for (i = 0; i < N; i++) {
			n = (size_t)i * 37 + 1;
			p[i] = aligned(i % CALLS, a, n);
			REQUIRE(p[i], "%zu %zu", a, n);
			CHECK((uintptr_t)p[i] % a == 0, "%zu: %p", a,
			      (void *)p[i]);
			fill(p[i], n, (uint64_t)i + a);
		}
		for (i = 0; i < N; i++) {
			n = (size_t)i * 37 + 1;
			CHECK(verify(p[i], n, (uint64_t)i + a) == n,
			      "align %zu block %d", a, i);
			free(p[i]);
		}
	}
}

/* Alignments that no address space holds. Expect ENOMEM from all three. */
static void absurd_alignment(void)
{
	void *const mark = &check_failures;
	void *p;
	int bit, call;

	for (bit = 47; bit <= 63; bit++) {
		for (call = 0; call < CALLS; call++) {
			errno = 0;
			p = aligned(call, hide_size(1UL << bit), 16);
			CHECK(!p, "%s(2^%d) = %p", call_name[call], bit, p);
			CHECK(errno == ENOMEM, "%s(2^%d): errno %d",
			      call_name[call], bit, errno);
		}
		p = mark;
		posix_memalign(&p, hide_size(1UL << bit), 16);
		CHECK(p == mark, "2^%d: result touched", bit);
	}
}

/* Alignments from 2^26 to 2^46. Expect a multiple, or ENOMEM. */
static void large_alignment(void)
{
	char *p;
	int bit, call;

	for (bit = 26; bit <= 46; bit++) {
		for (call = 0; call < CALLS; call++) {
			errno = 0;
			p = aligned(call, hide_size(1UL << bit), 100);
			if (!p) {
				CHECK(errno == ENOMEM, "2^%d: errno %d", bit,
				      errno);
				continue;
			}
			CHECK((uintptr_t)p % (1UL << bit) == 0, "2^%d: %p", bit,
			      (void *)p);
			fill(p, 100, 5);
			free(p);
		}
	}
}

/* Alignment and size that overflow when added. Expect NULL and ENOMEM. */
static void sum_overflow(void)
{
	size_t a;
	int call;

	for (a = 32; a; a *= 2) {
		for (call = 0; call < CALLS; call++) {
			void *p;

			errno = 0;
			p = aligned(call, hide_size(a), SIZE_MAX - a + 1);
			CHECK(!p && errno == ENOMEM, "%s(%zx): %p errno %d",
			      call_name[call], a, p, errno);
		}
	}
}

int main(int argc, char **argv)
{
	static const struct kt_case cases[] = {
		{ "sixteen", sixteen },
		{ "every_alignment", every_alignment },
		{ "held_together", held_together },
		{ "absurd_alignment", absurd_alignment },
		{ "large_alignment", large_alignment },
		{ "sum_overflow", sum_overflow },
	};

	return kt_run(cases, ARRAY_SIZE(cases), argc, argv);
}
