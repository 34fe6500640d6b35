// SPDX-License-Identifier: MIT
/*
 * zone/thp.h - which memory of the heap asks for huge pages
 *
 *	0	in use		 24 MiB
 *	|.......................|#########################|....
 *	 pages of 4 KiB		 marked before the first touch
 *
 * Locking	none is needed. Callers may hold arena_lock.
 */
#ifndef KM_ZONE_THP_H
#define KM_ZONE_THP_H

#include "sys/compiler.h"

/* What the system allows: the words of its file. */
enum thp_setting { THP_NEVER, THP_MADVISE, THP_ALWAYS };

/*
 * Returns how many of the `nr` pages that come next shall have no mark; nr:
 * none of them shall have one.
 */
unsigned long thp_skip(unsigned long nr);
/*
 * Marks those of `nr` frames at pfn, just online and not on any list, that
 * shall have huge pages.
 */
void thp_mark_frames(unsigned long pfn, unsigned long nr);
/*
 * The same for memory of a large area: all of it, or nothing. Beside what
 * counts as in use so many pages are.
 */
void thp_mark_area(uintptr_t start, size_t size, unsigned long uncounted);

/* Returns true once a part of the heap has marks. */
bool thp_has_marks(void);

/* ---- what is read -------------------------------------------------------- */

/*
 * Returns what a folder like /sys/kernel/mm/transparent_hugepage says of huge
 * pages of 2 MiB.
 */
enum thp_setting thp_read_setting(const char *folder);
/*
 * Returns true if a file like /proc/self/status says that the process shall
 * have no huge pages (PR_SET_THP_DISABLE).
 */
bool thp_read_disabled(const char *status);
/* Looks at other files from now on; for tests. */
void thp_look_at(const char *folder, const char *status);

#endif
