// SPDX-License-Identifier: MIT
/*
 * zone/pageset.h - the limits of a zone's per-CPU lists: see pageset.c
 */
#ifndef KM_ZONE_PAGESET_H
#define KM_ZONE_PAGESET_H

#include "zone/mmzone.h"

#define MIN_HIGH_FRACTION 8UL /* of vm.percpu_pagelist_high_fraction */
extern unsigned long percpu_pagelist_high_fraction; /* 0: tunes itself */

void setup_pageset(struct per_cpu_pages *pcp);

void zone_pcp_update(struct zone *zone); /* after growth; wmark_lock is held */

#endif
