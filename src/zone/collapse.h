// SPDX-License-Identifier: MIT
/*
 * zone/collapse.h - pageblocks that have become dense become huge pages
 *
 * Locking	tick_lock for thp_collapse_tick(); none for the others
 */
#ifndef KM_ZONE_COLLAPSE_H
#define KM_ZONE_COLLAPSE_H

#include "sys/compiler.h"

/* At a tick: makes one pageblock a huge page, if one is due. */
void thp_collapse_tick(void);
/* The process has forked: its pages are shared with the child for a while. */
void thp_collapse_fork_parent(void);
/* In the child: all that it collapsed would be a copy. So it does no more. */
void thp_collapse_fork_child(void);

#endif
