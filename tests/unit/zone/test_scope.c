// SPDX-License-Identifier: MIT
/*
 * test_scope.c - what a thread's requests may do, whatever their flags say
 */
#include <errno.h>

#include <kmalloc/scope.h>

#include "core/task.h"
#include "support/start.h"
#include "zone/gfp.h"

#define ALL (GFP_KERNEL | __GFP_MOVABLE)

/* Scopes, nested and not (G7). Expect IO and FS, FS, or MOVABLE to be taken
 * away inside, the stricter of two to hold, and each restore to bring back
 * what was before its save. */
static void test_scopes(void **state)
{
	unsigned int noio, nofs, pin, inner;

	(void)state;
	assert_int_equal(current_gfp_context(ALL), ALL);
	nofs = memalloc_nofs_save();
	assert_int_equal(current_gfp_context(ALL), ALL & ~__GFP_FS);
	noio = memalloc_noio_save();
	assert_int_equal(current_gfp_context(ALL),
			 ALL & ~(__GFP_FS | __GFP_IO));
	inner = memalloc_noio_save();
	memalloc_noio_restore(inner);
	assert_int_equal(current_gfp_context(ALL),
			 ALL & ~(__GFP_FS | __GFP_IO));
	pin = memalloc_pin_save();
	assert_int_equal(current_gfp_context(ALL), __GFP_RECLAIM);
	memalloc_pin_restore(pin);
	memalloc_noio_restore(noio);
	assert_int_equal(current_gfp_context(ALL), ALL & ~__GFP_FS);
	memalloc_nofs_restore(nofs);
	assert_int_equal(current_gfp_context(ALL), ALL);
	assert_int_equal(current->flags, 0);
}

/* The mask of the start (G7). Expect RECLAIM, IO and FS gone, all else kept. */
static void test_boot_mask(void **state)
{
	(void)state;
	gfp_allowed_mask = GFP_BOOT_MASK;
	assert_int_equal(current_gfp_context(GFP_USER | __GFP_ZERO),
			 __GFP_HARDWALL | __GFP_ZERO);
	gfp_allowed_mask = GFP_ALLOWED_ALL;
	assert_int_equal(current_gfp_context(GFP_USER), GFP_USER);
}

/* In the pin scope. Expect a movable request to be served as Unmovable. */
static void child_pin(void *arg)
{
	unsigned int flags;

	(void)arg;
	start_zone("");
	flags = memalloc_pin_save();
	REQUIRE(alloc_pages(ALL, 0)->migratetype == MIGRATE_UNMOVABLE);
	memalloc_pin_restore(flags);
	REQUIRE(alloc_pages(ALL, 0)->migratetype == MIGRATE_MOVABLE);
}

static unsigned int node_of(gfp_t gfp)
{
	struct page *page = alloc_pages(gfp | __GFP_NOWARN, 0);

	return page ? page_to_nid(page) : 99;
}

/* A node with nothing left; the marks say so. */
static void exhaust(unsigned int nid)
{
	struct zone *zone = &NODE_DATA(nid)->node_zones[ZONE_NORMAL];

	while (alloc_pages_node((int)nid, QUIET | __GFP_THISNODE,
				MAX_PAGE_ORDER))
		;
	drain_all_pages(zone);
	while (alloc_pages_node((int)nid, QUIET | __GFP_THISNODE, 0))
		;
}

/* Two nodes, and a thread that may use one of them (Z3). Expect its memory
 * from there whatever CPU it is on; when there is none left, nothing for
 * __GFP_HARDWALL and the other node for the rest. */
static void child_mems(void *arg)
{
	(void)arg;
	pin_to_one_cpu();
	start_zone("numa=fake=2");
	REQUIRE(km_set_mems_allowed(4) == -EINVAL);
	REQUIRE(km_mems_allowed() == 3);
	for (unsigned int nid = 0; nid < 2; nid++) {
		REQUIRE(!km_set_mems_allowed(1UL << nid));
		REQUIRE(km_mems_allowed() == 1UL << nid);
		REQUIRE(node_of(GFP_KERNEL) == nid);
		REQUIRE(node_of(GFP_USER) == nid);
		REQUIRE(node_of(GFP_ATOMIC) == nid);
	}
	/* on node 1 now */
	exhaust(1);
	REQUIRE(node_of(GFP_USER) == 99);
	REQUIRE(node_of(GFP_KERNEL) == 0);
	REQUIRE(node_of(GFP_ATOMIC) == 0);
	REQUIRE(!km_set_mems_allowed(0));
	REQUIRE(node_of(GFP_USER) == 0);
}

/* __GFP_THISNODE on a node with memory and on one without. Expect that node or
 * nothing (G6, Z2). */
static void child_thisnode(void *arg)
{
	struct page *page;

	(void)arg;
	pin_to_one_cpu();
	start_zone("numa=fake=2");
	for (int nid = 0; nid < 2; nid++) {
		page = alloc_pages_node(nid, GFP_KERNEL | __GFP_THISNODE, 3);
		REQUIRE(page && page_to_nid(page) == (unsigned int)nid);
	}
	exhaust(0);
	REQUIRE(!alloc_pages_node(0, GFP_NOWAIT | __GFP_THISNODE, 0));
	page = alloc_pages_node(0, GFP_KERNEL, 0);
	REQUIRE(page && page_to_nid(page) == 1);
}

/* A thread that says it is on another CPU. Expect the node and the per-CPU
 * lists of that one, and errors for CPUs that there are not. */
static void child_cpu(void *arg)
{
	struct zone *zone;

	(void)arg;
	start_zone("numa=fake=2");
	nr_cpu_ids = max(nr_cpu_ids, 2U);
	REQUIRE(km_set_cpu((int)nr_cpu_ids) == -EINVAL);
	REQUIRE(km_set_cpu(-2) == -EINVAL);
	for (int cpu = 0; cpu < 2; cpu++) {
		REQUIRE(!km_set_cpu(cpu));
		REQUIRE(smp_cpu() == (unsigned int)cpu);
		REQUIRE(smp_cpu_seen() == (unsigned int)cpu);
		REQUIRE(numa_node_id() == cpu_node[cpu]);
		REQUIRE(node_of(GFP_KERNEL) == cpu_node[cpu]);
		zone = &NODE_DATA(cpu_node[cpu])->node_zones[ZONE_NORMAL];
		__free_pages(alloc_pages(GFP_KERNEL, 0), 0);
		REQUIRE(zone->pageset[cpu].count);
	}
	REQUIRE(!km_set_cpu(-1) && !current->cpu);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scopes), cmocka_unit_test(test_boot_mask),
		child_test(child_pin),	       child_test(child_mems),
		child_test(child_thisnode),    child_test(child_cpu),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
