// SPDX-License-Identifier: MIT
/*
 * test_fork.c - the locks of the page allocator while the program forks
 */
#include "request/request.h"
#include "support/start.h"

/* The locks of this room as fork takes them. Expect all held, then free. */
static void child_fork_locks(void *arg)
{
	struct zone *zone = start_zone("");

	(void)arg;
	page_alloc_fork_take();
	REQUIRE(zone->lock.word && arena_lock.word);
	for (unsigned int cpu = 0; cpu < nr_cpu_ids; cpu++)
		REQUIRE(zone->pageset[cpu].lock.word);
	page_alloc_fork_release();
	REQUIRE(!zone->lock.word && !arena_lock.word);
	for (unsigned int cpu = 0; cpu < nr_cpu_ids; cpu++)
		REQUIRE(!zone->pageset[cpu].lock.word);
	REQUIRE(alloc_pages(GFP_KERNEL, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		child_test(child_fork_locks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
