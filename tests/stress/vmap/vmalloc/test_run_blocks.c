// SPDX-License-Identifier: MIT
/*
 * test_run_blocks.c - whose block a frame belongs to, beside runs
 *
 *	frame   0                   20              32
 *	        [ run of 20 frames  |p|q|           )
 *	        ^ its head, of order 5
 *
 * frame_block(p) looks at heads before p that other threads own. One of a run
 * seems to reach over p for as long as the length of the run cannot be seen.
 */
#include <pthread.h>

#include "support/start.h"
#include "vmap/vmalloc/frames.h"

#define TURNS (KM_SANITIZE_THREAD || KM_SANITIZE_ADDRESS ? 20000 : 200000)
#define PAGES 32
#define RUNS 4

static int working; /* atomic: the thread that makes runs */

/* Runs that leave a few frames of their blocks over, many alive at a time. */
static void *make_runs(void *arg)
{
	struct page *runs[RUNS] = { NULL };
	unsigned long nr[RUNS];
	u64 seed = 7;

	(void)arg;
	for (int i = 0; i < TURNS; i++) {
		unsigned long at = test_below(&seed, RUNS);

		if (runs[at])
			free_page_run(runs[at], nr[at]);
		nr[at] = 17 + test_below(&seed, 12);
		runs[at] = alloc_page_run(QUIET, nr[at]);
		REQUIRE(runs[at]);
	}
	for (int at = 0; at < RUNS; at++)
		if (runs[at])
			free_page_run(runs[at], nr[at]);
	__atomic_store_n(&working, 0, __ATOMIC_RELEASE);
	return NULL;
}

static void look_up_pages(void)
{
	struct page *pages[PAGES];

	for (int i = 0; i < PAGES; i++) {
		pages[i] = alloc_pages(QUIET, 0);
		REQUIRE(pages[i]);
	}
	for (int i = 0; i < PAGES; i++) {
		unsigned long nr;

		REQUIRE(frame_block(pages[i], &nr) == pages[i] && nr == 1);
		__free_pages(pages[i], 0);
	}
}

/* One thread makes and frees runs, another takes single pages, also of what the
 * runs leave over. Expect each page to be a block of its own at any time. */
static void child_run_blocks(void *arg)
{
	pthread_t thread;

	(void)arg;
	start_zone("");
	working = 1;
	REQUIRE(!pthread_create(&thread, NULL, make_runs, NULL));
	while (__atomic_load_n(&working, __ATOMIC_ACQUIRE))
		look_up_pages();
	pthread_join(thread, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		child_test(child_run_blocks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
