// SPDX-License-Identifier: MIT
/*
 * test_topology.c - a made-up machine by hwloc: its nodes, CPUs and requests
 */
#include <kmalloc/kmalloc.h>

#include "init.h"
#include "support/kmtest.h"
#include "sys/os.h"

/* Without cmocka, in the program that was started again. */
#define REQUIRE_OK(cond)                                         \
	do {                                                     \
		if (!(cond)) {                                   \
			dprintf(2, "%d: %s\n", __LINE__, #cond); \
			return 1;                                \
		}                                                \
	} while (0)

#define MACHINE "node:2 core:2 pu:1"

/* Texts for hwloc. Expect nodes, processing units and which belong together; a
 * node that only surrounds others to have none; nonsense to be refused. */
static void test_hwloc(void **state)
{
	struct os_topology t;

	(void)state;
	assert_int_equal(os_hwloc_topology(MACHINE, &t), 0);
	assert_int_equal(t.nr_nodes, 2);
	assert_int_equal(t.nr_pus, 4);
	for (int pu = 0; pu < 4; pu++)
		assert_int_equal(t.pu_node[pu], pu / 2);
	assert_int_equal(t.distance[0][0], 10);
	assert_int_equal(t.distance[0][1], 20);
	assert_int_equal(os_hwloc_topology("[numa] pack:2 [numa] pu:2", &t), 0);
	assert_int_equal(t.nr_nodes, 3);
	for (int pu = 0; pu < 4; pu++)
		assert_true(t.pu_node[pu] != t.pu_node[(pu + 2) % 4]);
	assert_true(os_hwloc_topology("nonsense:x", &t) < 0);
	assert_true(os_hwloc_topology("node:9 pu:1", &t) < 0);
}

/* The program again, on that machine: CPUs 0 to 3, two a node. */
static int on_machine(void)
{
	REQUIRE_OK(nr_online_nodes == 2 && nr_cpu_ids >= 4);
	for (int cpu = 0; cpu < (int)nr_cpu_ids; cpu++) {
		unsigned int nid = (unsigned int)cpu % 4 / 2;
		struct page *page;
		void *p;

		REQUIRE_OK(!km_set_cpu(cpu));
		page = alloc_pages(GFP_KERNEL, 2);
		REQUIRE_OK(page && page_to_nid(page) == nid);
		__free_pages(page, 2);
		p = kmalloc_node(100, GFP_KERNEL, (int)nid);
		REQUIRE_OK(page_to_nid(virt_to_page(p)) == nid);
		kfree(p);
	}
	km_set_cpu(-1);
	km_check();
	return 0;
}

/* numa= on the command line. Expect each CPU's requests to be served by its
 * node, for pages and objects. */
static void test_machine(void **state)
{
	struct child_end end;

	(void)state;
	child_again("machine", "numa=\"" MACHINE "\"", &end);
	expect_quiet(&end);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_hwloc),
		cmocka_unit_test(test_machine),
	};

	if (argc > 1 && !strcmp(argv[1], "machine"))
		return on_machine();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
