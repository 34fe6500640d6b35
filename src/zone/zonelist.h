// SPDX-License-Identifier: MIT
/*
 * zone/zonelist.h - in which order a request asks the zones
 *
 * Locking	none: constant after init
 * Source	Linux v6.12 include/linux/mmzone.h, mm/internal.h
 *		(docs/kernel.md Z3)
 */
#ifndef KM_ZONE_ZONELIST_H
#define KM_ZONE_ZONELIST_H

#include "zone/mmzone.h"

/* the parts of a request that stay the same while it is served */
struct alloc_context {
	struct zonelist *zonelist;
	const nodemask_t *nodemask; /* NULL: all nodes */
	struct zoneref *preferred_zoneref;
	unsigned int migratetype;
	enum zone_type highest_zoneidx;
	bool spread_dirty_pages;
};

/*
 * Builds the zonelists. Also decides whether there is enough memory to keep
 * types apart (docs/kernel.md Z4).
 */
void build_all_zonelists(void);
/*
 * Returns the first zoneref from z on that may serve the request; at the end of
 * the list its zone is NULL.
 */
struct zoneref *next_zones_zonelist(struct zoneref *z,
				    enum zone_type highest_zoneidx,
				    const nodemask_t *nodes);

static inline struct zoneref *first_zones_zonelist(struct zonelist *list,
						   enum zone_type highest,
						   const nodemask_t *nodes)
{
	struct zoneref *first = list->_zonerefs;

	if (likely(!nodes && first->zone_idx <= (int)highest))
		return first;
	return next_zones_zonelist(first, highest, nodes);
}

static inline struct zone *zonelist_zone(const struct zoneref *z)
{
	return z->zone;
}

/* From z, a zoneref that may serve the request, to the end of the list. */
#define for_next_zone_zonelist(zone, z, highest, nodes)            \
	for (zone = zonelist_zone(z); zone;                        \
	     z = next_zones_zonelist((z) + 1, (highest), (nodes)), \
	    zone = zonelist_zone(z))

/* From the start of a zonelist, whatever zone is preferred. */
#define for_each_zone_zonelist_nodemask(zone, z, zlist, highest, nodes)  \
	for (z = first_zones_zonelist((zlist), (highest), (nodes)),      \
	    zone = zonelist_zone(z);                                     \
	     zone; z = next_zones_zonelist((z) + 1, (highest), (nodes)), \
	    zone = zonelist_zone(z))

#endif
