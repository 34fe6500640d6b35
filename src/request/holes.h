// SPDX-License-Identifier: MIT
/*
 * request/holes.h - free frames between runs
 *
 * Locking	zone->lock, held by every caller
 */
#ifndef KM_REQUEST_HOLES_H
#define KM_REQUEST_HOLES_H

#include "zone/mmzone.h"

/* Free frames in a row: neighbouring blocks, which need not be buddies. */
struct stretch {
	unsigned long pfn, nr;
};

#define LONGEST (4 * MAX_ORDER_NR_PAGES) /* longer stretches are alike */

/* What a stretch is looked for. */
struct fit {
	struct zone *zone;
	unsigned long nr; /* frames wanted */
	unsigned int types; /* a bit for each migratetype that will do */
	unsigned int tries; /* blocks to look at in each list */
};

/* Measures the stretch around the free block at pfn; nr is LONGEST at most. */
struct stretch stretch_around(const struct fit *fit, unsigned long pfn);

/* Notes the stretch around a frame that was just freed. */
void hole_note(struct zone *zone, unsigned long pfn);
/* Notes a stretch whose length is known. */
void hole_add(struct zone *zone, struct stretch hole);
/*
 * Returns the shortest hole noted with room for fit->nr frames, and forgets it.
 * nr is 0 if there is none.
 */
struct stretch hole_take(const struct fit *fit);
/* Checks HOLES1; BUG if it does not hold. */
void holes_check(const struct zone *zone);

#endif
