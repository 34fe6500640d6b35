// SPDX-License-Identifier: MIT
/*
 * test_extfrag.c - the texts of fragmentation byte for byte
 */
#include "support/start.h"
#include "support/text.h"
#include "zone/show.h"

static struct page *heads[TEST_BLOCKS];

/* The indices of fragmentation, with large blocks and without. Expect three
 * decimals, and -1.000 where a request would not fail. */
static void child_extfrag(void *arg)
{
	struct zone *zone;

	(void)arg;
	zone = start_owned_zone("", heads);
	give_frames(zone, 0, 7); /* 1, 2 and 4 */
	give_frames(zone, 1024, 8);
	give_frames(zone, 2048, 16);
	require_text(read_text("extfrag/unusable_index", unusable_show),
		     "Node 0, zone   Normal 0.000 0.032 0.096 0.225 0.483 1.000"
		     " 1.000 1.000 1.000 1.000 1.000 \n");
	require_text(read_text("extfrag/extfrag_index", extfrag_show),
		     "Node 0, zone   Normal -1.000 -1.000 -1.000 -1.000 -1.000"
		     "  0.607  0.704  0.752  0.776  0.788  0.794 \n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		child_test(child_extfrag),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
