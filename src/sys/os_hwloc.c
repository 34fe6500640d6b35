// SPDX-License-Identifier: MIT
/*
 * sys/os_hwloc.c - the topology of this machine, or of a synthetic one
 *
 * hwloc calls malloc and takes milliseconds, so this file is in libkmalloc
 * alone, never in a library that replaces malloc.
 *
 *	"node:2 core:2 pu:1"	node 0: PU 0, 1	  node 1: PU 2, 3
 *	"[numa] node:2 pu:1"	node 0 covers what nodes 1 and 2 do: a PU
 *				belongs to the smallest, so node 0 has no CPU
 *
 * Locking	none: once, at the start
 * Tests	unit.api.topology, with synthetic machines
 * Source	hwloc 2: hwloc_topology_set_synthetic(3), distances.h
 */
#include <errno.h>
#include <hwloc.h>
#include <hwloc/distances.h>
#include <string.h>

#include "sys/os.h"

/* Returns the smallest node whose CPUs include this one; 0 if none does. */
static u8 node_of_pu(hwloc_topology_t t, hwloc_obj_t pu, unsigned int nr_nodes)
{
	int least = 0;
	u8 found = 0;

	for (unsigned int n = 0; n < nr_nodes; n++) {
		hwloc_obj_t node = hwloc_get_obj_by_type(t, HWLOC_OBJ_NUMANODE,
							 n);
		int weight = hwloc_bitmap_weight(node->cpuset);

		if (!hwloc_bitmap_isset(node->cpuset, pu->os_index) ||
		    (least && weight >= least))
			continue;
		least = weight;
		found = (u8)n;
	}
	return found;
}

static void read_hwloc_distances(hwloc_topology_t t, struct os_topology *out)
{
	struct hwloc_distances_s *d;
	unsigned int nr = 1;

	for (unsigned int a = 0; a < out->nr_nodes; a++)
		for (unsigned int b = 0; b < out->nr_nodes; b++)
			out->distance[a][b] = a == b ? 10 : 20;
	if (hwloc_distances_get_by_type(t, HWLOC_OBJ_NUMANODE, &nr, &d,
					HWLOC_DISTANCES_KIND_MEANS_LATENCY,
					0) ||
	    !nr)
		return;
	for (unsigned int i = 0; i < d->nbobjs * d->nbobjs; i++) {
		unsigned int a = d->objs[i / d->nbobjs]->logical_index;
		unsigned int b = d->objs[i % d->nbobjs]->logical_index;

		if (a < out->nr_nodes && b < out->nr_nodes)
			out->distance[a][b] = (u8)min(d->values[i],
						      (hwloc_uint64_t)254);
	}
	hwloc_distances_release(t, d);
}

static int read_topology(hwloc_topology_t t, struct os_topology *out)
{
	int nodes = hwloc_get_nbobjs_by_type(t, HWLOC_OBJ_NUMANODE);
	int pus = hwloc_get_nbobjs_by_type(t, HWLOC_OBJ_PU);

	if (nodes < 1 || nodes > OS_MAX_NODES || pus < 1 || pus > OS_MAX_PUS)
		return -EINVAL;
	out->nr_nodes = (unsigned int)nodes;
	out->nr_pus = (unsigned int)pus;
	for (unsigned int n = 0; n < out->nr_nodes; n++)
		out->os_node[n] = (u8)hwloc_get_obj_by_type(
					  t, HWLOC_OBJ_NUMANODE, n)
					  ->os_index;
	for (unsigned int i = 0; i < out->nr_pus; i++)
		out->pu_node[i] = node_of_pu(
			t, hwloc_get_obj_by_type(t, HWLOC_OBJ_PU, i),
			out->nr_nodes);
	read_hwloc_distances(t, out);
	return 0;
}

int os_hwloc_topology(const char *synthetic, struct os_topology *out)
{
	hwloc_topology_t t;
	int ret = -EINVAL;

	memset(out, 0, sizeof(*out));
	if (hwloc_topology_init(&t))
		return -ENOMEM;
	if (!hwloc_topology_set_synthetic(t, synthetic) &&
	    !hwloc_topology_load(t))
		ret = read_topology(t, out);
	hwloc_topology_destroy(t);
	return ret;
}
