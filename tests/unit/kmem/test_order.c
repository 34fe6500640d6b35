// SPDX-License-Identifier: MIT
/*
 * test_order.c - boot parameters for the size of slabs (docs/kernel.md U6, S8)
 */
#include "diag/param.h"
#include "kmem/kmem.h"
#include "kmem/order.h"
#include "support/child.h"

/* No parameter. Expect no largest order, and no least one. */
static void child_unset(void *arg)
{
	(void)arg;
	REQUIRE(slab_max_order == -1);
	REQUIRE(slab_min_order == 0);
	REQUIRE(slab_min_objects == 0);
}

/* The least and the largest value of each. Expect both to be taken, under
 * SLUB's name too. */
static void child_ends(void *arg)
{
	(void)arg;
	parse_args("slab_max_order=0 slab_min_objects=32767");
	REQUIRE(slab_max_order == 0);
	REQUIRE(slab_min_objects == 32767);
	parse_args("slub_max_order=10 slub_min_objects=0 slub_min_order=10");
	REQUIRE(slab_max_order == 10);
	REQUIRE(slab_min_objects == 0);
	REQUIRE(slab_min_order == 10);
}

/* A least order above the largest, given before it and behind it. Expect the
 * one that comes last to hold, and to take the other along. */
static void child_conflict(void *arg)
{
	(void)arg;
	parse_args("slab_min_order=5 slab_max_order=3");
	REQUIRE(slab_max_order == 3);
	REQUIRE(slab_min_order == 3);
	parse_args("slab_min_order=4");
	REQUIRE(slab_min_order == 4);
	REQUIRE(slab_max_order == 4);
	parse_args("slab_min_order=2");
	REQUIRE(slab_min_order == 2);
	REQUIRE(slab_max_order == 4);
}

/* A least order alone. Expect the largest to stay unset: that of the backend
 * holds. */
static void child_min_alone(void *arg)
{
	(void)arg;
	parse_args("slab_min_order=4");
	REQUIRE(slab_min_order == 4);
	REQUIRE(slab_max_order == -1);
}

static void set(void *line)
{
	parse_args(line);
}

/* Values one too large, and no numbers. Expect each to be named with what is
 * allowed, and no change. */
static void child_refused(void *arg)
{
	static const char *const lines[] = {
		"slab_max_order=11", "slab_min_order=11", "slab_max_order=-1",
		"slab_min_order=1x", "slab_max_order",
	};
	char said[512];

	(void)arg;
	parse_args("slab_max_order=2 slab_min_order=1 slab_min_objects=7");
	for (unsigned int i = 0; i < ARRAY_SIZE(lines); i++) {
		char line[32];

		snprintf(line, sizeof(line), "%s", lines[i]);
		capture_stderr(set, line, said, sizeof(said));
		REQUIRE(strstr(said, lines[i]));
		REQUIRE(strstr(said, "0 to 10"));
	}
	capture_stderr(set, (char[]){ "slab_min_objects=32768" }, said,
		       sizeof(said));
	REQUIRE(strstr(said, "0 to 32767"));
	REQUIRE(slab_max_order == 2);
	REQUIRE(slab_min_order == 1);
	REQUIRE(slab_min_objects == 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		child_test(child_unset),    child_test(child_ends),
		child_test(child_conflict), child_test(child_min_alone),
		child_test(child_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
