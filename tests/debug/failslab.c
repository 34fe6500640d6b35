// SPDX-License-Identifier: MIT
/*
 * debug/failslab.c - how often each call of the malloc family fails
 *
 *	failslab PERCENT CASE...
 *
 * A case is malloc, large, area, calloc, realloc, aligned, thread or, for
 * fail_page_alloc, pages or blocks; each makes some thousand requests. Expect
 * as many to fail as PERCENT says, with ENOMEM, and whatever was there before
 * to be left as it was.
 */
#include "support/program.h"

#include <pthread.h>

#define CALLS 4000

static double percent;

/* Is this number of failures of CALLS within five standard deviations? */
static void judge(const char *what, unsigned int failed)
{
	double want = CALLS * percent / 100;
	double slack = 5 * (want > 0 ? 1 + want / 8 : 0);

	if (percent == 100)
		slack = 0;
	CHECK(failed >= want - slack && failed <= want + slack,
	      "%s: %u of %d failed, not %g%%", what, failed, CALLS, percent);
}

/* 1 if the call failed; errno and the block are checked here. */
static unsigned int failed(void *p, const char *what)
{
	if (!p)
		CHECK(errno == ENOMEM, "%s: errno %d", what, errno);
	errno = ERRNO_MARK;
	return !p;
}

static unsigned int plain(size_t size, const char *what)
{
	unsigned int nr = 0;

	for (int i = 0; i < CALLS; i++) {
		char *p = hide(malloc(size));

		nr += failed(p, what);
		if (p)
			p[0] = p[size - 1] = 1;
		free(p);
	}
	return nr;
}

static void case_malloc(void)
{
	judge("malloc(64)", plain(64, "malloc"));
	judge("malloc(20000)", plain(20000, "malloc"));
}

static void case_large(void)
{
	judge("malloc(100 KiB)", plain(100 * KIB, "malloc"));
}

static void case_area(void)
{
	judge("malloc(8 MiB)", plain(8 * MIB, "malloc"));
}

static void case_calloc(void)
{
	unsigned int small = 0, large = 0;

	for (int i = 0; i < CALLS; i++) {
		char *p = hide(calloc(3, 21)), *q;

		small += failed(p, "calloc");
		q = hide(calloc(50, KIB));
		large += failed(q, "calloc");
		CHECK(!p || first_nonzero(p, 63) == 63, "calloc: not zero");
		free(p);
		free(q);
	}
	judge("calloc(3, 21)", small);
	judge("calloc(50, 1024)", large);
}

/* From a size to another, where the old block is to survive a failure. */
static unsigned int resize(size_t from, size_t to)
{
	unsigned int nr = 0;

	for (int i = 0; i < CALLS; i++) {
		char *p, *q;

		while (!(p = hide(malloc(from))))
			;
		fill(p, from, (uint64_t)i);
		errno = ERRNO_MARK;
		q = hide(realloc(p, to));
		nr += failed(q, "realloc");
		CHECK(verify(q ? q : p, from < to ? from : to, (uint64_t)i) ==
			      (from < to ? from : to),
		      "realloc: lost bytes");
		free(q ? q : p);
	}
	return nr;
}

static void case_realloc(void)
{
	if (percent == 100)
		return; /* there is nothing to resize */
	judge("realloc(64 -> 640)", resize(64, 640));
	judge("realloc(64 -> 40000)", resize(64, 40000));
	judge("realloc(40000 -> 64)", resize(40000, 64));
	judge("realloc(40000 -> 60000)", resize(40000, 60000));
	CHECK(resize(60, 64) == 0, "a realloc in place failed");
	CHECK(resize(60000, 40000) == 0, "a realloc in place failed");
}

static void case_aligned(void)
{
	unsigned int nr = 0, memalign_nr = 0;

	for (int i = 0; i < CALLS; i++) {
		void *p = hide(aligned_alloc(64, 128)), *q = NULL;
		int ret;

		nr += failed(p, "aligned_alloc");
		ret = posix_memalign(&q, 4096, 10000);
		CHECK(ret == 0 || (ret == ENOMEM && !q), "posix_memalign %d",
		      ret);
		CHECK(errno == ERRNO_MARK, "posix_memalign set errno");
		memalign_nr += ret != 0;
		free(p);
		free(q);
	}
	judge("aligned_alloc", nr);
	judge("posix_memalign", memalign_nr);
}

static void *in_thread(void *arg)
{
	unsigned int *nr = arg;

	*nr = plain(100, "malloc");
	return NULL;
}

/* Threads start, for what the loader needs for one never fails. */
static void case_thread(void)
{
	for (int i = 0; i < 4; i++) {
		unsigned int nr = 0;
		pthread_t t;

		REQUIRE(!pthread_create(&t, NULL, in_thread, &nr), "no thread");
		pthread_join(t, NULL);
		judge("malloc in a thread", nr);
	}
}

/* Keeps what it gets, for blocks that are there already need no page. */
static void *hold(void *arg)
{
	unsigned int *nr = arg;

	for (int i = 0; i < CALLS; i++)
		*nr += failed(hide(malloc(100)), "malloc");
	return NULL;
}

/* Requests for pages fail: all but those of the loader, or all. */
static void case_pages(void)
{
	unsigned int nr[5] = { 0 };

	hold(&nr[4]);
	for (int i = 0; i < 4; i++) {
		pthread_t t;

		REQUIRE(!pthread_create(&t, NULL, hold, &nr[i]), "no thread");
		pthread_join(t, NULL);
	}
	for (int i = 0; i < 5; i++)
		CHECK(percent > 0 ? nr[i] > CALLS / 2 : nr[i] == 0,
		      "malloc: %u of %d failed", nr[i], CALLS);
}

/* An area that grows, mostly where it is; its bytes are of no interest. */
static unsigned int grow_area(void)
{
	unsigned int nr = 0;

	for (int i = 0; i < CALLS; i++) {
		void *p, *q;

		while (!(p = hide(malloc(5 * MIB))))
			;
		errno = ERRNO_MARK;
		q = hide(realloc(p, 6 * MIB));
		nr += failed(q, "realloc");
		free(q ? q : p);
	}
	return nr;
}

/* Blocks that are whole pages, in the arena or areas, are asked about once. */
static void case_blocks(void)
{
	judge("malloc(100 KiB)", plain(100 * KIB, "malloc"));
	judge("malloc(8 MiB)", plain(8 * MIB, "malloc"));
	if (percent == 100)
		return;
	judge("realloc(64 -> 40000)", resize(64, 40000));
	judge("realloc(40000 -> 60000)", resize(40000, 60000));
	judge("realloc(5 MiB -> 6 MiB)", grow_area());
	CHECK(resize(60000, 40000) == 0, "a realloc in place failed");
}

static const struct kt_case cases[] = {
	{ "malloc", case_malloc },   { "large", case_large },
	{ "area", case_area },	     { "calloc", case_calloc },
	{ "realloc", case_realloc }, { "aligned", case_aligned },
	{ "thread", case_thread },   { "pages", case_pages },
	{ "blocks", case_blocks },
};

int main(int argc, char **argv)
{
	REQUIRE(argc > 1, "usage: failslab PERCENT CASE");
	percent = strtod(argv[1], NULL);
	errno = ERRNO_MARK;
	return kt_run(cases, ARRAY_SIZE(cases), argc - 1, argv + 1);
}
