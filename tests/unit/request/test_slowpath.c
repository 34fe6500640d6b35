// SPDX-License-Identifier: MIT
/*
 * test_slowpath.c - a request that no zone can serve (docs/kernel.md A2-A7)
 */
#include <pthread.h>

#include "core/task.h"
#include "reclaim/internal.h"
#include "reclaim/reclaim.h"
#include "support/short.h"
#include "zone/wait.h"
#include "zone/watermark.h"

static struct hoard hoard;

/* No memory, and what each request may take of the reserve. Expect the min mark
 * kept by GFP_KERNEL, half of it by __GFP_HIGH, 3/8 if it cannot block, and
 * nothing left by __GFP_MEMALLOC unless __GFP_NOMEMALLOC is there too. */
static void child_reserves(void *arg)
{
	struct zone *zone = start_short("");
	long min = (long)min_wmark_pages(zone), half = min - min / 2;

	(void)arg;
	REQUIRE(zone_free_pages(zone) == min);
	exhaust(SHORT | __GFP_HIGH);
	REQUIRE(zone_free_pages(zone) == half);
	exhaust(GFP_ATOMIC | __GFP_NOWARN);
	/* it does not drain the lists, whose last refill may have gone lower */
	REQUIRE(zone_free_pages(zone) <= half - half / 4);
	REQUIRE(zone_free_pages(zone) > half - half / 4 - 64);
	REQUIRE(!alloc_pages(SHORT | __GFP_MEMALLOC | __GFP_NOMEMALLOC, 0));
	exhaust(SHORT | __GFP_MEMALLOC);
	REQUIRE(!zone_free_pages(zone));
	check_conservation(zone, nr_short);
}

static unsigned long give_nothing(struct shrinker *s, struct shrink_control *sc)
{
	(void)s;
	(void)sc;
	return SHRINK_STOP;
}

/* A shrinker that has much and gives nothing. Expect one pass at each priority
 * with __GFP_NORETRY and for a costly order; 17 more for a small one. */
static void child_retries(void *arg)
{
	const unsigned long once = DEF_PRIORITY + 1;
	struct shrinker *s;

	(void)arg;
	start_short("");
	while (shrink_slab(GFP_KERNEL, 0, 0))
		;
	s = hoard_start(&hoard, 1, SHRINKER_ENGINE);
	s->scan_objects = give_nothing;
	hoard.nr = 1UL << 20;
	hoard.counts = 0;
	REQUIRE(!alloc_pages(SHORT, 0));
	REQUIRE(hoard.counts == once);
	REQUIRE(!alloc_pages(GFP_KERNEL | __GFP_NOWARN, 4));
	REQUIRE(hoard.counts == 2 * once);
	hoard.counts = 0;
	REQUIRE(!alloc_pages(GFP_KERNEL | __GFP_NOWARN, 0));
	/* each time it is counted once more, to see whether it makes sense */
	REQUIRE(hoard.counts == 17 * once + 16);
	hoard.counts = 0;
	s->flags &= ~SHRINKER_ENGINE; /* what it has may be anything */
	REQUIRE(!alloc_pages(GFP_KERNEL | __GFP_NOWARN, 0));
	REQUIRE(hoard.counts == once);
	REQUIRE(!alloc_pages(GFP_KERNEL | __GFP_NOWARN | __GFP_RETRY_MAYFAIL,
			     4));
	REQUIRE(hoard.counts == 2 * once);
}

struct waiter {
	gfp_t gfp;
	struct page *page;
	u32 started, done;
};

static void *wait_thread(void *arg)
{
	struct waiter *w = arg;

	__atomic_store_n(&w->started, 1, __ATOMIC_SEQ_CST);
	w->page = alloc_pages(w->gfp, 0);
	__atomic_store_n(&w->done, 1, __ATOMIC_SEQ_CST);
	return NULL;
}

/* __GFP_NOFAIL with nothing left, and another thread that frees. Expect it to
 * sleep until then, and a page. */
static void child_nofail(void *arg)
{
	struct zone *zone = start_short("");
	struct waiter w = { .gfp = GFP_KERNEL | __GFP_NOFAIL };
	pthread_t thread;

	(void)arg;
	exhaust(SHORT | __GFP_MEMALLOC); /* the reserve too */
	REQUIRE(!pthread_create(&thread, NULL, wait_thread, &w));
	while (!__atomic_load_n(&memory_waiters, __ATOMIC_SEQ_CST))
		usleep(100);
	usleep(5000);
	REQUIRE(!__atomic_load_n(&w.done, __ATOMIC_SEQ_CST));
	give_short(zone->_watermark[WMARK_HIGH] + 64);
	pthread_join(thread, NULL);
	REQUIRE(w.page && !memory_waiters);
	check_conservation(zone, nr_short + 1);
}

static void *fail_thread(void *arg)
{
	unsigned long *failed = arg;

	for (int i = 0; i < 100; i++)
		*failed += !alloc_pages(GFP_KERNEL | __GFP_NOWARN, 0);
	return NULL;
}

/* Four threads whose requests fail, with a shrinker that promises much and
 * gives nothing, and pauses of 30 seconds. Expect each pause to be ended by the
 * thread that was waited for, and none to be made where no thread is at
 * work. */
static void child_pauses(void *arg)
{
	unsigned long failed[4] = { 0 };
	pthread_t threads[4];
	struct shrinker *s;
	cpu_set_t all;

	(void)arg;
	REQUIRE(!sched_getaffinity(0, sizeof(all), &all));
	start_short("");
	REQUIRE(!sched_setaffinity(0, sizeof(all), &all));
	s = hoard_start(&hoard, 1, SHRINKER_ENGINE);
	s->scan_objects = give_nothing;
	hoard.nr = 1UL << 20;
	memory_pause_ms = 30000;
	REQUIRE(!alloc_pages(GFP_KERNEL | __GFP_NOWARN, 0)); /* alone */
	for (int i = 0; i < 4; i++)
		REQUIRE(!pthread_create(&threads[i], NULL, fail_thread,
					&failed[i]));
	for (int i = 0; i < 4; i++) {
		REQUIRE(!pthread_join(threads[i], NULL));
		REQUIRE(failed[i] == 100);
	}
	REQUIRE(!memory_pauses_full && !memory_waiters);
}

static void nofail_atomic(void *arg)
{
	(void)arg;
	exhaust(GFP_ATOMIC | __GFP_NOWARN);
	REQUIRE(!alloc_pages(GFP_NOWAIT | __GFP_NOFAIL, 0));
}

/* __GFP_NOFAIL without leave to block. Expect a warning and NULL. */
static void child_nofail_atomic(void *arg)
{
	char text[1024];

	(void)arg;
	start_short("");
	capture_stderr(nofail_atomic, NULL, text, sizeof(text));
	REQUIRE(count_phrase(text, " at slowpath.c:") == 1);
}

static void fail_thrice(void *arg)
{
	const nodemask_t nodes = { 1 };

	(void)arg;
	REQUIRE(!alloc_pages(GFP_KERNEL | __GFP_NOWARN, 2));
	REQUIRE(!__alloc_pages(GFP_KERNEL, 2, 0, &nodes));
	REQUIRE(!alloc_pages(GFP_KERNEL, 2));
}

/* Failures in a row. Expect the kernel's line for the first that is not
 * silenced, with order, mode and nodes, and no second one within 10 s. */
static void child_warns(void *arg)
{
	char text[4096], comm[32], line[128];
	FILE *file = fopen("/proc/self/comm", "r");

	(void)arg;
	REQUIRE(file && fgets(comm, sizeof(comm), file));
	fclose(file);
	comm[strcspn(comm, "\n")] = '\0';
	start_short("");
	capture_stderr(fail_thrice, NULL, text, sizeof(text));
	snprintf(line, sizeof(line),
		 "%s: page allocation failure: order:2, mode:0xcc0(GFP_KERNEL)",
		 comm);
	REQUIRE(!strncmp(text, line, strlen(line)));
	REQUIRE(count_phrase(text, ", nodemask=0\n") == 1);
	REQUIRE(count_phrase(text, "page allocation failure") == 1);
	REQUIRE(count_phrase(text, "Call Trace:") == 1);
	REQUIRE(count_phrase(text, "Mem-Info:") == 1);
}

/* What may not block. Expect NULL at once, no shrinker asked, kswapd told if
 * the request says so. */
static void child_nowait(void *arg)
{
	(void)arg;
	start_short("");
	hoard_start(&hoard, 100, 0);
	NODE_DATA(0)->kswapd_wait = 0;
	REQUIRE(!alloc_pages(__GFP_NOWARN, 0));
	REQUIRE(!NODE_DATA(0)->kswapd_wait && !hoard.counts);
	REQUIRE(!alloc_pages(GFP_NOWAIT, 0));
	REQUIRE(NODE_DATA(0)->kswapd_wait && !hoard.counts);
}

/* No zone that may serve. Expect NULL, without an end of waiting. */
static void child_no_zone(void *arg)
{
	const nodemask_t none = { 0 };

	(void)arg;
	start_zone("");
	REQUIRE(!__alloc_pages(GFP_KERNEL | __GFP_NOWARN, 0, 0, &none));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		child_test(child_reserves), child_test(child_retries),
		child_test(child_nofail),   child_test(child_nofail_atomic),
		child_test(child_warns),    child_test(child_nowait),
		child_test(child_no_zone),  child_test(child_pauses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
