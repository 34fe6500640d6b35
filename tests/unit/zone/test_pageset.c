// SPDX-License-Identifier: MIT
/*
 * test_pageset.c - how long per-CPU lists may be, by the zone's size and marks
 */
#include <errno.h>

#include "support/start.h"
#include "zone/pageset.h"
#include "zone/sysctl.h"
#include "zone/watermark.h"

/* Zones of known sizes (P2). Expect the kernel's batches. */
static void test_batch(void **state)
{
	static const struct {
		unsigned long mib;
		int batch;
	} rows[] = { { 4, 1 },	  { 16, 1 },	{ 64, 3 },    { 256, 15 },
		     { 512, 31 }, { 1024, 63 }, { 65536, 63 } };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct per_cpu_pages pcp = { .count = 0 };
		struct zone zone = {
			.spanned_pages = rows[i].mib << 8,
			.pageset = &pcp,
		};

		setup_pageset(&pcp);
		zone_pcp_update(&zone);
		assert_int_equal(pcp.batch, rows[i].batch);
		assert_int_equal(pcp.count, 0);
	}
}

/* Zones of some sizes and marks, two CPUs (P3). Expect high_min and high_max
 * by the formula; with a fraction, both the same. */
static void child_high(void *arg)
{
	static const struct {
		unsigned long managed, low;
		int min, max;
	} rows[] = {
		{ 262144, 5000, 2500, 16384 },
		{ 262144, 100, 252, 16384 }, /* 4 x batch at least */
		{ 2048, 100, 252, 252 },
		{ 0, 0, 252, 252 },
	};
	static struct per_cpu_pages pcp[2];
	struct zone zone = { .spanned_pages = 262144, .pageset = pcp };

	(void)arg;
	start_zone("");
	nr_cpu_ids = 2;
	cpu_node[0] = cpu_node[1] = 0; /* whatever the machine has */
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		zone.managed_pages = rows[i].managed;
		zone._watermark[WMARK_LOW] = rows[i].low;
		zone_pcp_update(&zone);
		for (int cpu = 0; cpu < 2; cpu++) {
			REQUIRE(pcp[cpu].batch == 63);
			REQUIRE(pcp[cpu].high_min == rows[i].min);
			REQUIRE(pcp[cpu].high_max == rows[i].max);
		}
	}
	/* The CPUs of other nodes do not count. */
	cpu_node[1] = 1;
	zone.managed_pages = 262144;
	zone_pcp_update(&zone);
	REQUIRE(pcp[0].high_max == 32768);
	cpu_node[1] = 0;
	nr_cpu_ids = 1; /* as many pagesets as the zone of the test has */
	REQUIRE(do_sysctl("vm.percpu_pagelist_high_fraction", NULL, 0, "7") ==
		-EINVAL);
	REQUIRE(do_sysctl("vm.percpu_pagelist_high_fraction", NULL, 0, "16") >
		0);
	zone_pcp_update(&zone);
	REQUIRE(pcp[0].high_min == 16384 && pcp[0].high_max == 16384);
	REQUIRE(do_sysctl("vm.percpu_pagelist_fraction", NULL, 0, "0") > 0);
	zone_pcp_update(&zone);
	REQUIRE(pcp[0].high_min == 252);
}

/* A zone of 64 GiB under mem=, as it comes to manage more and more. Expect the
 * kernel's batch for what it manages; without mem=, for what it spans. */
static void child_batch_of_managed(void *arg)
{
	static const struct {
		unsigned long mib;
		int batch;
	} rows[] = { { 4, 1 }, { 64, 3 }, { 512, 31 }, { 2048, 63 } };
	struct per_cpu_pages pcp = { .count = 0 };
	struct zone zone = { .spanned_pages = 1UL << 24, .pageset = &pcp };

	(void)arg;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		zone.managed_pages = rows[i].mib << 8;
		arena.limit_frames = 0;
		zone_pcp_update(&zone);
		REQUIRE(pcp.batch == 63);
		arena.limit_frames = 1UL << 20;
		zone_pcp_update(&zone);
		REQUIRE(pcp.batch == rows[i].batch);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_batch),
		child_test(child_high),
		child_test(child_batch_of_managed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
