// SPDX-License-Identifier: MIT
/*
 * zone/show.h - the texts of the page allocator
 *
 *	show.c		buddyinfo
 *	pagetypeinfo.c	pagetypeinfo
 *	zoneinfo.c	zoneinfo
 *	vmstat_text.c	vmstat, and the names of its items
 *	show_mem.c	Mem-Info
 *
 * Locking	each copies what it shows under one zone->lock at a time, or
 *		without a lock, and prints with none held
 */
#ifndef KM_ZONE_SHOW_H
#define KM_ZONE_SHOW_H

#include "zone/vmstat.h"
#include "diag/proc.h"

extern const char *const migratetype_names[MIGRATE_TYPES];

const char *zone_stat_name(enum zone_stat_item item);
const char *numa_stat_name(enum numa_stat_item item);
const char *node_stat_name(enum node_stat_item item);
const char *vm_event_name(enum vm_event_item item);

/* Begins a row: the node and the zone. */
void zone_row_head(struct seq_file *m, const struct zone *zone);

/* The functions of the texts, for diag/proc.h. */
int buddyinfo_show(struct seq_file *m, const char *path);
int unusable_show(struct seq_file *m, const char *path);
int extfrag_show(struct seq_file *m, const char *path);
int pagetypeinfo_show(struct seq_file *m, const char *path);
int zoneinfo_show(struct seq_file *m, const char *path);
int vmstat_show(struct seq_file *m, const char *path);
int meminfo_show(struct seq_file *m, const char *path);

/*
 * Prints "Mem-Info" to stderr, for reports. Allocates nothing; no lock is held.
 */
void show_mem(void);

#endif
