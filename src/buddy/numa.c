// SPDX-License-Identifier: MIT
/*
 * buddy/numa.c - how many nodes there are, and which CPU belongs to which
 *
 *	numa=fake=N	N nodes, whatever the machine has; CPU c is on node
 *			c % N, all distances 20
 *
 * Locking	none: constant after the start
 * Source	Linux v6.12 mm/numa_emulation.c as a model (kernel-facts Z2)
 */
#include <errno.h>
#include <string.h>

#include "buddy/internal.h"
#include "core/param.h"
#include "sys/os.h"

static unsigned long fake_nodes;
static u8 distance[MAX_NUMNODES][MAX_NUMNODES];

static int set_numa(const char *value)
{
	if (strncmp(value, "fake=", 5))
		return -EINVAL;
	return param_number(value + 5, 1, MAX_NUMNODES, &fake_nodes);
}
boot_param("numa", set_numa);

void numa_init(void)
{
	nr_online_nodes = fake_nodes ? (unsigned int)fake_nodes : 1;
	for (unsigned int cpu = 0; cpu < nr_cpu_ids; cpu++)
		cpu_node[cpu] = (u8)(cpu % nr_online_nodes);
	for_each_online_node(a)
		for_each_online_node(b)
			distance[a][b] = a == b ? LOCAL_DISTANCE :
						  REMOTE_DISTANCE;
}

unsigned int node_distance(unsigned int a, unsigned int b)
{
	return distance[a][b];
}

void numa_bind_frames(const struct zone *zone, unsigned long pfn,
		      unsigned long nr)
{
	if (!fake_nodes)
		os_bind_node(pfn_to_virt(pfn), nr << PAGE_SHIFT,
			     zone_to_nid(zone));
}
