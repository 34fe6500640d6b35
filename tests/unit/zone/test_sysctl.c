// SPDX-License-Identifier: MIT
/*
 * test_sysctl.c - knobs by name: reading, setting, refusing
 */
#include <errno.h>
#include <stdlib.h>

#include "diag/proc.h"
#include "support/ask.h"
#include "support/start.h"
#include "zone/sysctl.h"
#include "zone/watermark.h"

static unsigned long plain[3] = { 1, 2, 3 };
static unsigned int changes;
static char said[32];

static void count_change(void)
{
	changes++;
}

static int only_even(const unsigned long *values, unsigned int nr)
{
	if (nr != 1 || values[0] % 2)
		return -EBUSY;
	plain[0] = values[0];
	return 0;
}

static int take_text(const char *text)
{
	snprintf(said, sizeof(said), "%s", text);
	return 0;
}

static const struct ctl_table plain_ctl __sysctl = {
	.procname = "vm.test_plain",
	.data = plain,
	.nr = 3,
	.lo = 1,
	.hi = 100,
	.changed = count_change,
};
static const struct ctl_table blind_ctl __sysctl = {
	.procname = "vm.test_blind",
	.nr = 1,
	.hi = 8,
	.set = only_even,
	.changed = count_change,
};
static unsigned long outer = 5;
static const struct ctl_table outer_ctl __sysctl = {
	.procname = "vm.test_outer",
	.data = &outer,
	.nr = 1,
	.lo = 3,
	.hi = 8,
	.outside = true,
	.changed = count_change,
};
static const struct ctl_table even_ctl __sysctl = {
	.procname = "vm.test_even",
	.nr = 1,
	.hi = 8,
	.outside = true,
	.set = only_even,
};
static const struct ctl_table text_ctl __sysctl = {
	.procname = "vm.test_text",
	.text = "words",
	.set_text = take_text,
};

/* A knob read and set, by name and as a file. Expect the old values in the
 * kernel's form, the new ones stored, and changed() called once a time. */
static void test_read_and_set(void **state)
{
	char old[32];

	(void)state;
	changes = 0;
	assert_int_equal(do_sysctl("vm.test_plain", old, sizeof(old), "7 8"),
			 6);
	assert_string_equal(old, "1\t2\t3\n");
	assert_int_equal(changes, 1);
	assert_int_equal(do_sysctl("vm/test_plain", old, 4, NULL), 6);
	assert_string_equal(old, "7\t8");
	assert_int_equal(proc_write("sys/vm/test_plain", "9\n"), 0);
	assert_int_equal(proc_read("sys/vm/test_plain", old, sizeof(old)), 6);
	assert_string_equal(old, "9\t8\t3\n");
	assert_int_equal(changes, 2);
	assert_int_equal(do_sysctl("vm.test_text", old, sizeof(old), "hello"),
			 6);
	assert_string_equal(old, "words\n");
	assert_string_equal(said, "hello");
	parse_args("sysctl.vm.test_plain=44");
	assert_int_equal(plain[0], 44);
}

/* Names that are none, numbers out of range, too many, no numbers, a knob
 * that is only written, one that refuses. Expect the kernel's errors, and
 * nothing changed. */
static void test_refused(void **state)
{
	static const char *const bad[] = {
		"0",	 "101",	    "x",
		"5 x",	 "1 2 3 4", "",
		"5 101", "-1",	    "4 999999999999999999999999999999"
	};
	char old[32];

	(void)state;
	plain[0] = 1, plain[1] = 2, plain[2] = 3;
	changes = 0;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(do_sysctl("vm.test_plain", NULL, 0, bad[i]),
				 -EINVAL);
	assert_int_equal(plain[0], 1);
	assert_int_equal(plain[1], 2);
	assert_int_equal(do_sysctl("vm.test", NULL, 0, NULL), -ENOENT);
	assert_int_equal(do_sysctl("vm.test_plainer", NULL, 0, "1"), -ENOENT);
	assert_int_equal(do_sysctl(NULL, NULL, 0, NULL), -EINVAL);
	assert_int_equal(do_sysctl("vm.test_plain", NULL, 9, NULL), -EINVAL);
	assert_int_equal(do_sysctl("vm.test_blind", old, sizeof(old), NULL),
			 -EACCES);
	assert_int_equal(do_sysctl("vm.test_blind", NULL, 0, "3"), -EBUSY);
	assert_int_equal(changes, 0);
	assert_int_equal(do_sysctl("vm.test_blind", NULL, 0, "6"), 0);
	assert_int_equal(changes, 1);
	assert_int_equal(plain[0], 6);
	assert_int_equal(proc_read("sys/vm/none", NULL, 0), -ENOENT);
	assert_int_equal(proc_write("sys/vm/none", "1"), -ENOENT);
}

static unsigned long get(const char *name)
{
	char text[64];

	REQUIRE(do_sysctl(name, text, sizeof(text), NULL) > 0);
	return strtoul(text, NULL, 10);
}

static void set(const char *name, const char *value)
{
	REQUIRE(do_sysctl(name, NULL, 0, value) > 0);
}

/* min_free_kbytes, watermark_scale_factor and lowmem_reserve_ratio set while
 * the zone is in use. Expect its marks and reserves right at once (W2-W4). */
static void child_marks(void *arg)
{
	struct zone *zone = start_zone("movablecore=32M");
	unsigned long managed;

	(void)arg;
	for (unsigned int i = 0; i < 8; i++)
		REQUIRE(alloc_pages(QUIET, MAX_PAGE_ORDER));
	managed = zone->managed_pages;
	REQUIRE(managed == 8 * MAX_ORDER_NR_PAGES);
	REQUIRE(get("vm.min_free_kbytes") == min_free_kbytes);
	set("vm.min_free_kbytes", "4096");
	REQUIRE(zone->_watermark[WMARK_MIN] == 1024);
	REQUIRE(zone->_watermark[WMARK_LOW] == 1024 + 256);
	REQUIRE(zone->_watermark[WMARK_HIGH] == 1024 + 512);
	set("vm.watermark_scale_factor", "3000");
	REQUIRE(zone->_watermark[WMARK_LOW] == 1024 + managed * 3 / 10);
	REQUIRE(do_sysctl("vm.watermark_scale_factor", NULL, 0, "3001") ==
		-EINVAL);
	REQUIRE(do_sysctl("vm.watermark_scale_factor", NULL, 0, "0") ==
		-EINVAL);
	/* what was set by hand is not made smaller by growth (W1) */
	init_per_zone_wmark_min();
	REQUIRE(get("vm.min_free_kbytes") == 4096);
	grow_zone_to(&node_data[0].node_zones[ZONE_MOVABLE],
		     MAX_ORDER_NR_PAGES);
	REQUIRE(zone->lowmem_reserve[ZONE_MOVABLE] == MAX_ORDER_NR_PAGES / 32);
	set("vm.lowmem_reserve_ratio", "256 256 4");
	REQUIRE(zone->lowmem_reserve[ZONE_MOVABLE] == MAX_ORDER_NR_PAGES / 4);
	set("vm.lowmem_reserve_ratio", "256 256 0");
	REQUIRE(zone->lowmem_reserve[ZONE_MOVABLE] == 0);
	zone_check(zone);
}

static long set_outside(const char *name, unsigned long value)
{
	return ask_now(CONTROL_SET, control_name(name), value);
}

/* Knobs set from outside, to both ends of their range and beyond them; a knob
 * that is not for that, and one that does not exist. Expect the value and a
 * call of changed() for the first, and a refusal that changes nothing for the
 * rest. */
static void test_outside(void **state)
{
	(void)state;
	changes = 0;
	plain[0] = 1;
	assert_int_equal(set_outside("vm.test_outer", 8), 0);
	assert_int_equal(outer, 8);
	assert_int_equal(set_outside("vm.test_outer", 3), 0);
	assert_int_equal(outer, 3);
	assert_int_equal(changes, 2);
	assert_int_equal(set_outside("vm.test_outer", 2), -ERANGE);
	assert_int_equal(set_outside("vm.test_outer", 9), -ERANGE);
	assert_int_equal(set_outside("vm.test_outer", UINT64_MAX), -ERANGE);
	assert_int_equal(set_outside("vm.test_even", 4), 0);
	assert_int_equal(plain[0], 4);
	assert_int_equal(set_outside("vm.test_even", 5), -EBUSY);
	assert_int_equal(set_outside("vm.test_blind", 2), -EACCES);
	assert_int_equal(set_outside("vm.test_plain", 2), -EACCES);
	assert_int_equal(set_outside("vm.test_text", 2), -EACCES);
	assert_int_equal(set_outside("vm.test_oute", 5), -ENOENT);
	assert_int_equal(outer, 3);
	assert_int_equal(plain[0], 4);
	assert_int_equal(changes, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read_and_set),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_outside),
		child_test(child_marks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
