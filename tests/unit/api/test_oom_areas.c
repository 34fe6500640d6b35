// SPDX-License-Identifier: MIT
/*
 * test_oom_areas.c - an OOM handler that gives up areas of vmalloc()
 */
#include <kmalloc/kmalloc.h>

#include "support/child.h"
#include "support/kmtest.h"
#include "vmap/vmalloc/internal.h"

#define AREAS 200U
#define AREA_SIZE (1UL << 20)

static void *areas[AREAS];
static unsigned int first, asked; /* oldest area that is held; calls */
static unsigned int orders; /* sum over the calls */

static int give_up_one(gfp_t gfp, unsigned int order, void *arg)
{
	(void)gfp;
	REQUIRE(arg == &first);
	asked++;
	orders += order;
	if (!areas[first])
		return KM_OOM_FAIL;
	vfree(areas[first]);
	areas[first++] = NULL;
	vm_unmap_aliases();
	return KM_OOM_RETRY;
}

/* mem=64M, and 200 areas of 1 MiB, one after the other. */
static int run(void)
{
	unsigned int held;
	void *p;

	km_set_oom_handler(give_up_one, &first);
	for (unsigned int n = 0; n < AREAS; n++) {
		areas[n] = vmalloc(AREA_SIZE);
		REQUIRE(areas[n]);
		memset(areas[n], 1, AREA_SIZE);
	}
	held = AREAS - first;
	REQUIRE(held < 64 && held > 20);
	REQUIRE(asked >= first && first > AREAS - 64 && !orders);
	km_set_oom_handler(NULL, NULL);
	while ((p = __vmalloc(PAGE_SIZE,
			      GFP_KERNEL | __GFP_HIGHMEM | __GFP_NOWARN)))
		REQUIRE(*(char *)p != 2);
	for (unsigned int n = first; n < AREAS; n++)
		vfree(areas[n]);
	vm_unmap_aliases();
	p = vmalloc(held * AREA_SIZE / 2);
	REQUIRE(p);
	vfree(p);
	km_check();
	return 0;
}

/* A limit of 64 MiB with a handler. Expect every area to be had, for the
 * handler gives up old ones, asked for single pages; none without it; all right
 * again after. */
static void test_handler(void **state)
{
	struct child_end end;

	(void)state;
	child_again("run", "mem=64M", &end);
	expect_quiet(&end);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_handler),
	};

	if (argc > 1 && !strcmp(argv[1], "run"))
		return run();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
