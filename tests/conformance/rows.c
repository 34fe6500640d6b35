// SPDX-License-Identifier: MIT
/*
 * conformance/rows.c - the calls in which mallocs are known to differ
 *
 * One case a row. The expected answers are glibc's, except that aligned_alloc
 * refuses an alignment that is not a power of two, as glibc does since 2.38.
 */
#include "support/program.h"

#define TOO_BIG ((size_t)PTRDIFF_MAX + 1)

/* @p must be NULL and errno @want; name the call when it is not. */
static void refused(void *p, int want, const char *call)
{
	int err = errno;

	CHECK(!p, "%s gave %p", call, p);
	CHECK(err == want, "%s: errno %d, not %d", call, err, want);
	errno = 0;
}

/* calloc whose product overflows. Expect NULL and ENOMEM. */
static void calloc_overflow(void)
{
	size_t n = hide_size(1UL << 33);

	errno = 0;
	refused(calloc(n, n), ENOMEM, "calloc(2^33, 2^33)");
	refused(calloc(SIZE_MAX, n), ENOMEM, "calloc(SIZE_MAX, 2^33)");
	refused(calloc(n, SIZE_MAX), ENOMEM, "calloc(2^33, SIZE_MAX)");
	refused(calloc(SIZE_MAX, 1 + hide_size(0)), ENOMEM, "calloc(MAX, 1)");
	refused(calloc(hide_size(2), TOO_BIG), ENOMEM, "calloc(2, 2^63)");
}

/* Requests above PTRDIFF_MAX through each call. Expect NULL and ENOMEM. */
static void too_large(void)
{
	static const size_t sizes[] = { TOO_BIG,	 TOO_BIG + 1,
					SIZE_MAX - 4096, SIZE_MAX - 16,
					SIZE_MAX - 15,	 SIZE_MAX - 1,
					SIZE_MAX };
	void *old = malloc(100), *p;
	size_t i;

	fill(old, 100, 1);
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		size_t n = hide_size(sizes[i]);

		errno = 0;
		refused(malloc(n), ENOMEM, "malloc");
		refused(calloc(1, n), ENOMEM, "calloc");
		refused(realloc(NULL, n), ENOMEM, "realloc(NULL)");
		refused(realloc(old, n), ENOMEM, "realloc");
		refused(memalign(64, n), ENOMEM, "memalign");
		refused(aligned_alloc(64, n), ENOMEM, "aligned_alloc");
		refused(valloc(n), ENOMEM, "valloc");
		refused(pvalloc(n), ENOMEM, "pvalloc");
		p = old;
		CHECK(posix_memalign(&p, 64, n) == ENOMEM, "size %zx", n);
		CHECK(p == old, "posix_memalign touched its result");
	}
	CHECK(verify(old, 100, 1) == 100, "a refused realloc changed data");
	free(old);
}

/* PTRDIFF_MAX itself, more than any machine has. Expect NULL and ENOMEM. */
static void ptrdiff_max(void)
{
	size_t n = hide_size(PTRDIFF_MAX);

	errno = 0;
	refused(malloc(n), ENOMEM, "malloc(PTRDIFF_MAX)");
	refused(calloc(n, 1), ENOMEM, "calloc(PTRDIFF_MAX, 1)");
	refused(realloc(NULL, n), ENOMEM, "realloc(NULL, PTRDIFF_MAX)");
	refused(malloc(n - 4096), ENOMEM, "malloc(PTRDIFF_MAX - 4096)");
	refused(memalign(4096, n), ENOMEM, "memalign(4096, PTRDIFF_MAX)");
}

/* reallocarray whose product overflows. Expect NULL, ENOMEM, block kept. */
static void reallocarray_overflow(void)
{
	char *p = reallocarray(NULL, 10, 10);
	size_t half = hide_size(1UL << 32);

	REQUIRE(p, "reallocarray(NULL, 10, 10)");
	fill(p, 100, 2);
	errno = 0;
	refused(reallocarray(p, half, half), ENOMEM, "reallocarray 2^64");
	refused(reallocarray(p, SIZE_MAX, 2), ENOMEM, "reallocarray MAX*2");
	refused(reallocarray(NULL, half + 1, half), ENOMEM, "reallocarray 0");
	CHECK(verify(p, 100, 2) == 100, "the block lost its data");
	p = reallocarray(p, 1000, 10);
	REQUIRE(p, "reallocarray(p, 1000, 10)");
	CHECK(verify(p, 100, 2) == 100, "growth lost data");
	free(p);
}

/* realloc of a block to 0 bytes, by size. Expect NULL, the block freed. */
static void realloc_zero(void)
{
	static const size_t sizes[] = { 1, 64, 5000, 100 * KIB, 8 * MIB };
	size_t i, before, after;
	int k;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		for (k = 0; k < 4; k++)
			free(realloc(malloc(sizes[i]), 0));
		before = mallinfo2().uordblks + mallinfo2().hblkhd;
		for (k = 0; k < 64; k++) {
			void *p = malloc(sizes[i]);

			errno = ERRNO_MARK;
			p = realloc(p, 0);
			CHECK(!p, "realloc(p, 0) gave %p", p);
			CHECK(errno == ERRNO_MARK, "errno %d", errno);
		}
		after = mallinfo2().uordblks + mallinfo2().hblkhd;
		CHECK(after < before + 32 * sizes[i] + 4096,
		      "64 blocks of %zu: in use %zu -> %zu", sizes[i], before,
		      after);
	}
}

/* realloc(NULL, n), also for 0. Expect what malloc(n) gives. */
static void realloc_null(void)
{
	void *p = realloc(NULL, hide_size(0)), *q = realloc(NULL, 1000);

	CHECK(p && q && p != q, "%p %p", p, q);
	memset(q, 1, 1000);
	free(p);
	free(q);
}

/* posix_memalign with bad alignments. Expect EINVAL and *p untouched. */
static void posix_memalign_einval(void)
{
	static const size_t bad[] = {
		0,  1,	2,  3,	4,	  7,	    9,		 12,
		24, 48, 96, 17, 4096 + 8, SIZE_MAX, SIZE_MAX - 7
	};
	void *const mark = &check_failures;
	void *p;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(bad); i++) {
		p = mark;
		CHECK(posix_memalign(&p, hide_size(bad[i]), 16) == EINVAL,
		      "alignment %zu accepted", bad[i]);
		CHECK(p == mark, "alignment %zu touched the result", bad[i]);
	}
	CHECK(posix_memalign(&p, sizeof(void *), 24) == 0, "alignment 8");
	CHECK((uintptr_t)p % 16 == 0, "%p", p);
	free(p);
}

/* aligned_alloc, alignment not a power of 2. Expect NULL and EINVAL. */
static void aligned_alloc_einval(void)
{
	static const size_t bad[] = { 0, 3, 5, 24, 48, 100, 4097, SIZE_MAX };
	size_t i;

	errno = 0;
	for (i = 0; i < ARRAY_SIZE(bad); i++)
		refused(aligned_alloc(hide_size(bad[i]), 16), EINVAL,
			"aligned_alloc");
}

/* memalign, alignment not a power of 2. Expect it rounded up to one. */
static void memalign_rounds(void)
{
	static const size_t odd[] = { 0, 1, 3, 17, 24, 33, 100, 1000, 5000 };
	size_t i, want;

	for (i = 0; i < ARRAY_SIZE(odd); i++) {
		void *p = memalign(hide_size(odd[i]), 16);

		for (want = 16; want < odd[i];)
			want *= 2;
		CHECK(p && (uintptr_t)p % want == 0,
		      "memalign(%zu, 16) = %p, want a multiple of %zu", odd[i],
		      p, want);
		free(p);
	}
	errno = 0;
	refused(memalign(hide_size((1UL << 63) + 1), 16), EINVAL,
		"memalign(2^63 + 1, 16)");
}

/* pvalloc near SIZE_MAX; small ones. Expect ENOMEM; whole pages. */
static void pvalloc_rounds(void)
{
	size_t page = (size_t)getpagesize(), n;
	char *p;

	errno = 0;
	refused(pvalloc(hide_size(SIZE_MAX - 100)), ENOMEM, "pvalloc(-101)");
	refused(pvalloc(hide_size(SIZE_MAX)), ENOMEM, "pvalloc(-1)");
	for (n = 0; n < 3 * page; n += 511) {
		p = pvalloc(n);
		CHECK(p && (uintptr_t)p % page == 0, "pvalloc(%zu) = %p", n, p);
		memset(p, 1, (n + page - 1) / page * page);
		CHECK(malloc_usable_size(p) >= (n + page - 1) / page * page,
		      "pvalloc(%zu) has %zu", n, malloc_usable_size(p));
		free(p);
		p = valloc(n);
		CHECK(p && (uintptr_t)p % page == 0, "valloc(%zu) = %p", n, p);
		free(p);
	}
}

/* Many malloc(0), calloc(0,..), aligned ones. Expect unique, non-NULL. */
static void zero_unique(void)
{
	enum { N = 512 };
	void *p[N];
	int i, j;

	for (i = 0; i < N; i++) {
		switch (i % 4) {
		case 0:
			p[i] = malloc(hide_size(0));
			break;
		case 1:
			p[i] = calloc(hide_size(0), 10);
			break;
		case 2:
			p[i] = calloc(10, hide_size(0));
			break;
		default:
			p[i] = aligned_alloc(64, hide_size(0));
		}
		CHECK(p[i], "number %d is NULL", i);
		for (j = 0; j < i; j++)
			CHECK(p[i] != p[j], "numbers %d and %d agree", i, j);
	}
	for (i = 0; i < N; i++)
		free(p[i]);
}

/* free(NULL) and relatives. Expect nothing. */
static void null_is_fine(void)
{
	errno = ERRNO_MARK;
	free(NULL);
	CHECK(malloc_usable_size(NULL) == 0, "not 0");
	CHECK(errno == ERRNO_MARK, "errno %d", errno);
}

int main(int argc, char **argv)
{
	static const struct kt_case cases[] = {
		{ "calloc_overflow", calloc_overflow },
		{ "too_large", too_large },
		{ "ptrdiff_max", ptrdiff_max },
		{ "reallocarray_overflow", reallocarray_overflow },
		{ "realloc_zero", realloc_zero },
		{ "realloc_null", realloc_null },
		{ "posix_memalign_einval", posix_memalign_einval },
		{ "aligned_alloc_einval", aligned_alloc_einval },
		{ "memalign_rounds", memalign_rounds },
		{ "pvalloc_rounds", pvalloc_rounds },
		{ "zero_unique", zero_unique },
		{ "null_is_fine", null_is_fine },
	};

	return kt_run(cases, ARRAY_SIZE(cases), argc, argv);
}
