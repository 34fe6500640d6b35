// SPDX-License-Identifier: MIT
/*
 * test_numa.c - nodes: made up, and as the OS has them; zonelists over them
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "sys/os.h"
#include "support/start.h"

#define NODES 4

/* Four nodes in a ring; the last one has no CPU. */
static const u8 ring[NODES][NODES] = {
	{ 10, 20, 20, 30 },
	{ 20, 10, 30, 20 },
	{ 20, 30, 10, 20 },
	{ 30, 20, 20, 10 },
};

static int ring_topology(const char *synthetic, struct os_topology *out)
{
	if (strcmp(synthetic, "ring:4"))
		return -EINVAL;
	*out = (struct os_topology){ .nr_nodes = NODES, .nr_pus = 3 };
	for (u8 n = 0; n < NODES; n++) {
		out->pu_node[n] = n;
		memcpy(out->distance[n], ring[n], NODES);
	}
	return 0;
}

static const struct numa_reader ring_reader = { .topology = ring_topology };

static void check_order(struct zonelist *list, const u8 *nodes, size_t nr)
{
	struct zoneref *z = list->_zonerefs;

	for (size_t i = 0; i < nr; i++) {
		int last = MAX_NR_ZONES;

		for (; z->zone && zone_to_nid(z->zone) == nodes[i]; z++) {
			REQUIRE(z->zone_idx == (int)zone_idx(z->zone));
			REQUIRE(z->zone_idx < last); /* highest first */
			last = z->zone_idx;
		}
		REQUIRE(last != MAX_NR_ZONES);
	}
	REQUIRE(!z->zone);
}

/* The ring (Z2). Expect each node's list by distance, nodes without a CPU
 * before those with one, and of equals one that is no node's first choice yet;
 * node 3 takes 2 first because 1 is that of node 0. The other list has the node
 * alone. */
static void child_zonelists(void *arg)
{
	static const u8 order[NODES][NODES] = {
		{ 0, 1, 2, 3 },
		{ 1, 3, 0, 2 },
		{ 2, 3, 0, 1 },
		{ 3, 2, 1, 0 },
	};

	(void)arg;
	numa_reader_register(&ring_reader);
	start_zone("numa=ring:4 dma=4M dma32=8M movablecore=16M");
	REQUIRE(nr_online_nodes == NODES);
	for (u8 n = 0; n < NODES; n++) {
		struct zonelist *lists = NODE_DATA(n)->node_zonelists;

		check_order(&lists[ZONELIST_FALLBACK], order[n], NODES);
		check_order(&lists[ZONELIST_NOFALLBACK], &n, 1);
	}
	REQUIRE(!page_group_by_mobility_disabled);
}

/* The same list with a highest zone and a node mask (Z3). Expect exactly those
 * zones that both allow. */
static void child_filters(void *arg)
{
	nodemask_t mask = { 1 << 0 | 1 << 3 };
	struct zonelist *list;
	unsigned int nr = 0;
	struct zoneref *z;
	struct zone *zone;

	(void)arg;
	numa_reader_register(&ring_reader);
	start_zone("numa=ring:4 dma=4M dma32=8M movablecore=16M");
	list = &NODE_DATA(1)->node_zonelists[ZONELIST_FALLBACK];
	z = first_zones_zonelist(list, ZONE_NORMAL, &mask);
	for_next_zone_zonelist(zone, z, ZONE_NORMAL, &mask)
	{
		REQUIRE(zone_to_nid(zone) ==
			(zone_idx(zone) == ZONE_NORMAL && nr == 0 ? 3 : 0));
		REQUIRE(zone_idx(zone) <= ZONE_NORMAL);
		nr++;
	}
	REQUIRE(nr == 4); /* Normal of 3; Normal, DMA32, DMA of 0 */
	mask.bits = 0;
	REQUIRE(!first_zones_zonelist(list, ZONE_MOVABLE, &mask)->zone);
	REQUIRE(first_zones_zonelist(list, ZONE_DMA, NULL)->zone ==
		&NODE_DATA(0)->node_zones[ZONE_DMA]);
}

/* More CPUs than the made-up machine has, and fewer. Expect CPU c on the node
 * of PU c modulo their number; a text that is no machine: one node, and
 * said. */
static void child_cpus(void *arg)
{
	(void)arg;
	numa_reader_register(&ring_reader);
	start_zone("numa=ring:4");
	REQUIRE(nr_cpu_ids >= 3);
	for (unsigned int cpu = 0; cpu < nr_cpu_ids; cpu++)
		REQUIRE(cpu_node[cpu] == cpu % 3);
}

static void no_machine(void *arg)
{
	(void)arg;
	numa_reader_register(&ring_reader);
	start_zone("numa=square:4");
	REQUIRE(nr_online_nodes == 1);
	REQUIRE(alloc_pages(GFP_KERNEL, 0));
}

static void test_no_machine(void **state)
{
	struct child_end end;

	(void)state;
	child_run(no_machine, NULL, &end);
	assert_int_equal(end.status, 0);
	assert_int_equal(
		count_phrase(end.err, "numa=\"square:4\" is no topology"), 1);
}

/* ---- as the OS has them -------------------------------------------------- */

static char root[] = "/tmp/km_numa.XXXXXX";

static void write_file(const char *name, const char *text)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", root, name);
	fd = open(path, O_WRONLY | O_CREAT, 0600);
	REQUIRE(fd >= 0);
	REQUIRE(write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
}

static void make_node(const char *name, const char *cpus, const char *distances)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", root, name);
	REQUIRE(!mkdir(path, 0700));
	snprintf(path, sizeof(path), "%s/cpulist", name);
	write_file(path, cpus);
	snprintf(path, sizeof(path), "%s/distance", name);
	write_file(path, distances);
}

static void remove_all(void)
{
	static const char *const names[] = {
		"node0/cpulist", "node0/distance", "node0",
		"node2/cpulist", "node2/distance", "node2",
		"node5/cpulist", "node5/distance", "node5",
		"online",
	};
	char path[128];

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		snprintf(path, sizeof(path), "%s/%s", root, names[i]);
		remove(path);
	}
	remove(root);
}

/* Nodes 0, 2 and 5 of a machine where node 3 may not be used. Expect them
 * as 0, 1, 2 with their CPUs and distances, and memory that comes online bound
 * to the number that the OS knows. */
static void child_real(void *arg)
{
	struct zone *zone;
	struct page *page;

	(void)arg;
	REQUIRE(mkdtemp(root));
	node_sysfs = root;
	nodes_allowed = 1UL << 0 | 1UL << 2 | 1UL << 5;
	write_file("online", "0,2-3,5\n");
	make_node("node0", "0-1,4\n", "10 21 31 41\n");
	make_node("node2", "2-3\n", "21 10 32 22\n");
	make_node("node5", "\n", "41 22 33 10\n");
	start_zone("");
	remove_all();
	REQUIRE(nr_online_nodes == 3);
	for (unsigned int cpu = 0; cpu < min(nr_cpu_ids, 5U); cpu++)
		REQUIRE(cpu_node[cpu] == (cpu == 2 || cpu == 3));
	REQUIRE(node_distance(0, 1) == 21 && node_distance(0, 2) == 41);
	REQUIRE(node_distance(1, 0) == 21 && node_distance(1, 2) == 22);
	REQUIRE(node_distance(2, 0) == 41 && node_distance(2, 2) == 10);
	for (int nid = 0; nid < 3; nid++) {
		static const unsigned int ids[] = { 0, 2, 5 };
		unsigned long calls = os_last_bind.calls;

		page = alloc_pages_node(nid, GFP_KERNEL | __GFP_THISNODE, 0);
		zone = page_zone(page);
		REQUIRE(page && page_to_nid(page) == (unsigned int)nid);
		REQUIRE(os_last_bind.calls == calls + 1);
		REQUIRE(os_last_bind.node == ids[nid]);
		REQUIRE(os_last_bind.addr == pfn_to_virt(zone->zone_start_pfn));
		REQUIRE(os_last_bind.size == zone->present_pages << PAGE_SHIFT);
	}
}

/* Nodes that are made up, and a machine with one. Expect nothing bound. */
static void not_bound(void *arg)
{
	start_zone(arg);
	REQUIRE(alloc_pages(GFP_KERNEL, 0));
	REQUIRE(!os_last_bind.calls);
}

static void child_not_bound(void *arg)
{
	static char fake[] = "numa=fake=3", none[] = "";
	struct child_end end;

	(void)arg;
	child_run(not_bound, fake, &end);
	REQUIRE(!end.status);
	nodes_allowed = 1;
	node_sysfs = "/nowhere";
	child_run(not_bound, none, &end);
	REQUIRE(!end.status);
}

/* A request from the nodes of a mask. Expect a page of one of them, from the
 * next node if the mask leaves out the one that is asked, and NULL from
 * none. */
static void child_nodemask(void *arg)
{
	const unsigned long both = 3, second = 2, none = 0;
	struct page *page;

	(void)arg;
	start_zone("numa=fake=2");
	page = __alloc_pages_nodemask(QUIET, 0, 0, &both);
	REQUIRE(page && page_to_nid(page) == 0);
	page = __alloc_pages_nodemask(QUIET, 0, 0, &second);
	REQUIRE(page && page_to_nid(page) == 1);
	page = __alloc_pages_nodemask(QUIET, 0, 1, NULL);
	REQUIRE(page && page_to_nid(page) == 1);
	REQUIRE(!__alloc_pages_nodemask(QUIET, 0, 0, &none));
	REQUIRE(!__alloc_pages_nodemask(QUIET, 0, 2, &both));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		child_test(child_zonelists), child_test(child_filters),
		child_test(child_cpus),	     cmocka_unit_test(test_no_machine),
		child_test(child_real),	     child_test(child_not_bound),
		child_test(child_nodemask),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
