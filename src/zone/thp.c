// SPDX-License-Identifier: MIT
/*
 * zone/thp.c - huge pages for heaps that are large enough
 *
 * A huge page of 2 MiB costs one page fault where 4 KiB pages cost 512, and one
 * entry of the TLB. A heap that uses a part of it only has all of it resident.
 * So with thp=auto, memory that comes while less than FROM are in use has no
 * mark. What comes above it has one (MADV_HUGEPAGE) before its first touch. The
 * heap is filled from low addresses up, so that few huge pages are in use in
 * part.
 *
 *	section, while 16 MiB are in use
 *	|....... 8 MiB .......|################ 8 MiB ################|
 *	 up to FROM in use     marked, from the next pageblock on
 *							      |########..
 *		the next section lies beside it, and is marked whole
 *
 * Once there are marks, each later section has one, whatever is in use. So the
 * mapping of the heap is split in two and no further.
 *
 * No mark is made near the limit of the cgroup, where the system allows no huge
 * pages, and where the process is to have none. That is read once, when the
 * heap passes READ_FROM. A file that cannot be read says "never".
 *
 * Locking	none: what was read is published by `state`, and all threads
 *		read the same
 * Invariants	THP1  a frame that was touched gets no mark later
 *		THP2  PB_HUGE is set only for pageblocks that are marked whole,
 *		      or were collapsed	(unit.zone.thp checks both)
 * Source	none; the files are those of Linux
 *		Documentation/admin-guide/mm/transhuge.rst
 */
#include <errno.h>
#include <string.h>

#include "arena/arena.h"
#include "diag/fmt.h"
#include "diag/param.h"
#include "diag/proc.h"
#include "sys/os.h"
#include "zone/page_debug.h"
#include "zone/pressure.h"
#include "zone/surplus.h"
#include "zone/thp.h"

#define READ_FROM (16UL << 20 >> PAGE_SHIFT)
#define FROM (24UL << 20 >> PAGE_SHIFT)
#define FOLDER "/sys/kernel/mm/transparent_hugepage"

enum thp_mode { AUTO, NEVER, ALWAYS };
static const char *const mode_names[] = {
	[AUTO] = "auto",
	[NEVER] = "never",
	[ALWAYS] = "always",
};
static enum thp_mode thp_mode; /* constant after init */

/* Relaxed. UNKNOWN becomes one of the next two, ALLOWED may become BEGUN. */
static enum thp_state { UNKNOWN, REFUSED, ALLOWED, BEGUN } thp_state;

static const char *thp_folder = FOLDER, *thp_status = "/proc/self/status";

static int set_mode(const char *value)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(mode_names); i++) {
		if (!strcmp(value, mode_names[i])) {
			thp_mode = (enum thp_mode)i;
			return 0;
		}
	}
	return -EINVAL;
}
boot_param("thp", set_mode, "auto, never, always");

/* ---- what the system allows ---------------------------------------------- */

/* Returns the setting in a file, or -1 if it has none or is not there. */
static int setting_in(const char *folder, const char *file)
{
	char path[128], text[64];

	km_snprintf(path, sizeof(path), "%s/%s", folder, file);
	if (os_read_text(path, text, sizeof(text)))
		return -1;
	if (strstr(text, "[never]"))
		return THP_NEVER;
	if (strstr(text, "[madvise]"))
		return THP_MADVISE;
	return strstr(text, "[always]") ? THP_ALWAYS : -1;
}

/* From Linux 6.8 on each size has a file, which may say "inherit". */
enum thp_setting thp_read_setting(const char *folder)
{
	int setting = setting_in(folder, "hugepages-2048kB/enabled");

	if (setting < 0)
		setting = setting_in(folder, "enabled");
	return setting < 0 ? THP_NEVER : (enum thp_setting)setting;
}

bool thp_read_disabled(const char *status)
{
	char text[2048];

	return !os_read_text(status, text, sizeof(text)) &&
	       strstr(text, "\nTHP_enabled:\t0\n");
}

void thp_look_at(const char *folder, const char *status)
{
	thp_folder = folder;
	thp_status = status;
	WRITE_ONCE(thp_state, UNKNOWN);
}

/* debug_pagealloc splits the mapping wherever it takes access away. */
static enum thp_state look_at_system(void)
{
	bool allowed = OS_PAGE_SIZE == PAGE_SIZE &&
		       !(page_debugging & PAGE_UNMAPPING) &&
		       thp_read_setting(thp_folder) != THP_NEVER &&
		       !thp_read_disabled(thp_status);
	enum thp_state state = allowed ? ALLOWED : REFUSED;

	WRITE_ONCE(thp_state, state);
	return state;
}

/* ---- marks --------------------------------------------------------------- */

/* Returns true if a heap of so many pages in all may have marks. */
static bool marks_allowed(unsigned long pages)
{
	enum thp_state state = READ_ONCE(thp_state);

	if (thp_mode == NEVER || state == REFUSED ||
	    (thp_mode == AUTO && state != BEGUN && pages <= READ_FROM))
		return false;
	if (state == UNKNOWN)
		state = look_at_system();
	return state != REFUSED && !pressure_near(pages);
}

/* Returns how many pages in use have no mark. */
static unsigned long unmarked_part(void)
{
	return thp_mode == AUTO ? FROM : 0;
}

unsigned long thp_skip(unsigned long nr)
{
	unsigned long used = surplus_used(), first = unmarked_part();

	if (!marks_allowed(used + nr))
		return nr;
	if (READ_ONCE(thp_state) == BEGUN || used >= first)
		return 0;
	return min(nr, first - used);
}

void thp_mark_frames(unsigned long pfn, unsigned long nr)
{
	unsigned long skip = thp_skip(nr), start = pfn;

	if (skip)
		start = ALIGN(pfn + skip, PAGEBLOCK_PAGES);
	if (start < pfn + nr && !arena_mark_huge(start, pfn + nr - start))
		WRITE_ONCE(thp_state, BEGUN);
}

void thp_mark_area(uintptr_t start, size_t size, unsigned long uncounted)
{
	unsigned long used = surplus_used() + uncounted;

	if (used > unmarked_part() && marks_allowed(used))
		os_huge((void *)start, size);
}

bool thp_has_marks(void)
{
	return thp_mode != NEVER && READ_ONCE(thp_state) == BEGUN;
}

/* ---- texts --------------------------------------------------------------- */

static int enabled_show(struct seq_file *m, const char *path)
{
	(void)path;
	for (unsigned int i = 0; i < ARRAY_SIZE(mode_names); i++)
		seq_printf(m, i == thp_mode ? "%s[%s]" : "%s%s", i ? " " : "",
			   mode_names[i]);
	seq_printf(m, "\n");
	return 0;
}
proc_file("transparent_hugepage/enabled", enabled_show, NULL);
