// SPDX-License-Identifier: MIT
/*
 * conformance/errno.c - a call that succeeds leaves errno as it was
 *
 * Each sweep is long enough to pass through the slow paths: refills, new
 * slabs, flushes, growth of the heap, unmapping, thread exit.
 */
#include <pthread.h>

#include "support/program.h"

static const size_t sizes[] = { 0,    1,       16,	    100,      1000,
				4096, 10000,   32 * KIB,    33 * KIB, 100 * KIB,
				MIB,  4 * MIB, 4 * MIB + 1, 8 * MIB,  64 * MIB };

#define KEEPS(call)                                                         \
	do {                                                                \
		errno = ERRNO_MARK;                                         \
		call;                                                       \
		CHECK(errno == ERRNO_MARK, "size %zu: errno %d", n, errno); \
	} while (0)

/* Every call at every size, freshly and again. Expect errno untouched. */
static void every_call(void)
{
	size_t i, n;
	void *p;
	int pass;

	for (pass = 0; pass < 2; pass++) {
		for (i = 0; i < ARRAY_SIZE(sizes); i++) {
			n = sizes[i];
			KEEPS(p = malloc(n));
			KEEPS(malloc_usable_size(p));
			KEEPS(p = realloc(p, n + n / 2 + 1));
			KEEPS(p = realloc(p, n / 3 + 1));
			KEEPS(free(p));
			KEEPS(p = calloc(1, n));
			KEEPS(p = reallocarray(p, 3, n / 2 + 1));
			KEEPS(free(p));
			KEEPS(p = aligned_alloc(4096, n));
			KEEPS(free(p));
			KEEPS(p = memalign(64, n));
			KEEPS(free(p));
			KEEPS(posix_memalign(&p, 1024, n));
			KEEPS(free(p));
			KEEPS(p = valloc(n));
			KEEPS(free(p));
			KEEPS(p = pvalloc(n));
			KEEPS(free(p));
		}
	}
}

/* Thousands held, then freed in two orders. Expect errno untouched. */
static void bulk(void)
{
	static const size_t bulk_sizes[] = { 24, 400, 3000, 20000, 60000 };
	enum { N = 4000 };
	static void *p[N];
	size_t i, n;
	int k;

	for (i = 0; i < ARRAY_SIZE(bulk_sizes); i++) {
		n = bulk_sizes[i];
		for (k = 0; k < N; k++) {
			KEEPS(p[k] = malloc(n));
			*(char *)p[k] = 1;
		}
		for (k = 0; k < N; k += 2)
			KEEPS(free(p[k]));
		for (k = N - 1; k > 0; k -= 2)
			KEEPS(free(p[k]));
	}
	n = 0;
	KEEPS(malloc_trim(0));
	KEEPS(mallinfo2());
}

static void *thread(void *arg)
{
	size_t n = 200;
	void *p[200];
	int i;

	(void)arg;
	for (i = 0; i < 200; i++)
		KEEPS(p[i] = malloc(n));
	for (i = 0; i < 200; i++)
		KEEPS(free(p[i]));
	return NULL;
}

/* First calls of new threads. Expect errno untouched. */
static void new_threads(void)
{
	pthread_t t;
	int i;

	for (i = 0; i < 50; i++) {
		REQUIRE(!pthread_create(&t, NULL, thread, NULL), "thread");
		pthread_join(t, NULL);
	}
}

/* Blocks of 64 MiB written and freed, repeatedly. Expect errno untouched. */
static void huge(void)
{
	size_t n = 64 * MIB, off;
	char *p;
	int i;

	for (i = 0; i < 5; i++) {
		KEEPS(p = malloc(n));
		REQUIRE(p, "64 MiB");
		for (off = 0; off < n; off += 256 * KIB)
			p[off] = 1;
		KEEPS(free(p));
	}
}

/* posix_memalign fails. Expect the error returned. */
static void posix_memalign_error(void)
{
	void *p;

	CHECK(posix_memalign(&p, 64, hide_size(SIZE_MAX / 2)) == ENOMEM, " ");
	CHECK(posix_memalign(&p, 3, 64) == EINVAL, " ");
}

/* A failure between successes. Expect ENOMEM from it and nothing else. */
static void after_failure(void)
{
	size_t n = hide_size(PTRDIFF_MAX);
	void *p;
	int i;

	for (i = 0; i < 100; i++) {
		errno = 0;
		p = malloc(n);
		CHECK(!p && errno == ENOMEM, "%p errno %d", p, errno);
		KEEPS(p = malloc(100));
		REQUIRE(p, "malloc(100) after a refusal");
		KEEPS(free(p));
	}
}

int main(int argc, char **argv)
{
	static const struct kt_case cases[] = {
		{ "every_call", every_call },
		{ "bulk", bulk },
		{ "new_threads", new_threads },
		{ "huge", huge },
		{ "posix_memalign_error", posix_memalign_error },
		{ "after_failure", after_failure },
	};

	return kt_run(cases, ARRAY_SIZE(cases), argc, argv);
}
