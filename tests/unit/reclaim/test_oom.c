// SPDX-License-Identifier: MIT
/*
 * test_oom.c - nothing can be reclaimed: notifiers, handler, report, and after
 */
#include <kmalloc/oom.h>

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>

#include "core/task.h"
#include "support/short.h"
#include "zone/sysctl.h"
#include "zone/watermark.h"

#define LOUD (GFP_KERNEL | __GFP_NOWARN)

/* The default. Expect NULL, and after a free everything as it was: nothing
 * lost, the marks kept, the next request served. */
static void child_null(void *arg)
{
	struct zone *zone = start_short("");
	unsigned long low = low_wmark_pages(zone);

	(void)arg;
	REQUIRE(!alloc_pages(LOUD, 0) && !alloc_pages(LOUD, 3));
	exhaust(LOUD);
	check_conservation(zone, nr_short);
	give_short(nr_short);
	REQUIRE(low_wmark_pages(zone) == low && !zone->watermark_boost);
	REQUIRE(!NODE_DATA(0)->kswapd_failures);
	drain_all_pages(zone);
	REQUIRE(zone_free_pages(zone) == (long)SHORT_FRAMES);
	exhaust(LOUD);
	REQUIRE(nr_short + min_wmark_pages(zone) == SHORT_FRAMES);
	give_short(nr_short);
	check_conservation(zone, 0);
}

/* oom=abort. Expect the kernel's report, its last line, and SIGABRT. */
static void abort_by_policy(void *arg)
{
	start_short("oom=abort");
	if (arg)
		REQUIRE(do_sysctl("vm.oom_dump_tasks", NULL, 0, arg) > 0);
	alloc_pages(LOUD, 1);
}

static void test_abort(void **state)
{
	struct child_end end;

	(void)state;
	child_run(abort_by_policy, NULL, &end);
	assert_true(WIFSIGNALED(end.status));
	assert_int_equal(WTERMSIG(end.status), SIGABRT);
	assert_non_null(strstr(
		end.err,
		" invoked oom-killer: gfp_mask=0x2cc0(GFP_KERNEL|__GFP_NOWARN)"));
	assert_non_null(strstr(end.err, "order=1, oom_score_adj="));
	assert_non_null(strstr(end.err, "Out of memory: Killed process "));
	assert_non_null(strstr(end.err, "total-vm:"));
	assert_null(strstr(end.err, "total-vm:0kB"));
	assert_non_null(strstr(end.err, "pgtables:"));
	assert_non_null(strstr(end.err, "Mem-Info:"));
}

/* vm.oom_dump_tasks, on as it is and off. Expect the process in the table, with
 * what it has in memory; no table. */
static void test_dump_tasks(void **state)
{
	unsigned long vm = 0, rss = 0, anon = 0;
	int pid = 0, uid = -1, tgid = 0;
	struct child_end end;
	const char *at;

	(void)state;
	child_run(abort_by_policy, NULL, &end);
	at = strstr(end.err, "oom_score_adj name\n");
	assert_non_null(
		strstr(end.err, "Tasks state (memory values in pages):\n"));
	assert_non_null(at);
	at = strchr(at, '\n') + 1;
	assert_int_equal(sscanf(at, "[%d] %d %d %lu %lu %lu", &pid, &uid, &tgid,
				&vm, &rss, &anon),
			 6);
	assert_true(pid > 0 && pid == tgid && uid == (int)getuid());
	assert_true(vm > rss && rss >= anon && anon);
	child_run(abort_by_policy, (void *)(uintptr_t) "0", &end);
	assert_non_null(strstr(end.err, " invoked oom-killer: "));
	assert_null(strstr(end.err, "Tasks state"));
}

/* oom=abort and requests that the OOM killer is not for. Expect NULL. */
static void child_excepted(void *arg)
{
	(void)arg;
	start_short("oom=abort");
	REQUIRE(!alloc_pages(LOUD, 4));
	REQUIRE(!alloc_pages(LOUD | __GFP_RETRY_MAYFAIL, 0));
	REQUIRE(!alloc_pages(LOUD | __GFP_THISNODE, 0));
	REQUIRE(!alloc_pages(LOUD | __GFP_NORETRY, 0));
	REQUIRE(!alloc_pages(GFP_NOWAIT, 0));
	REQUIRE(!alloc_pages(GFP_NOFS | __GFP_NOWARN, 0)); /* in the end */
}

static struct {
	int answer, give;
	unsigned int calls, order;
	gfp_t gfp;
} asked;

static int handler(gfp_t gfp, unsigned int order, void *arg)
{
	REQUIRE(arg == &asked && (current->flags & PF_MEMALLOC));
	asked.calls++;
	asked.gfp = gfp;
	asked.order = order;
	if (asked.give)
		give_short((unsigned long)asked.give);
	return asked.answer;
}

/* A handler that gives in, that gives memory up, that says it did, and none.
 * Expect NULL, a page, NULL after a bounded number of calls, NULL unasked. */
static void child_handler(void *arg)
{
	struct zone *zone = start_short("");
	struct page *page;

	(void)arg;
	km_set_oom_handler(handler, &asked);
	asked.answer = KM_OOM_FAIL;
	REQUIRE(!alloc_pages(LOUD, 2) && asked.calls == 1);
	REQUIRE(asked.order == 2 && asked.gfp == LOUD);
	asked.calls = 0;
	asked.answer = KM_OOM_RETRY;
	asked.give = 300;
	page = alloc_pages(LOUD, 0);
	REQUIRE(page && asked.calls == 1);
	asked.calls = 0;
	asked.give = 0;
	exhaust(SHORT);
	REQUIRE(!alloc_pages(LOUD, 0));
	REQUIRE(asked.calls == MAX_RECLAIM_RETRIES + 1);
	km_set_oom_handler(NULL, NULL);
	REQUIRE(!alloc_pages(LOUD, 0));
	REQUIRE(asked.calls == MAX_RECLAIM_RETRIES + 1);
	check_conservation(zone, nr_short + 1);
}

static void abort_by_handler(void *arg)
{
	start_short("");
	km_set_oom_handler(handler, &asked);
	asked.answer = KM_OOM_ABORT;
	if (arg)
		REQUIRE(do_sysctl("vm.oom_kill_allocating_task", NULL, 0, arg) >
			0);
	alloc_pages(LOUD, 0);
}

/* A handler that says so. Expect the report and the end; with
 * vm.oom_kill_allocating_task the same without asking it. */
static void test_handler_aborts(void **state)
{
	(void)state;
	assert_true(child_aborts(abort_by_handler, NULL,
				 "Out of memory: Killed process"));
	assert_true(child_aborts(
		abort_by_handler, (void *)(uintptr_t) "1",
		"Out of memory (oom_kill_allocating_task): Killed process"));
}

static unsigned int order_of_calls[4], nr_calls;

static int notify(struct notifier_block *nb, unsigned long action, void *data)
{
	unsigned long *freed = data;

	REQUIRE(!action);
	order_of_calls[nr_calls++ % 4] = (unsigned int)nb->priority;
	if (nb->priority == 5 && nr_short > 1000 && asked.give) {
		give_short(300);
		*freed += 300;
	}
	return nb->priority == 9 && asked.answer ? NOTIFY_STOP : NOTIFY_OK;
}

/* Notifiers. Expect them by falling priority until one says stop, before any
 * handler, and a page if they freed something. */
static void child_notifiers(void *arg)
{
	struct notifier_block low = { .notifier_call = notify, .priority = 1 };
	struct notifier_block mid = { .notifier_call = notify, .priority = 5 };
	struct notifier_block top = { .notifier_call = notify, .priority = 9 };

	(void)arg;
	start_short("");
	REQUIRE(!register_oom_notifier(&mid) && !register_oom_notifier(&low));
	REQUIRE(!register_oom_notifier(&top));
	REQUIRE(register_oom_notifier(&mid) == -EEXIST);
	REQUIRE(!alloc_pages(LOUD, 0) && nr_calls == 3);
	REQUIRE(order_of_calls[0] == 9 && order_of_calls[1] == 5 &&
		order_of_calls[2] == 1);
	asked.answer = 1;
	nr_calls = 0;
	REQUIRE(!alloc_pages(LOUD, 0) && nr_calls == 1);
	REQUIRE(!unregister_oom_notifier(&top));
	REQUIRE(unregister_oom_notifier(&top) == -ENOENT);
	asked.give = 1;
	REQUIRE(alloc_pages(LOUD, 0));
}

static void panic(void *arg)
{
	const nodemask_t nodes = { 1 };

	start_short("");
	REQUIRE(do_sysctl("vm.panic_on_oom", NULL, 0, "1") > 0);
	REQUIRE(!__alloc_pages(LOUD, 0, 0, &nodes)); /* a limit of its own */
	if (arg)
		REQUIRE(do_sysctl("vm.panic_on_oom", NULL, 0, "2") > 0);
	__alloc_pages(LOUD, 0, 0, arg ? &nodes : NULL);
}

/* vm.panic_on_oom. Expect 1 to spare requests that are limited to nodes, 2 to
 * spare none. */
static void test_panic(void **state)
{
	(void)state;
	assert_true(child_aborts(panic, NULL,
				 "Out of memory: system-wide panic_on_oom"));
	assert_true(child_aborts(panic, &asked,
				 "Out of memory: compulsory panic_on_oom"));
}

static void nofail_at_the_end(void *arg)
{
	(void)arg;
	start_short("oom=abort");
	exhaust(SHORT | __GFP_MEMALLOC);
	alloc_pages(GFP_KERNEL | __GFP_NOFAIL, 0);
}

/* __GFP_NOFAIL with oom=abort. Expect the report instead of sleep. */
static void test_nofail(void **state)
{
	(void)state;
	assert_true(child_aborts(nofail_at_the_end, NULL,
				 "Out of memory: Killed process"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		child_test(child_null),
		cmocka_unit_test(test_abort),
		cmocka_unit_test(test_dump_tasks),
		child_test(child_excepted),
		child_test(child_handler),
		cmocka_unit_test(test_handler_aborts),
		child_test(child_notifiers),
		cmocka_unit_test(test_panic),
		cmocka_unit_test(test_nofail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
