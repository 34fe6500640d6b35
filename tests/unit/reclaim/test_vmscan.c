// SPDX-License-Identifier: MIT
/*
 * test_vmscan.c - reclaim by the request itself, of one node, of everything
 */
#include <errno.h>

#include "core/task.h"
#include "reclaim/internal.h"
#include "reclaim/reclaim.h"
#include "support/short.h"
#include "zone/sysctl.h"
#include "zone/vmstat.h"
#include "zone/watermark.h"

static struct hoard hoard;

/* A shrinker has what a request needs. Expect it asked, and the request
 * served, with PF_MEMALLOC gone again. */
static void child_direct(void *arg)
{
	struct zone *zone = start_short("");
	unsigned long events[NR_VM_EVENT_ITEMS];

	(void)arg;
	hoard_start(&hoard, 200, 0);
	REQUIRE(!alloc_pages(GFP_NOWAIT, 0) && !hoard.counts);
	REQUIRE(alloc_pages(SHORT, 0));
	REQUIRE(hoard.scans && hoard.nr < 200);
	REQUIRE(!(current->flags & PF_MEMALLOC));
	all_vm_events(events);
	REQUIRE(events[ALLOCSTALL_NORMAL] && events[PGSTEAL_DIRECT]);
	check_conservation(zone, nr_short + hoard.nr + 1);
}

static unsigned long nested_count(struct shrinker *s, struct shrink_control *sc)
{
	(void)s;
	(void)sc;
	return 128;
}

static unsigned long nested;
static struct page *nested_page;

/* It needs memory to free memory. */
static unsigned long nested_scan(struct shrinker *s, struct shrink_control *sc)
{
	(void)s;
	REQUIRE(!nested++); /* it does not come here again */
	REQUIRE(!alloc_pages(SHORT | __GFP_NOMEMALLOC, 0));
	nested_page = alloc_pages(GFP_KERNEL, 0);
	REQUIRE(nested_page);
	nested--;
	(void)sc;
	return SHRINK_STOP;
}

/* A shrinker that allocates. Expect it served from the reserves, without
 * reclaim in reclaim, but with __GFP_NOMEMALLOC not. */
static void child_nested(void *arg)
{
	struct zone *zone = start_short("");
	static struct shrinker s = {
		.count_objects = nested_count,
		.scan_objects = nested_scan,
	};

	(void)arg;
	shrinker_register(&s);
	REQUIRE(zone_free_pages(zone) <= (long)min_wmark_pages(zone));
	REQUIRE(!alloc_pages(SHORT, 0));
	REQUIRE(nested_page);
}

/* memalloc_noreclaim_save() nested. Expect the scope to end with the outer. */
static void child_scope(void *arg)
{
	unsigned int outer, inner;

	(void)arg;
	start_short("");
	outer = memalloc_noreclaim_save();
	inner = memalloc_noreclaim_save();
	memalloc_noreclaim_restore(inner);
	REQUIRE(alloc_pages(SHORT, 0));
	memalloc_noreclaim_restore(outer);
	REQUIRE(!alloc_pages(SHORT, 0));
}

/* vm.drop_caches. Expect 2 to ask shrinkers for all they have, 1 to give free
 * memory to the OS, 5 refused, and reading too. */
static void child_drop(void *arg)
{
	struct zone *zone = start_short("");
	unsigned long events[NR_VM_EVENT_ITEMS];
	char old[8];

	(void)arg;
	hoard_start(&hoard, 400, 0);
	give_short(nr_short);
	REQUIRE(do_sysctl("vm.drop_caches", old, sizeof(old), NULL) == -EACCES);
	REQUIRE(do_sysctl("vm.drop_caches", NULL, 0, "5") == -EINVAL);
	REQUIRE(hoard.nr == 400);
	REQUIRE(do_sysctl("vm.drop_caches", NULL, 0, "2") == 0);
	REQUIRE(!hoard.nr && zone->unreported);
	REQUIRE(do_sysctl("vm.drop_caches", NULL, 0, "1") == 0);
	REQUIRE(!zone->unreported);
	all_vm_events(events);
	REQUIRE(events[DROP_SLAB] == 1 && events[DROP_PAGECACHE] == 1);
	check_conservation(zone, 0);
}

/* The per-CPU lists hold what a large block lacks. Expect them emptied. */
static void child_pcp(void *arg)
{
	struct zone *zone = start_short("");
	struct zone_stat stat;

	(void)arg;
	give_short(8);
	zone_stat(zone, &stat);
	REQUIRE(stat.pcp >= 8);
	REQUIRE(reclaimable_pages(GFP_KERNEL, 0) == stat.pcp);
	REQUIRE(!shrink_slab(GFP_KERNEL, 0, 0)); /* nothing has come back */
	zone_stat(zone, &stat);
	REQUIRE(!stat.pcp);
}

/* Two nodes, this CPU's is full and a shrinker has memory of it. Expect the
 * other node used, with vm.zone_reclaim_mode the own one reclaimed. */
static void child_node(void *arg)
{
	struct page *page, *other;
	unsigned int nid;

	(void)arg;
	pin_to_one_cpu();
	start_zone("numa=fake=2");
	tick_interval_ms = ~0UL;
	nid = numa_node_id();
	while ((page = alloc_pages(SHORT | __GFP_THISNODE, 0))) {
		REQUIRE(page_to_nid(page) == nid);
		short_pages[nr_short % 2048] = page;
		nr_short++;
	}
	nr_short = 2048;
	other = alloc_pages(SHORT, 0);
	REQUIRE(other && page_to_nid(other) != nid);
	hoard_start(&hoard, 500, 0);
	REQUIRE(do_sysctl("vm.min_slab_ratio", NULL, 0, "0") > 0);
	REQUIRE(do_sysctl("vm.zone_reclaim_mode", NULL, 0, "1") > 0);
	/* nothing of the engine's: not worth it */
	while (reclaimable_pages(GFP_KERNEL, (int)nid))
		shrink_slab(GFP_KERNEL, (int)nid, 0);
	REQUIRE(node_reclaim(NODE_DATA(nid), SHORT, 0) == NODE_RECLAIM_FULL);
	REQUIRE(node_reclaim(NODE_DATA(!nid), SHORT, 0) == NODE_RECLAIM_NOSCAN);
	REQUIRE(node_reclaim(NODE_DATA(nid), GFP_NOWAIT, 0) ==
		NODE_RECLAIM_NOSCAN);
}

static unsigned long own_count(struct shrinker *s, struct shrink_control *sc)
{
	return sc->nid == (int)numa_node_id() ? hoard_count(s, sc) : 0;
}

/* The same where the engine's own shrinkers count it. Expect pages of the
 * own node until they are gone, and the counters moved. */
static void child_node_reclaims(void *arg)
{
	unsigned long events[NR_VM_EVENT_ITEMS];
	struct shrinker *s;
	struct page *page;
	unsigned int nid;

	(void)arg;
	pin_to_one_cpu();
	start_zone("numa=fake=2");
	tick_interval_ms = ~0UL;
	nid = numa_node_id();
	while ((page = alloc_pages(SHORT | __GFP_THISNODE, 0)))
		short_pages[nr_short++ % 2048] = page;
	nr_short = 2048;
	s = hoard_start(&hoard, 500, SHRINKER_ENGINE);
	s->count_objects = own_count;
	REQUIRE(do_sysctl("vm.min_slab_ratio", NULL, 0, "0") > 0);
	page = alloc_pages(SHORT, 0);
	REQUIRE(page && page_to_nid(page) != nid && hoard.nr == 500);
	REQUIRE(do_sysctl("vm.zone_reclaim_mode", NULL, 0, "1") > 0);
	page = alloc_pages(SHORT, 0);
	REQUIRE(page && page_to_nid(page) == nid && hoard.nr < 500);
	all_vm_events(events);
	REQUIRE(events[PGSCAN_ZONE_RECLAIM_SUCCESS]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		child_test(child_direct),	 child_test(child_nested),
		child_test(child_scope),	 child_test(child_drop),
		child_test(child_pcp),		 child_test(child_node),
		child_test(child_node_reclaims),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
