// SPDX-License-Identifier: MIT
/*
 * zone/mmzone.c - the nodes and zones, and how to find one
 *
 * Locking	none: constant after init
 * Source	Linux v6.12 mm/mmzone.c
 */
#include "zone/mmzone.h"

pg_data_t node_data[MAX_NUMNODES];
unsigned int nr_cpu_ids = 1;
unsigned int nr_online_nodes = 1;
u8 cpu_node[NR_CPUS];

struct zone *next_zone(struct zone *zone)
{
	unsigned int nid = zone ? zone_to_nid(zone) : 0;
	unsigned int type = zone ? zone_idx(zone) + 1 : 0;

	for (; nid < nr_online_nodes; nid++, type = 0) {
		for (; type < MAX_NR_ZONES; type++) {
			zone = &NODE_DATA(nid)->node_zones[type];
			if (zone->spanned_pages)
				return zone;
		}
	}
	return NULL;
}

struct zone *pfn_to_zone(unsigned long pfn)
{
	struct zone *zone;

	for_each_zone(zone)
		if (pfn - zone->zone_start_pfn < zone->spanned_pages)
			return zone;
	return NULL;
}
