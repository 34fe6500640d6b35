// SPDX-License-Identifier: MIT
/*
 * test_dirty.c - how many dirty pages a zone should hold
 */
#include <kmalloc/scope.h>

#include "zone/sysctl.h"
#include "zone/vmstat.h"
#include "support/start.h"

#define WRITE (GFP_KERNEL | __GFP_WRITE)

static struct zone *dma32, *normal;

/* Two zones of 32 MiB, all of both managed. */
static void start_two_zones(void)
{
	pin_to_one_cpu();
	normal = start_zone("dma=0 dma32=32M");
	dma32 = &node_data[0].node_zones[ZONE_DMA32];
	while (!deferred_grow_zone(normal, normal->managed_pages))
		;
	while (!deferred_grow_zone(dma32, dma32->managed_pages))
		;
}

/* Blocks made dirty, cleaned, and freed while dirty. Expect each counted once,
 * by its pages, and none left. */
static void child_account(void *arg)
{
	struct page *page;

	(void)arg;
	start_two_zones();
	page = alloc_pages(GFP_KERNEL, 3);
	REQUIRE(km_account_page_dirtied(page) == 1);
	REQUIRE(km_account_page_dirtied(page) == 0);
	REQUIRE(zone_page_state(normal, NR_ZONE_WRITE_PENDING) == 8);
	REQUIRE(global_node_page_state(NR_FILE_DIRTY) == 8);
	REQUIRE(km_account_page_cleaned(page) == 1);
	REQUIRE(km_account_page_cleaned(page) == 0);
	REQUIRE(zone_page_state(normal, NR_ZONE_WRITE_PENDING) == 0);
	km_account_page_dirtied(page);
	__free_pages(page, 3);
	REQUIRE(zone_page_state(normal, NR_ZONE_WRITE_PENDING) == 0);
	REQUIRE(global_node_page_state(NR_FILE_DIRTY) == 0);
	page = alloc_pages(GFP_KERNEL, 3);
	km_account_page_dirtied(page);
	get_page(page);
	__free_pages(page, 3); /* all but the first page */
	REQUIRE(zone_page_state(normal, NR_ZONE_WRITE_PENDING) == 1);
	put_page(page);
	REQUIRE(zone_page_state(normal, NR_ZONE_WRITE_PENDING) == 0);
	zone_check(normal);
}

/* Dirty pages up to a zone's limit. Expect requests with __GFP_WRITE to go to
 * the next zone then, others not, and when no zone is below its limit to be
 * served all the same. */
static void child_spread(void *arg)
{
	struct page *pages[1700];
	unsigned int nr = 0;

	(void)arg;
	start_two_zones();
	REQUIRE(do_sysctl("vm.dirty_ratio", NULL, 0, "10") > 0);
	while (nr < ARRAY_SIZE(pages)) {
		struct page *page = alloc_pages(WRITE, 0);

		REQUIRE(page);
		if (page_zone(page) != normal)
			break;
		km_account_page_dirtied(page);
		pages[nr++] = page;
	}
	/* a tenth of 8192 pages, less the reserves */
	REQUIRE(nr > 600 && nr <= 820);
	REQUIRE(page_zone(alloc_pages(GFP_KERNEL, 0)) == normal);
	REQUIRE(page_zone(alloc_pages(WRITE, 0)) == dma32);
	/* below the limit again */
	for (unsigned int i = 0; i < 100; i++)
		km_account_page_cleaned(pages[i]);
	REQUIRE(page_zone(alloc_pages(WRITE, 0)) == normal);
	REQUIRE(do_sysctl("vm.dirty_ratio", NULL, 0, "0") > 0);
	REQUIRE(!zone_dirty_ok(normal));
	REQUIRE(zone_dirty_ok(dma32)); /* none of none */
	mod_zone_page_state(dma32, NR_ZONE_WRITE_PENDING, 1);
	REQUIRE(!zone_dirty_ok(dma32));
	REQUIRE(page_zone(alloc_pages(WRITE, 0)) == normal);
}

/* A limit in bytes. Expect each zone's part by what could be dirty in it, and
 * the ratio to be off. */
static void child_bytes(void *arg)
{
	char old[16];

	(void)arg;
	start_two_zones();
	REQUIRE(do_sysctl("vm.dirty_bytes", NULL, 0, "4096") < 0);
	REQUIRE(do_sysctl("vm.dirty_bytes", NULL, 0, "819200") > 0);
	do_sysctl("vm.dirty_ratio", old, sizeof(old), NULL);
	REQUIRE(!strcmp(old, "0\n"));
	mod_zone_page_state(normal, NR_ZONE_WRITE_PENDING, 90);
	REQUIRE(zone_dirty_ok(normal)); /* 200 pages, about half each */
	mod_zone_page_state(normal, NR_ZONE_WRITE_PENDING, 25);
	REQUIRE(!zone_dirty_ok(normal));
	REQUIRE(zone_dirty_ok(dma32));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		child_test(child_account),
		child_test(child_spread),
		child_test(child_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
