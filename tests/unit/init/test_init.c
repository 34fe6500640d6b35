// SPDX-License-Identifier: MIT
/*
 * test_init.c - the start, fork, shortage and the check of everything
 */
#include <errno.h>
#include <pthread.h>
#include <string.h>

#include "buddy/buddy.h"
#include "core/tick.h"
#include "diag/report.h"
#include "init.h"
#include "kmem/held.h"
#include "kmem/kmalloc.h"
#include "kmem/kmem.h"
#include "kmem/owner.h"
#include "kmem/thread.h"
#include "slub/slub.h"
#include "support/ask.h"
#include "support/kmtest.h"
#include "sys/os.h"
#include "zone/sysctl.h"

static int nested, last_calls;

/* Counts the calls that succeed. */
static int last(void)
{
	int ret;

	nested = km_boot(&(struct km_start){ NR_CURSORS, 0, NULL, NULL });
	ret = kmalloc_init();
	last_calls += !ret;
	return ret;
}

static int last_fails(void)
{
	return -EDOM;
}

/* The engine that started in the end: everything works, and is sound. */
static int works(void)
{
	void *p = kmalloc(100, GFP_KERNEL), *q = kmalloc(1 << 20, GFP_KERNEL);

	if (!km_ready() || last_calls != 1 || !p || !q)
		return 0;
	kfree(p);
	kfree(q);
	km_check_all();
	return 1;
}

static void boot_without_memory(void *arg)
{
	(void)arg;
	os_fail_calls(1, ~0UL >> 1);
	if (km_boot(&(struct km_start){ NR_CURSORS, 0, last, NULL }) != -ENOMEM)
		_exit(1);
	if (km_boot(&(struct km_start){ NR_CURSORS, 0, last, NULL }) !=
		    -ENOMEM ||
	    km_ready())
		_exit(2);
	os_fail_calls(0, 0);
	if (km_boot(&(struct km_start){ NR_CURSORS, 0, last, NULL }) ||
	    !works())
		_exit(3);
}

/* All calls of the system from the n-th on fail. */
static void boot_that_stops(void *arg)
{
	unsigned long n = *(unsigned long *)arg;
	int ret;

	os_fail_calls(n, ~0UL >> 1);
	ret = km_boot(&(struct km_start){ NR_CURSORS, 0, last, NULL });
	os_fail_calls(0, 0);
	if (ret && (ret != -ENOMEM || km_ready()))
		_exit(1);
	if (km_boot(&(struct km_start){ NR_CURSORS, 0, last, NULL }) ||
	    !works())
		_exit(2);
	km_report("%s\n", ret ? "failed" : "started");
}

static void boot_that_fails_late(void *arg)
{
	(void)arg;
	if (km_boot(&(struct km_start){ NR_CURSORS, 0, last_fails, NULL }) !=
		    -EDOM ||
	    km_ready())
		_exit(1);
	if (km_boot(&(struct km_start){ NR_CURSORS, 0, last, NULL }) ||
	    !works())
		_exit(2);
}

static const char sentence[] = "kmalloc: cannot start: ";

/* The start fails, for lack of memory at any step or in the caller's part.
 * Expect the error, an engine that is not ready, one line that says so; and a
 * sound engine from the first call on that finds what was missing. */
static void test_boot_fails(void **state)
{
	unsigned long n = 0;
	struct child_end end;

	(void)state;
	assert_false(km_ready());
	child_run(boot_without_memory, NULL, &end);
	assert_int_equal(end.status, 0);
	assert_memory_equal(end.err, sentence, sizeof(sentence) - 1);
	assert_ptr_equal(strchr(end.err, '\n'), end.err + strlen(end.err) - 1);
	do {
		n++;
		child_run(boot_that_stops, &n, &end);
		if (end.status)
			fail_msg("call %lu: status %#x", n, end.status);
	} while (n < 200 && !strstr(end.err, "started\n"));
	assert_in_range(n, 2, 199); /* the calls of a start */
	child_run(boot_that_fails_late, NULL, &end);
	assert_int_equal(end.status, 0);
}

static void *kept[2];
static int handler_runs;
static bool armed;

/* Registered before ours, so it runs while every lock is held. */
static void allocating_handler(void)
{
	void *large, *objs[200];

	if (!armed)
		return;
	large = kmalloc(100000, GFP_KERNEL);
	for (size_t i = 0; i < ARRAY_SIZE(objs); i++)
		objs[i] = kmalloc(300, GFP_KERNEL);
	for (size_t i = 0; i < ARRAY_SIZE(objs); i++)
		kfree(objs[i]);
	kfree(kept[0]);
	kept[0] = kept[1];
	kept[1] = large;
	handler_runs++;
}

static void *boot_thread(void *arg)
{
	(void)arg;
	return (void *)(intptr_t)km_boot(
		&(struct km_start){ NR_CURSORS, 0, last, NULL });
}

/* Eight threads start it at once. Expect success for each, one run of the
 * caller's part, and -EBUSY for the call from in there. */
static void test_boot(void **state)
{
	pthread_t threads[8];
	void *ret;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(threads); i++)
		assert_int_equal(pthread_create(&threads[i], NULL, boot_thread,
						NULL),
				 0);
	for (size_t i = 0; i < ARRAY_SIZE(threads); i++) {
		assert_int_equal(pthread_join(threads[i], &ret), 0);
		assert_null(ret);
	}
	assert_int_equal(last_calls, 1);
	assert_int_equal(nested, -EBUSY);
	assert_true(km_ready());
	assert_int_equal(
		km_boot(&(struct km_start){ NR_CURSORS, 0, last, NULL }), 0);
	assert_int_equal(last_calls, 1);
	tick_interval_ms = ~0UL; /* nothing happens behind our back */
	pthread_atfork(allocating_handler, allocating_handler,
		       allocating_handler);
	km_register_fork();
}

static struct kmem_cache *s;
static pthread_barrier_t barrier;

/* Holds sheaves of free objects, and lives until it is told to end. */
static void *bystander(void *arg)
{
	void *obj = kmem_cache_alloc(s, 0);

	(void)arg;
	kmem_cache_free(s, obj);
	kfree(kmalloc(100, GFP_KERNEL));
	pthread_barrier_wait(&barrier);
	pthread_barrier_wait(&barrier);
	return NULL;
}

static void check_in_child(void *arg)
{
	void *obj = arg;

	if (kmem_owners_number() != 1)
		_exit(1);
	kmem_cache_free(s, obj);
	kmem_owner_flush(kmem_owner_get());
	if (s->in_use)
		_exit(2);
	kfree(kmalloc(100, GFP_KERNEL));
	km_check_all();
	kmem_cache_destroy(s);
	km_check_all();
}

/* A process with threads forks. Expect the child to adopt what these cached,
 * the parent to go on, and every structure to be sound in both. */
static void test_fork_adopts(void **state)
{
	pthread_t thread;
	struct child_end end;
	void *obj;

	(void)state;
	s = kmem_cache_create("fork test", 64, 0, 0, NULL);
	obj = kmem_cache_alloc(s, 0);
	pthread_barrier_init(&barrier, NULL, 2);
	assert_int_equal(pthread_create(&thread, NULL, bystander, NULL), 0);
	pthread_barrier_wait(&barrier);
	assert_int_equal(kmem_owners_number(), 2);
	child_run(check_in_child, obj, &end);
	if (end.status)
		fail_msg("child ended with %#x: %s", end.status, end.err);
	km_check_all();
	pthread_barrier_wait(&barrier);
	assert_int_equal(pthread_join(thread, NULL), 0);
	kmem_cache_free(s, obj);
	kmem_cache_destroy(s);
	km_check_all();
}

static void check_after_handlers(void *arg)
{
	(void)arg;
	if (handler_runs != 2)
		_exit(1);
	km_check_all();
}

/* Handlers of others allocate and free on every path between our prepare and
 * our release. Expect no deadlock and sound structures. */
static void test_fork_handlers(void **state)
{
	struct child_end end;

	(void)state;
	armed = true;
	child_run(check_after_handlers, NULL, &end);
	assert_int_equal(end.status, 0);
	armed = false;
	assert_int_equal(handler_runs, 2);
	kfree(kept[0]);
	kfree(kept[1]);
	km_check_all();
}

/* Memory is short. Expect what is free to be with the OS afterwards. */
static void test_reclaim(void **state)
{
	struct zone *zone = &node_data[0].node_zones[ZONE_NORMAL];
	struct zone_stat stat;
	unsigned long blocks[4];

	(void)state;
	assert_true(do_sysctl("vm.free_dirty_bytes", NULL, 0, "67108864") >= 0);
	for (size_t i = 0; i < ARRAY_SIZE(blocks); i++) {
		blocks[i] = __get_free_pages(GFP_KERNEL, MAX_PAGE_ORDER);
		assert_int_not_equal(blocks[i], 0);
		memset((void *)blocks[i], 1, MAX_BLOCK_SIZE);
	}
	for (size_t i = 0; i < ARRAY_SIZE(blocks); i++)
		free_pages(blocks[i], MAX_PAGE_ORDER);
	zone_stat(zone, &stat);
	assert_true(stat.resident_free >= 4 * MAX_ORDER_NR_PAGES);
	km_reclaim_all();
	zone_stat(zone, &stat);
	assert_true(stat.resident_free < MAX_ORDER_NR_PAGES);
	km_check_all();
}

static void break_barn(void *arg)
{
	struct kmem_cache *cache = arg;

	cache->node[0]->barn[BARN_HERE].nr_full++;
	km_check_all();
}

/* The same, because a tool asks. Expect the same, and no further one. */
static void test_trim_outside(void **state)
{
	struct zone *zone = &node_data[0].node_zones[ZONE_NORMAL];
	unsigned long block = __get_free_pages(GFP_KERNEL, MAX_PAGE_ORDER);
	struct zone_stat stat;

	(void)state;
	assert_int_not_equal(block, 0);
	memset((void *)block, 1, MAX_BLOCK_SIZE);
	free_pages(block, MAX_PAGE_ORDER);
	zone_stat(zone, &stat);
	assert_true(stat.resident_free >= MAX_ORDER_NR_PAGES);
	assert_true(ask_now(CONTROL_TRIM, 0, 0) >= 0);
	zone_stat(zone, &stat);
	assert_true(stat.resident_free < MAX_ORDER_NR_PAGES);
	km_check_all();
}

/* All knobs that there are. Expect those to be refused from outside that say
 * what happens without memory, and those that are not one number. */
static void test_knobs_outside(void **state)
{
	static const char *const refused[] = {
		"vm.panic_on_oom",	  "vm.oom_kill_allocating_task",
		"vm.oom_dump_tasks",	  "vm.lowmem_reserve_ratio",
		"vm.numa_zonelist_order",
	};
	static const char *const allowed[] = {
		"vm.min_free_kbytes",
		"vm.watermark_scale_factor",
		"vm.compact_memory",
		"vm.compaction_proactiveness",
		"vm.extfrag_threshold",
		"vm.dirty_ratio",
		"vm.dirty_bytes",
		"vm.free_dirty_bytes",
		"vm.free_dirty_ratio",
		"vm.zone_reclaim_mode",
		"vm.min_slab_ratio",
		"vm.drop_caches",
		"vm.watermark_boost_factor",
		"vm.percpu_pagelist_high_fraction",
		"vm.percpu_pagelist_fraction",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++)
		assert_int_equal(ask_now(CONTROL_SET, control_name(refused[i]),
					 1),
				 -EACCES);
	for (size_t i = 0; i < ARRAY_SIZE(allowed); i++)
		assert_int_equal(ask_now(CONTROL_SET, control_name(allowed[i]),
					 UINT64_MAX),
				 -ERANGE);
}

/* One invariant of one cache is broken. Expect km_check_all() to find it. */
static void test_check_fails(void **state)
{
	struct kmem_cache *cache = kmem_cache_create("broken", 64, 0, 0, NULL);

	(void)state;
	expect_abort(break_barn, cache, "BUG: full != barn->nr_full");
	kmem_cache_destroy(cache);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_boot_fails),
		cmocka_unit_test(test_boot),
		cmocka_unit_test(test_fork_adopts),
		cmocka_unit_test(test_fork_handlers),
		cmocka_unit_test(test_reclaim),
		cmocka_unit_test(test_trim_outside),
		cmocka_unit_test(test_knobs_outside),
		cmocka_unit_test(test_check_fails),
	};

	pin_to_first_cpu();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
