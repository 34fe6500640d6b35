// SPDX-License-Identifier: MIT
/*
 * zone/zonelist.c - in which order zones are asked
 *
 *	node 0, FALLBACK	its zones from the highest down, then those of
 *				the next node by distance, and so on
 *	node 0, NOFALLBACK	its zones from the highest down
 *
 *	[Movable 0][Normal 0][DMA32 0][Movable 1][Normal 1]...[NULL]
 *
 * Nodes at the same distance are taken in turn: node_load makes a node that is
 * already the first choice of another node less attractive.
 *
 * Locking	none: built once, constant after
 * Invariants	ZONELIST1  inside a node zones descend; a list has a zone once
 *						(unit.zone.numa checks it)
 * Tests	unit.zone.numa
 * Source	Linux v6.12 mm/page_alloc.c, build_zonelists() and
 *		find_next_best_node() (docs/kernel.md Z2-Z4). The start counts
 *		what zones may grow to, not what they have
 */
#include <errno.h>
#include <limits.h>

#include "diag/param.h"
#include "diag/warn.h"
#include "zone/numa.h"
#include "zone/sysctl.h"
#include "zone/zonelist.h"

static unsigned int node_load[MAX_NUMNODES];
bool page_group_by_mobility_disabled;

static bool node_has_cpus(unsigned int nid)
{
	for (unsigned int cpu = 0; cpu < nr_cpu_ids; cpu++)
		if (cpu_node[cpu] == nid)
			return true;
	return false;
}

/*
 * Returns how far a node is from `from`, as the kernel computes it. The node
 * with the least value is next.
 */
static unsigned int node_value(unsigned int from, unsigned int nid)
{
	unsigned int value = node_distance(from, nid) + (nid < from) +
			     node_has_cpus(nid);

	return value * MAX_NUMNODES + node_load[nid];
}

static int next_best_node(unsigned int from, nodemask_t used)
{
	unsigned int least = UINT_MAX;
	int best = NUMA_NO_NODE;

	if (!node_in(from, used))
		return (int)from;
	for_each_online_node(nid) {
		if (node_in(nid, used) || node_value(from, nid) >= least)
			continue;
		least = node_value(from, nid);
		best = (int)nid;
	}
	return best;
}

/* Appends the zones of one node, highest first. Returns the end of the list. */
static struct zoneref *add_zones(struct zoneref *at, unsigned int nid)
{
	for (int type = MAX_NR_ZONES - 1; type >= 0; type--) {
		struct zone *zone = &NODE_DATA(nid)->node_zones[type];

		if (zone->spanned_pages)
			*at++ = (struct zoneref){ zone, type };
	}
	*at = (struct zoneref){ NULL, 0 };
	return at;
}

static void build_zonelists(unsigned int nid)
{
	struct zonelist *lists = NODE_DATA(nid)->node_zonelists;
	struct zoneref *at = lists[ZONELIST_FALLBACK]._zonerefs;
	unsigned int last = nid;
	nodemask_t used = { 0 };
	int next;

	add_zones(lists[ZONELIST_NOFALLBACK]._zonerefs, nid);
	while ((next = next_best_node(nid, used)) != NUMA_NO_NODE) {
		unsigned int other = (unsigned int)next;

		/* the first node of each new distance is already in demand */
		if (node_distance(nid, other) != node_distance(nid, last))
			node_load[other]++;
		at = add_zones(at, other);
		node_set(other, &used);
		last = other;
	}
}

/*
 * Returns the pages that zones can grow to above their high marks, within mem=.
 */
static unsigned long free_zone_pages(void)
{
	unsigned long sum = 0;
	struct zone *zone;

	for_each_zone(zone) {
		unsigned long high = high_wmark_pages(zone);

		if (zone->spanned_pages > high)
			sum += zone->spanned_pages - high;
	}
	return min(sum, arena_room());
}

void build_all_zonelists(void)
{
	__builtin_memset(node_load, 0, sizeof(node_load));
	for_each_online_node(nid)
		build_zonelists(nid);
	page_group_by_mobility_disabled = free_zone_pages() <
					  PAGEBLOCK_PAGES * MIGRATE_TYPES;
}

struct zoneref *next_zones_zonelist(struct zoneref *z,
				    enum zone_type highest_zoneidx,
				    const nodemask_t *nodes)
{
	while (z->zone && (z->zone_idx > (int)highest_zoneidx ||
			   (nodes && !node_in(zone_to_nid(z->zone), *nodes))))
		z++;
	return z;
}

/*
 * The order by zone was dropped in 4.14; the name of the order by node is still
 * accepted.
 */
static int set_zonelist_order(const char *text)
{
	char c = *text;

	if (c == 'd' || c == 'D' || c == 'n' || c == 'N')
		return 0;
	pr_warn_once("kmalloc: numa_zonelist_order: only Node is supported\n");
	return -EINVAL;
}
boot_param("numa_zonelist_order", set_zonelist_order, "node, default");

static const struct ctl_table numa_zonelist_order_ctl __sysctl = {
	.procname = "vm.numa_zonelist_order",
	.text = "Node",
	.set_text = set_zonelist_order,
};
