// SPDX-License-Identifier: MIT
/*
 * shim/info.h - numbers about the shim
 */
#ifndef KM_SHIM_INFO_H
#define KM_SHIM_INFO_H

#include "shim/shim.h"
#include "vmap/large/large.h"
#include "zone/surplus.h"

struct shim_info {
	size_t used; /* bytes the program has */
	size_t footprint; /* bytes taken from the system, all uses */
	size_t small_used, small_cached, slab_bytes;
	unsigned long small_objects, slabs, slabs_ever;
	unsigned long free_blocks; /* objects and blocks of pages */
	unsigned long refills, flushes, refilled, flushed;
	unsigned long locks; /* of these caches and their nodes */
	unsigned long runs, runs_ever;
	size_t run_bytes, managed, free, resident_free;
	struct large_area_stat areas;
	struct surplus_stat dirty;
};

void shim_info(struct shim_info *info);

#endif
