// SPDX-License-Identifier: MIT
/*
 * zone/vmstat.c - the counters of vmstat.h
 *
 * Locking	none. An event is added to the slot of the thread's CPU, so that
 *		two CPUs seldom write one cache line. A sum may miss events that
 *		other threads count meanwhile.
 * Invariants	VMSTAT1  a request that was served is one of NUMA_HIT and
 *			 NUMA_MISS, and one of NUMA_LOCAL and NUMA_OTHER
 *						(unit.zone.vmstat checks it)
 * Source	Linux v6.12 mm/vmstat.c (docs/kernel.md I6). The kernel keeps a
 *		difference for each CPU and folds it in; here readers add up
 */
#include <string.h>

#include "sys/os.h"
#include "zone/numa.h"
#include "zone/vmstat.h"
#include "zone/watermark.h"

#define CPU_SLOTS 64 /* CPUs n and n + 64 share one */

/* The most common case, both NUMA_HIT and NUMA_LOCAL, costs one addition. */
#define HIT_LOCAL NR_VM_NUMA_EVENT_ITEMS
_Static_assert(HIT_LOCAL + 1 == NR_NUMA_EVENTS, "see mmzone.h");

static struct vm_event_state {
	unsigned long event[NR_VM_EVENT_ITEMS];
} __cacheline_aligned vm_event_states[CPU_SLOTS]; /* atomic */

/* atomic, both */
static unsigned long node_stat[MAX_NUMNODES][NR_VM_NODE_STAT_ITEMS];
static unsigned long zone_stat_items[MAX_NUMNODES][MAX_NR_ZONES]
				    [NR_VM_ZONE_STAT_ITEMS];

static void add_count(unsigned long *counter, unsigned long n)
{
	if (os_single_threaded())
		WRITE_ONCE(*counter, *counter + n);
	else
		__atomic_fetch_add(counter, n, __ATOMIC_RELAXED);
}

static unsigned int this_slot(void)
{
	return smp_cpu() % CPU_SLOTS;
}

/* ---- events -------------------------------------------------------------- */

void count_vm_events(enum vm_event_item item, unsigned long n)
{
	add_count(&vm_event_states[this_slot()].event[item], n);
}

/* Adds up the pages that were moved past the pagesets and by each of them. */
static void sum_pages(const struct zone *zone, unsigned long *allocated,
		      unsigned long *freed)
{
	*allocated = READ_ONCE(zone->allocated);
	*freed = READ_ONCE(zone->freed);
	for (unsigned int cpu = 0; cpu < nr_cpu_ids; cpu++) {
		*allocated += READ_ONCE(zone->pageset[cpu].allocated);
		*freed += READ_ONCE(zone->pageset[cpu].freed);
	}
}

void all_vm_events(unsigned long ret[NR_VM_EVENT_ITEMS])
{
	unsigned long allocated, freed;
	struct zone *zone;

	memset(ret, 0, NR_VM_EVENT_ITEMS * sizeof(*ret));
	for (unsigned int slot = 0; slot < CPU_SLOTS; slot++)
		for (unsigned int i = 0; i < NR_VM_EVENT_ITEMS; i++)
			ret[i] += READ_ONCE(vm_event_states[slot].event[i]);
	for_each_zone(zone) {
		sum_pages(zone, &allocated, &freed);
		ret[PGALLOC_DMA + zone_idx(zone)] += allocated;
		ret[PGFREE] += freed;
	}
}

/* ---- states -------------------------------------------------------------- */

void mod_node_page_state(struct pglist_data *pgdat, enum node_stat_item item,
			 long delta)
{
	add_count(&node_stat[pgdat->node_id][item], (unsigned long)delta);
}

void mod_zone_page_state(struct zone *zone, enum zone_stat_item item,
			 long delta)
{
	VM_BUG_ON(item == NR_FREE_PAGES);
	add_count(&zone_stat_items[zone->node_id][zone->zone_id][item],
		  (unsigned long)delta);
}

/*
 * A reader may see the pages that one CPU took before those that another CPU
 * gave: returns 0 for a sum below 0.
 */
static unsigned long not_negative(unsigned long value)
{
	return (long)value < 0 ? 0 : value;
}

unsigned long node_page_state(const struct pglist_data *pgdat,
			      enum node_stat_item item)
{
	return not_negative(READ_ONCE(node_stat[pgdat->node_id][item]));
}

unsigned long zone_page_state(const struct zone *zone, enum zone_stat_item item)
{
	if (item == NR_FREE_PAGES)
		return not_negative((unsigned long)zone_free_pages(zone));
	return not_negative(
		READ_ONCE(zone_stat_items[zone->node_id][zone->zone_id][item]));
}

unsigned long global_node_page_state(enum node_stat_item item)
{
	unsigned long sum = 0;

	for_each_online_node(nid)
		sum += node_page_state(NODE_DATA(nid), item);
	return sum;
}

unsigned long global_zone_page_state(enum zone_stat_item item)
{
	unsigned long sum = 0;
	struct zone *zone;

	for_each_zone(zone)
		sum += zone_page_state(zone, item);
	return sum;
}

/* ---- numa events --------------------------------------------------------- */

static void count_numa(const struct zone *zone, unsigned int item,
		       unsigned long nr)
{
	add_count(&zone->pageset[smp_cpu()].numa[item], nr);
}

void zone_statistics(const struct zone *preferred_zone, const struct zone *z,
		     unsigned long nr, gfp_t gfp)
{
	unsigned int nid = zone_to_nid(z);
	bool hit = nid == zone_to_nid(preferred_zone);
	bool local = gfp & __GFP_OTHER_NODE ? hit : nid == numa_node_id();

	if (likely(hit && local)) {
		count_numa(z, HIT_LOCAL, nr);
		return;
	}
	count_numa(z, hit ? NUMA_HIT : NUMA_MISS, nr);
	if (!hit)
		count_numa(preferred_zone, NUMA_FOREIGN, nr);
	count_numa(z, local ? NUMA_LOCAL : NUMA_OTHER, nr);
}

/*
 * With one node each block is a hit and local, and zones count blocks anyway.
 */
static unsigned long sum_allocs(const struct zone *zone)
{
	unsigned long sum = READ_ONCE(zone->allocs);

	for (unsigned int cpu = 0; zone->pageset && cpu < nr_cpu_ids; cpu++)
		sum += READ_ONCE(zone->pageset[cpu].allocs);
	return sum;
}

unsigned long zone_numa_event_state(const struct zone *zone,
				    enum numa_stat_item item)
{
	unsigned long sum = 0;

	if (nr_online_nodes == 1)
		return item == NUMA_HIT || item == NUMA_LOCAL ?
			       sum_allocs(zone) :
			       0;
	for (unsigned int cpu = 0; zone->pageset && cpu < nr_cpu_ids; cpu++) {
		const unsigned long *numa = zone->pageset[cpu].numa;

		sum += READ_ONCE(numa[item]);
		if (item == NUMA_HIT || item == NUMA_LOCAL)
			sum += READ_ONCE(numa[HIT_LOCAL]);
	}
	return sum;
}

unsigned long global_numa_event_state(enum numa_stat_item item)
{
	unsigned long sum = 0;
	struct zone *zone;

	for_each_zone(zone)
		sum += zone_numa_event_state(zone, item);
	return sum;
}
