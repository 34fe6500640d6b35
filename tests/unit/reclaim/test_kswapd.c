// SPDX-License-Identifier: MIT
/*
 * test_kswapd.c - work ahead: what wakes it, what it does, when it gives up
 */
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>

#include "core/task.h"
#include "reclaim/internal.h"
#include "reclaim/reclaim.h"
#include "support/short.h"
#include "sys/os.h"
#include "zone/vmstat.h"
#include "zone/watermark.h"

static struct hoard hoard;

static pg_data_t *node0(void)
{
	return NODE_DATA(0);
}

static void tick_now(void)
{
	tick_run(tick_last_ms + 1);
}

/* A request below the low mark. Expect it noted, and at the next tick pages
 * until the zone is above high; then nothing is asked for any more. */
static void child_tick(void *arg)
{
	struct zone *zone = start_short("");
	unsigned long events[NR_VM_EVENT_ITEMS];

	(void)arg;
	hoard_start(&hoard, 500, 0);
	REQUIRE(!pgdat_balanced(node0(), 0, ZONE_NORMAL));
	REQUIRE(node0()->kswapd_wait); /* exhaust() has woken it */
	tick_now();
	REQUIRE(!node0()->kswapd_wait && hoard.scans && hoard.nr < 500);
	REQUIRE(pgdat_balanced(node0(), 0, ZONE_NORMAL));
	REQUIRE(zone_free_pages(zone) > (long)high_wmark_pages(zone));
	REQUIRE(!zone_flag(zone, ZONE_RECLAIM_ACTIVE));
	hoard.counts = 0;
	tick_now();
	REQUIRE(!hoard.counts);
	wakeup_kswapd(zone, GFP_KERNEL, 0, ZONE_NORMAL);
	REQUIRE(!node0()->kswapd_wait); /* balanced: no need */
	all_vm_events(events);
	REQUIRE(events[PAGEOUTRUN] == 1 && events[PGSTEAL_KSWAPD]);
	REQUIRE(!current->flags);
}

/* A zone that can grow. Expect it balanced however little is free. */
static void child_growing(void *arg)
{
	struct zone *zone;

	(void)arg;
	zone = start_zone("");
	REQUIRE(alloc_pages(GFP_KERNEL, MAX_PAGE_ORDER));
	REQUIRE(zone_can_grow(zone) && pgdat_balanced(node0(), 0, ZONE_NORMAL));
	wakeup_kswapd(zone, GFP_KERNEL, 0, ZONE_NORMAL);
	REQUIRE(!node0()->kswapd_wait);
}

/* Nothing to be had, 16 times. Expect the node hopeless and not woken; then
 * direct reclaim that gets something, and hope again. */
static void child_hopeless(void *arg)
{
	struct zone *zone = start_short("");

	(void)arg;
	while (shrink_slab(GFP_KERNEL, 0, 0))
		;
	for (int i = 0; i < MAX_RECLAIM_RETRIES; i++) {
		wakeup_kswapd(zone, GFP_KERNEL, 0, ZONE_NORMAL);
		REQUIRE(node0()->kswapd_wait);
		tick_now();
		REQUIRE(node0()->kswapd_failures == (unsigned int)i + 1);
	}
	wakeup_kswapd(zone, GFP_KERNEL, 0, ZONE_NORMAL);
	REQUIRE(!node0()->kswapd_wait);
	hoard_start(&hoard, 300, 0);
	REQUIRE(alloc_pages(SHORT, 0));
	REQUIRE(!node0()->kswapd_failures);
}

/* A boosted zone that can grow. Expect kswapd woken, a little reclaimed, and
 * the boost gone, but nothing beyond priority 10. */
static void child_boost(void *arg)
{
	struct zone *zone;

	(void)arg;
	pin_to_one_cpu();
	zone = start_zone("");
	tick_interval_ms = ~0UL;
	while (nr_short < 512)
		short_pages[nr_short++] = alloc_pages(GFP_KERNEL, 0);
	hoard_start(&hoard, 512, 0)->batch = 1;
	spin_lock(&zone->lock);
	zone->watermark_boost = 512;
	spin_unlock(&zone->lock);
	wakeup_kswapd(zone, GFP_KERNEL, 0, ZONE_NORMAL);
	REQUIRE(node0()->kswapd_wait);
	tick_now();
	REQUIRE(!zone->watermark_boost && hoard.counts);
	REQUIRE(hoard.nr > 512 - 16);
}

/* Nothing but GFP_NOWAIT, again and again, with a shrinker that has pages.
 * Expect kswapd woken by the first that fails and, when a tick is due, that the
 * next one runs it: pages from the shrinker, and the zone above high. */
static void child_nowait(void *arg)
{
	(void)arg;
	start_short("");
	hoard_start(&hoard, 500, 0);
	while (alloc_pages(GFP_NOWAIT, 0))
		;
	REQUIRE(node0()->kswapd_wait && !hoard.scans);
	let_tick_be_due();
	alloc_pages(GFP_NOWAIT, 0);
	REQUIRE(!node0()->kswapd_wait && hoard.scans && hoard.nr < 500);
	REQUIRE(alloc_pages(GFP_NOWAIT, 0));
}

static void wait_until_balanced(void)
{
	for (int i = 0; i < 10000; i++) {
		if (pgdat_balanced(node0(), 0, ZONE_NORMAL))
			return;
		usleep(1000);
	}
	REQUIRE(!"balanced in the end");
}

/* The same with kswapd=on. Expect the tick to start the thread, since the
 * requests may not, and the thread to do the work. */
static void child_nowait_thread(void *arg)
{
	(void)arg;
	start_short("kswapd=on");
	kswapd_allow_threads();
	hoard_start(&hoard, 500, 0);
	while (alloc_pages(GFP_NOWAIT, 0))
		;
	REQUIRE(!kswapd_is_thread(node0()));
	let_tick_be_due();
	alloc_pages(GFP_NOWAIT, 0);
	REQUIRE(kswapd_is_thread(node0()));
	wait_until_balanced();
	REQUIRE(READ_ONCE(hoard.scans));
}

/* kswapd=on. Expect no thread before the constructors have run, then one that
 * balances the node without a tick; in a child of fork() one of its own. */
static void child_thread(void *arg)
{
	pid_t pid;
	int status;

	(void)arg;
	start_short("kswapd=on");
	REQUIRE(!kswapd_is_thread(node0()));
	hoard_start(&hoard, 500, 0);
	REQUIRE(!alloc_pages(GFP_NOWAIT, 0));
	REQUIRE(!kswapd_is_thread(node0())); /* it may hold a lock */
	kswapd_allow_threads();
	REQUIRE(alloc_pages(SHORT, 0));
	REQUIRE(kswapd_is_thread(node0()));
	wait_until_balanced();
	page_alloc_fork_take();
	pid = fork();
	if (!pid) {
		page_alloc_fork_release();
		page_alloc_fork_child();
		REQUIRE(!kswapd_is_thread(node0()));
		if (IS_ENABLED(KM_SANITIZE_THREAD)) /* no threads there */
			_exit(0);
		exhaust(SHORT);
		REQUIRE(kswapd_is_thread(node0()));
		_exit(0);
	}
	page_alloc_fork_release();
	REQUIRE(kswapd_is_thread(node0()));
	REQUIRE(waitpid(pid, &status, 0) == pid && !status);
}

static u32 blocked;

static unsigned long signal_count(struct shrinker *s, struct shrink_control *sc)
{
	sigset_t mask;

	(void)s;
	(void)sc;
	if (current->flags & PF_KSWAPD) {
		REQUIRE(!pthread_sigmask(SIG_SETMASK, NULL, &mask));
		REQUIRE(sigismember(&mask, SIGINT) == 1);
		REQUIRE(sigismember(&mask, SIGTERM) == 1);
		__atomic_store_n(&blocked, 1, __ATOMIC_SEQ_CST);
	}
	return 0;
}

/* The thread and signals. Expect all blocked in it, none in its starter. */
static void child_signals(void *arg)
{
	static struct shrinker s = { .count_objects = signal_count,
				     .scan_objects = hoard_scan };
	sigset_t mask;

	(void)arg;
	start_short("kswapd=on");
	kswapd_allow_threads();
	shrinker_register(&s);
	REQUIRE(!alloc_pages(SHORT, 0));
	for (int i = 0; i < 10000 && !READ_ONCE(blocked); i++)
		usleep(1000);
	REQUIRE(READ_ONCE(blocked));
	REQUIRE(!pthread_sigmask(SIG_SETMASK, NULL, &mask));
	REQUIRE(!sigismember(&mask, SIGINT));
}

static unsigned long throttled(void)
{
	unsigned long events[NR_VM_EVENT_ITEMS];

	all_vm_events(events);
	return events[PGSCAN_DIRECT_THROTTLE];
}

static u32 direct_scans; /* before any thread was throttled */

/* No request is given anything until one waits for kswapd. */
static unsigned long late_scan(struct shrinker *s, struct shrink_control *sc)
{
	if (!(current->flags & PF_KSWAPD)) {
		if (throttled())
			return hoard_scan(s, sc);
		direct_scans++;
		return SHRINK_STOP;
	}
	for (int i = 0; i < 10000 && !throttled(); i++)
		usleep(1000);
	return hoard_scan(s, sc);
}

/* Down to less than half of the min mark. */
static void take_reserves(struct zone *zone)
{
	while (zone_free_pages(zone) > (long)min_wmark_pages(zone) / 4) {
		short_pages[nr_short++] = alloc_pages(
			__GFP_MEMALLOC | __GFP_NOWARN, 0);
		drain_all_pages(zone);
	}
}

/* K4. Hardly a page left of the reserves. Expect a request to wait for kswapd's
 * thread, and to be served with what it got; not to where there is no thread,
 * or where it is hopeless. */
static void child_throttle(void *arg)
{
	static struct shrinker s = {
		.count_objects = hoard_count,
		.scan_objects = late_scan,
		.private_data = &hoard,
	};
	struct zone *zone = start_short("kswapd=on");

	(void)arg;
	while (hoard.nr < 500)
		hoard.pages[hoard.nr++] = short_pages[--nr_short];
	take_reserves(zone);
	shrinker_register(&s);
	REQUIRE(!alloc_pages(SHORT, 0) && direct_scans && !throttled());
	kswapd_allow_threads();
	direct_scans = 0;
	WRITE_ONCE(node0()->kswapd_failures, (u32)MAX_RECLAIM_RETRIES);
	REQUIRE(!alloc_pages(SHORT, 0) && direct_scans && !throttled());
	direct_scans = 0;
	WRITE_ONCE(node0()->kswapd_failures, 0U);
	REQUIRE(alloc_pages(GFP_KERNEL | __GFP_NOFAIL, 0));
	REQUIRE(throttled() && !direct_scans && READ_ONCE(hoard.nr) < 500);
}

/* kswapd=maybe. Expect it named and ignored. */
static void test_bad_value(void **state)
{
	char text[256];

	(void)state;
	capture_stderr((void (*)(void *))parse_args,
		       (void *)(uintptr_t) "kswapd=maybe", text, sizeof(text));
	assert_non_null(strstr(text, "kswapd"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		child_test(child_tick),	    child_test(child_growing),
		child_test(child_hopeless), child_test(child_boost),
		child_test(child_nowait),   child_test(child_nowait_thread),
		child_test(child_thread),   child_test(child_signals),
		child_test(child_throttle), cmocka_unit_test(test_bad_value),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
