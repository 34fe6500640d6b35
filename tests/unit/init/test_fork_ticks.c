// SPDX-License-Identifier: MIT
/*
 * test_fork_ticks.c - what ticks put off after a fork() of one thread
 *
 * Such a fork takes no lock. The handlers that init registers must tell the
 * ticks of it all the same: pages that a parent shares with its child are
 * neither made huge nor written to. Which pages become huge is made up as in
 * unit.zone.collapse: slabs are their bytes in the index.
 */
#include <pthread.h>
#include <sys/wait.h>

#include "init.h"
#include "kmem/forked.h"
#include "support/folder.h"
#include "support/kmtest.h"
#include "support/start.h"
#include "zone/collapse.h"
#include "zone/surplus.h"
#include "zone/thp.h"

#define MIB_PAGES (1UL << 20 >> PAGE_SHIFT)

static int set_up(void **state)
{
	(void)state;
	folder_make();
	return 0;
}

static int take_down(void **state)
{
	(void)state;
	return folder_remove();
}

static int no_more(void)
{
	return 0;
}

static void start(void)
{
	folder_put("enabled", "always [madvise] never\n");
	thp_look_at(folder, "/nonexistent");
	parse_args(TEST_ARENA " thp=auto");
	REQUIRE(!km_boot(&(struct km_start){ NR_CURSORS, 0, no_more, NULL }));
	km_register_fork();
	tick_interval_ms = ~0UL; /* no tick of the clock's */
}

/* Makes a pageblock dense that has no mark. Returns false on a kernel without
 * huge pages. */
static bool make_dense(void)
{
	struct zone *zone = &node_data[0].node_zones[ZONE_NORMAL];
	unsigned long pfn = zone->zone_start_pfn + 2 * PAGEBLOCK_PAGES;

	grow_zone_to(zone, 16 * MIB_PAGES);
	surplus_areas.used = 24 * MIB_PAGES;
	grow_zone_to(zone, 32 * MIB_PAGES);
	memset(arena_index + pfn, 1, PAGEBLOCK_PAGES);
	memset(pfn_to_virt(pfn), 1, PAGEBLOCK_PAGES << PAGE_SHIFT);
	return thp_has_marks();
}

/* Returns true if one of a pageblock's first two looks asks the kernel. */
static bool ticks_ask(void)
{
	unsigned long calls = os_mem_calls;

	thp_collapse_tick();
	thp_collapse_tick();
	return os_mem_calls != calls;
}

static void end_child(pid_t pid, bool good)
{
	int status;

	if (!pid)
		_exit(good ? 0 : 1);
	REQUIRE(good && waitpid(pid, &status, 0) == pid && !status);
}

/* No fork. Expect the kernel to be asked for a huge page. */
static void child_alone(void *arg)
{
	(void)arg;
	start();
	REQUIRE(!ticks_ask());
	if (make_dense())
		REQUIRE(ticks_ask());
}

/* A fork. Expect neither parent nor child to ask for one. */
static void child_huge(void *arg)
{
	pid_t pid;

	(void)arg;
	start();
	make_dense();
	pid = fork();
	REQUIRE(pid >= 0);
	end_child(pid, !ticks_ask());
}

static void fork_holds(void)
{
	pid_t pid = fork();

	REQUIRE(pid >= 0);
	end_child(pid, kmem_forked_holds() == !!pid);
}

/* Forks of one thread. Expect ticks of the parent to leave slabs alone, those
 * of the first child, which has none itself, not. */
static void child_slabs(void *arg)
{
	(void)arg;
	start();
	REQUIRE(!kmem_forked_holds());
	fork_holds();
}

static void *sleep_on(void *arg)
{
	pthread_barrier_wait(arg);
	pthread_barrier_wait(arg);
	return NULL;
}

/* The same while there is a second thread. */
static void child_threads(void *arg)
{
	pthread_barrier_t barrier;
	pthread_t thread;

	(void)arg;
	start();
	pthread_barrier_init(&barrier, NULL, 2);
	REQUIRE(!pthread_create(&thread, NULL, sleep_on, &barrier));
	pthread_barrier_wait(&barrier);
	fork_holds();
	pthread_barrier_wait(&barrier);
	REQUIRE(!pthread_join(thread, NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		child_test(child_alone),
		child_test(child_huge),
		child_test(child_slabs),
		child_test(child_threads),
	};

	return cmocka_run_group_tests(tests, set_up, take_down);
}
