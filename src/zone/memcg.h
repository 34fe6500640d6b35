// SPDX-License-Identifier: MIT
/*
 * zone/memcg.h - groups that pay for pages: see memcg.c
 */
#ifndef KM_ZONE_MEMCG_H
#define KM_ZONE_MEMCG_H

#include <kmalloc/memcg.h>

#include "arena/page.h"

struct km_memcg {
	unsigned long refs; /* MEMCG1; atomic */
	unsigned long limit; /* pages; relaxed */
	unsigned long max_usage; /* pages; relaxed, an estimate */
	unsigned long failcnt; /* refused charges; atomic */
	u8 alive; /* 0 once destroyed; relaxed */
};

/* Returns the whole pages in so many bytes. */
unsigned long memcg_bytes_to_pages(unsigned long long bytes);
/*
 * Charges a block to the group of this thread. Returns 0, or -ENOMEM if the
 * group's limit would be exceeded.
 */
int memcg_charge_page(struct page *page, gfp_t gfp, unsigned long nr);
/*
 * Drops nr references. Returns true if the group is destroyed and these were
 * the last: the caller frees its struct.
 */
bool memcg_put(struct km_memcg *memcg, unsigned long nr);

#endif
