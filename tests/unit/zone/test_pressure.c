// SPDX-License-Identifier: MIT
/*
 * test_pressure.c - limits and stalls of cgroups, and what they do to the bound
 */
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>

#include "support/folder.h"
#include "support/start.h"
#include "zone/pressure.h"
#include "zone/surplus.h"

#define MIB (1UL << 20)

static char self[64], machine[64];

static int set_up(void **state)
{
	(void)state;
	folder_make();
	snprintf(self, sizeof(self), "%s/self", folder);
	snprintf(machine, sizeof(machine), "%s/machine", folder);
	return 0;
}

static int take_down(void **state)
{
	(void)state;
	return folder_remove();
}

/* v2: a group, its parents and the root, with both files. Expect the least. */
static void test_v2(void **state)
{
	(void)state;
	folder_put("self", "0::/a/b\n");
	assert_true(cgroup_limit(self, folder) == SIZE_MAX);
	folder_put("a/b/memory.max", "900\n");
	folder_put("a/b/memory.high", "max\n");
	assert_int_equal(cgroup_limit(self, folder), 900);
	folder_put("a/b/memory.high", "800\n");
	assert_int_equal(cgroup_limit(self, folder), 800);
	folder_put("a/memory.max", "700\n");
	assert_int_equal(cgroup_limit(self, folder), 700);
	folder_put("memory.max", "600\n");
	assert_int_equal(cgroup_limit(self, folder), 600);
}

/* v1 among other hierarchies, and v2 beside it. Expect the line that names
 * memory to count, and the least of both. */
static void test_v1(void **state)
{
	(void)state;
	folder_put("self", "9:name=memory:/wrong\n8:cpu,cpuacct:/wrong\n"
			   "7:blkio,memory:/x\n0::/\n");
	folder_put("memory/wrong/memory.limit_in_bytes", "1\n");
	folder_put("memory/memory.limit_in_bytes", "9223372036854771712\n");
	folder_put("memory/x/memory.limit_in_bytes", "5000000\n");
	assert_int_equal(cgroup_limit(self, folder), 5000000);
	folder_put("memory.max", "4000000\n");
	assert_int_equal(cgroup_limit(self, folder), 4000000);
}

/* A container: the group is one that only the host sees. Expect the root's
 * limit. No file of groups at all: expect no limit. */
static void test_container(void **state)
{
	char text[700];

	(void)state;
	folder_put("self", "4:memory:/docker/0123\n0::/docker/0123\n");
	folder_put("memory/memory.limit_in_bytes", "123456\n");
	assert_int_equal(cgroup_limit(self, folder), 123456);
	memset(text, 'a', sizeof(text));
	memcpy(text, "0::/", 4);
	text[sizeof(text) - 1] = '\0'; /* too long a path, and no line's end */
	folder_put("self", text);
	folder_put("memory.max", "77\n");
	assert_int_equal(cgroup_limit(self, folder), 77);
	assert_true(cgroup_limit("/nonexistent", folder) == SIZE_MAX);
}

/* The descriptors of the process. Expect none to be kept. */
static void test_descriptors(void **state)
{
	int before = dup(2), after;

	(void)state;
	folder_put("self", "4:memory:/x\n0::/y\n");
	folder_put("y/memory.high", "max\n");
	folder_put("memory/x/memory.limit_in_bytes", "5\n");
	close(before);
	cgroup_limit(self, folder);
	cgroup_stall(self, folder, machine);
	after = dup(2);
	close(after);
	assert_int_equal(after, before);
}

#define STALLS(some)                                           \
	"some avg10=" some " avg60=9.00 avg300=0.00 total=5\n" \
	"full avg10=99.00 avg60=0.00 avg300=0.00 total=1\n"

/* Stalls of the group, and where it has no file those of the machine. Expect
 * the first of the numbers; and no room from 10% on. */
static void test_stalls(void **state)
{
	(void)state;
	folder_put("self", "0::/a\n");
	assert_int_equal(cgroup_stall(self, folder, machine), 0);
	folder_put("machine", STALLS("12.34"));
	assert_int_equal(cgroup_stall(self, folder, machine), 1234);
	folder_put("a/memory.pressure", STALLS("0.07"));
	assert_int_equal(cgroup_stall(self, folder, machine), 7);
	assert_true(pressure_room(1, 1) > 0);
	folder_put("a/memory.pressure", STALLS("10.00"));
	pressure_look(self, folder, machine);
	assert_int_equal(pressure_room(1, 1), 0);
	folder_put("a/memory.pressure", STALLS("9.99"));
	pressure_look(self, folder, machine);
	assert_true(pressure_room(1, 1) > 0);
}

/* A limit, by parameter. Expect what is free to fill 7/8 of it at most. */
static void child_room(void *arg)
{
	(void)arg;
	parse_args("page_reporting.limit=32M");
	REQUIRE(pressure_room(0, 0) == 28 * MIB >> PAGE_SHIFT);
	REQUIRE(pressure_room(20 * MIB >> PAGE_SHIFT, 99999) ==
		8 * MIB >> PAGE_SHIFT);
	REQUIRE(pressure_room(30 * MIB >> PAGE_SHIFT, 0) == 0);
	parse_args("page_reporting.limit=0");
	REQUIRE(pressure_room(30 * MIB >> PAGE_SHIFT, 0) >=
		1UL << (46 - PAGE_SHIFT));
	parse_args("psi=on psi=off");
	pressure_tick();
	REQUIRE(pressure_room(30 * MIB >> PAGE_SHIFT, 0));
}

/* A heap at its limit, with a bound that would let all stay. Expect freed
 * blocks to go at once. */
static void child_at_limit(void *arg)
{
	static struct page *heads[TEST_BLOCKS];
	struct zone *zone;

	(void)arg;
	zone = start_owned_zone("page_reporting.dirty_bytes=64M "
				"page_reporting.limit=64M",
				heads);
	for (unsigned int i = 0; i < 4; i++)
		free_head(heads[i]);
	REQUIRE(zone->unreported < 3 * MAX_ORDER_NR_PAGES);
	for (unsigned int i = 4; i < TEST_BLOCKS; i++)
		free_head(heads[i]);
	REQUIRE(zone->unreported >= 8 * MAX_ORDER_NR_PAGES);
}

/* A zone that grows, with a limit. Expect the sums to be looked at again. */
static void child_grown(void *arg)
{
	struct zone *zone = start_zone("page_reporting.limit=64M");

	(void)arg;
	surplus_wanted = 0;
	REQUIRE(!deferred_grow_zone(zone, zone->managed_pages));
	REQUIRE(surplus_wanted);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define IN_FOLDER(test) cmocka_unit_test_setup_teardown(test, set_up, take_down)
		IN_FOLDER(test_v2),	    IN_FOLDER(test_v1),
		IN_FOLDER(test_container),  IN_FOLDER(test_descriptors),
		IN_FOLDER(test_stalls),	    child_test(child_room),
		child_test(child_at_limit), child_test(child_grown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
