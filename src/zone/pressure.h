// SPDX-License-Identifier: MIT
/*
 * zone/pressure.h - limits of the process's cgroups, and stalls for memory
 *
 * Locking	tick_lock for pressure_room() and pressure_tick()
 */
#ifndef KM_ZONE_PRESSURE_H
#define KM_ZONE_PRESSURE_H

#include "sys/compiler.h"

/*
 * Returns how many pages of free memory may stay resident at most, so that the
 * heap keeps away from the limit of its cgroup: `used` pages are in use, and
 * `dirty` are free and resident. Reads the limit when these first exceed 16
 * MiB.
 */
unsigned long pressure_room(unsigned long used, unsigned long dirty);
/* psi=on: looks whether the cgroup, or the machine, waits for memory. */
void pressure_tick(void);
/* The same for other files, as cgroup_stall() has them. */
void pressure_look(const char *self, const char *root, const char *machine);
/*
 * Returns true if a heap of so many pages is near the limit, where huge pages
 * would take what is left. Reads the limit if that was not done.
 */
bool pressure_near(unsigned long pages);
/* Returns true if the limit was read, or set. */
bool pressure_limited(void);

/* ---- what is read -------------------------------------------------------- */

/*
 * Returns the least limit in bytes on the memory of a process that a file like
 * /proc/self/cgroup describes, where cgroups are mounted below `root`; SIZE_MAX
 * without one. Each descriptor is closed before the next is opened.
 */
size_t cgroup_limit(const char *self, const char *root);
/*
 * Returns the share of time, in 1/100 percent over ten seconds, in which some
 * task of that process's cgroup waits for memory; else of the machine, by the
 * file `machine`; else 0.
 */
unsigned long cgroup_stall(const char *self, const char *root,
			   const char *machine);

#endif
