// SPDX-License-Identifier: MIT
/*
 * test_direct_compact.c - when a request compacts again
 */
#include "request/internal.h"
#include "support/start.h"

/* The retry rule of the slow path (A3). Expect 16 tries for a small order and 4
 * for a costly one, then higher priorities down to what each may use. */
static void child_retry(void *arg)
{
	enum compact_priority prio = INIT_COMPACT_PRIORITY;
	struct alloc_context ac;
	int retries = 0, n = 0;

	(void)arg;
	start_zone("");
	prepare_alloc_pages(GFP_KERNEL | __GFP_MOVABLE, 0, NULL, &ac);
	REQUIRE(!should_compact_retry(&ac, 0, 0, COMPACT_SUCCESS, &prio,
				      &retries));
	while (should_compact_retry(&ac, 2, WMARK_MIN, COMPACT_SUCCESS, &prio,
				    &retries))
		n++;
	REQUIRE(prio == MIN_COMPACT_PRIORITY && n == 3 * 16 + 2);
	prio = INIT_COMPACT_PRIORITY;
	retries = n = 0;
	while (should_compact_retry(&ac, 9, WMARK_MIN, COMPACT_SUCCESS, &prio,
				    &retries))
		n++;
	REQUIRE(prio == MIN_COMPACT_COSTLY_PRIORITY && n == 2 * 4 + 1);
	prio = INIT_COMPACT_PRIORITY;
	n = 0;
	while (should_compact_retry(&ac, 9, WMARK_MIN, COMPACT_COMPLETE, &prio,
				    &retries))
		n++;
	REQUIRE(n == 1);
	REQUIRE(!should_compact_retry(&ac, 9, WMARK_MIN, COMPACT_SKIPPED, &prio,
				      &retries));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		child_test(child_retry),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
