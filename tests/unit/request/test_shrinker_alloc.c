// SPDX-License-Identifier: MIT
/*
 * test_shrinker_alloc.c - a page for a shrinker
 *
 * What shrinkers do is unit.reclaim.shrinker.
 */
#include "diag/fault.h"
#include "reclaim/reclaim.h"
#include "request/request.h"
#include "support/start.h"

static unsigned long count_none(struct shrinker *s, struct shrink_control *sc)
{
	(void)s;
	(void)sc;
	return 0;
}

/* A shrinker with flags, of which some are the library's own, and a name that
 * is too long. Expect its own flags alone, the usual seeks, nothing else, and
 * the name cut. */
static void child_new(void *arg)
{
	struct zone *zone = start_zone("");
	char name[200];
	struct shrinker *s;
	struct page *page;

	(void)arg;
	pin_to_one_cpu(); /* whose lists give back what was freed last */
	page = alloc_pages(GFP_KERNEL, 0);
	memset(page_address(page), 0xee, PAGE_SIZE);
	__free_page(page);
	memset(name, 'n', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	s = shrinker_alloc(SHRINKER_STATE | SHRINKER_NUMA_AWARE, "%d-%s", 7,
			   name);
	REQUIRE(s);
	REQUIRE(s->flags == (SHRINKER_ALLOCATED | SHRINKER_NUMA_AWARE));
	REQUIRE(s->seeks == DEFAULT_SEEKS);
	REQUIRE(!s->count_objects && !s->scan_objects && !s->private_data);
	REQUIRE(!strncmp(s->name, "7-nnn", 5));
	REQUIRE(strlen(s->name) == 63);
	check_conservation(zone, 1);
	shrinker_free(s);
	check_conservation(zone, 0);
}

/* Shrinkers that are registered and not, one of the program's own memory, and
 * none. Expect each page back, and the program's left to it. */
static void child_free(void *arg)
{
	struct zone *zone = start_zone("");
	static struct shrinker own;
	struct shrinker *s;

	(void)arg;
	s = shrinker_alloc(0, "registered");
	s->count_objects = count_none;
	s->scan_objects = count_none;
	shrinker_register(s);
	REQUIRE(s->flags & SHRINKER_REGISTERED);
	shrinker_free(s);
	own.count_objects = count_none;
	own.scan_objects = count_none;
	shrinker_register(&own);
	shrinker_free(&own);
	REQUIRE(!(own.flags & SHRINKER_REGISTERED));
	shrinker_free(NULL);
	check_conservation(zone, 0);
}

/* No page. Expect NULL. */
static void child_short(void *arg)
{
	(void)arg;
	start_zone("fail_page_alloc.min-order=0 fail_page_alloc.verbose=0 "
		   "fail_page_alloc.ignore-gfp-wait=0");
	fault_set_nth(1);
	REQUIRE(!shrinker_alloc(0, "none"));
	REQUIRE(!fault_nth());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		child_test(child_new),
		child_test(child_free),
		child_test(child_short),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
