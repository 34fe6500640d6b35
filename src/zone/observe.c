// SPDX-License-Identifier: MIT
/*
 * zone/observe.c - what a reader from outside finds of nodes and zones
 *
 * Tests	preload.top, preload.view
 */
#include "core/tick.h"
#include "diag/observe.h"
#include "zone/surplus.h"

observe_number(MAX_NR_ZONES);
observe_number(MIGRATE_TYPES);
observe_number(MIGRATE_MOVABLE);

observe_symbol(tick_interval_ms);
observe_symbol(node_data);
observe_symbol(nr_online_nodes);
observe_symbol(nr_cpu_ids);
observe_size(pglist_data);
observe_field(pglist_data, node_zones);

observe_size(zone);
observe_field(zone, name);
observe_field(zone, _watermark);
observe_field(zone, free_pages);
observe_field(zone, pageset);
observe_field(zone, zone_start_pfn);
observe_field(zone, spanned_pages);
observe_field(zone, present_pages);
observe_field(zone, managed_pages);
observe_field(zone, epoch);
observe_field(zone, deferred_pfn);
observe_field(zone, deferred_end);
observe_field(zone, free_area);
observe_field(zone, unreported);
observe_field(zone, turnover);
observe_size(free_area);
observe_field(free_area, nr_free);
observe_size(per_cpu_pages);
observe_field(per_cpu_pages, count);

observe_symbol(surplus_areas);
observe_field(surplus_areas, used);
observe_field(surplus_areas, lazy);
observe_field(turnover, returned);
observe_field(turnover, refaulted);
