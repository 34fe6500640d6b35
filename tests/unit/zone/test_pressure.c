// SPDX-License-Identifier: MIT
/*
 * test_pressure.c - limits and stalls of cgroups, and what they do to the bound
 */
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "support/start.h"
#include "zone/pressure.h"
#include "zone/surplus.h"

#define MIB (1UL << 20)

static char dir[] = "/tmp/pressureXXXXXX";
static char self[64], machine[64];

/* Writes a file below dir, with its folders. */
static void put(const char *path, const char *text)
{
	char name[256];
	FILE *f;

	snprintf(name, sizeof(name), "%s/%s", dir, path);
	for (char *at = name + strlen(dir) + 1; (at = strchr(at, '/')); at++) {
		*at = '\0';
		mkdir(name, 0700);
		*at = '/';
	}
	f = fopen(name, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static int set_up(void **state)
{
	(void)state;
	strcpy(dir + sizeof(dir) - 7, "XXXXXX");
	assert_non_null(mkdtemp(dir));
	snprintf(self, sizeof(self), "%s/self", dir);
	snprintf(machine, sizeof(machine), "%s/machine", dir);
	return 0;
}

static int take_down(void **state)
{
	char command[128];

	(void)state;
	snprintf(command, sizeof(command), "rm -r %s", dir);
	return system(command);
}

/* v2: a group, its parents and the root, with both files. Expect the least. */
static void test_v2(void **state)
{
	(void)state;
	put("self", "0::/a/b\n");
	assert_true(cgroup_limit(self, dir) == SIZE_MAX);
	put("a/b/memory.max", "900\n");
	put("a/b/memory.high", "max\n");
	assert_int_equal(cgroup_limit(self, dir), 900);
	put("a/b/memory.high", "800\n");
	assert_int_equal(cgroup_limit(self, dir), 800);
	put("a/memory.max", "700\n");
	assert_int_equal(cgroup_limit(self, dir), 700);
	put("memory.max", "600\n");
	assert_int_equal(cgroup_limit(self, dir), 600);
}

/* v1 among other hierarchies, and v2 beside it. Expect the line that names
 * memory to count, and the least of both. */
static void test_v1(void **state)
{
	(void)state;
	put("self", "9:name=memory:/wrong\n8:cpu,cpuacct:/wrong\n"
		    "7:blkio,memory:/x\n0::/\n");
	put("memory/wrong/memory.limit_in_bytes", "1\n");
	put("memory/memory.limit_in_bytes", "9223372036854771712\n");
	put("memory/x/memory.limit_in_bytes", "5000000\n");
	assert_int_equal(cgroup_limit(self, dir), 5000000);
	put("memory.max", "4000000\n");
	assert_int_equal(cgroup_limit(self, dir), 4000000);
}

/* A container: the group is one that only the host sees. Expect the root's
 * limit. No file of groups at all: expect no limit. */
static void test_container(void **state)
{
	char text[700];

	(void)state;
	put("self", "4:memory:/docker/0123\n0::/docker/0123\n");
	put("memory/memory.limit_in_bytes", "123456\n");
	assert_int_equal(cgroup_limit(self, dir), 123456);
	memset(text, 'a', sizeof(text));
	memcpy(text, "0::/", 4);
	text[sizeof(text) - 1] = '\0'; /* too long a path, and no line's end */
	put("self", text);
	put("memory.max", "77\n");
	assert_int_equal(cgroup_limit(self, dir), 77);
	assert_true(cgroup_limit("/nonexistent", dir) == SIZE_MAX);
}

/* The descriptors of the process. Expect none to be kept. */
static void test_descriptors(void **state)
{
	int before = dup(2), after;

	(void)state;
	put("self", "4:memory:/x\n0::/y\n");
	put("y/memory.high", "max\n");
	put("memory/x/memory.limit_in_bytes", "5\n");
	close(before);
	cgroup_limit(self, dir);
	cgroup_stall(self, dir, machine);
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
	put("self", "0::/a\n");
	assert_int_equal(cgroup_stall(self, dir, machine), 0);
	put("machine", STALLS("12.34"));
	assert_int_equal(cgroup_stall(self, dir, machine), 1234);
	put("a/memory.pressure", STALLS("0.07"));
	assert_int_equal(cgroup_stall(self, dir, machine), 7);
	assert_true(pressure_room(1, 1) > 0);
	put("a/memory.pressure", STALLS("10.00"));
	pressure_look(self, dir, machine);
	assert_int_equal(pressure_room(1, 1), 0);
	put("a/memory.pressure", STALLS("9.99"));
	pressure_look(self, dir, machine);
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
