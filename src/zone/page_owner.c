// SPDX-License-Identifier: MIT
/*
 * zone/page_owner.c - page_owner=on: which thread allocated each block
 *
 *	owners[pfn of the head]		order, flags, thread, time, stack
 *
 *	Page allocated via order 2, mask 0x100cc0(GFP_USER), pid 7, ...
 *	PFN 0x1a40 type Unmovable Block 13 type Movable Flags 0x0
 *	 read_file+0x3f/0x90
 *	 main+0x1b/0x40
 *
 * The first try of a request obeys the nodes of its thread, so its flags have
 * __GFP_HARDWALL, as in a kernel with cpusets. Blocks that were requested with
 * __GFP_NOTRACK have no record and are not in the text. Times are from a coarse
 * clock.
 *
 * Locking	none: a record belongs to the owner of its block. The text is
 *		read without a lock: a block that is allocated or freed
 *		meanwhile may be in it or not.
 * Source	the text of Linux v6.12 mm/page_owner.c (docs/kernel.md D13)
 */
#include <errno.h>
#include <string.h>

#include "diag/param.h"
#include "diag/proc.h"
#include "diag/unwind/stackdepot.h"
#include "diag/unwind/stacktrace.h"
#include "sys/os.h"
#include "zone/gfp.h"
#include "zone/page_debug.h"
#include "zone/pageblock.h"
#include "zone/show.h"

#define OWNER_DEPTH 16

struct page_owner { /* guarded by the owner of the block */
	unsigned long when; /* ms */
	gfp_t gfp;
	depot_stack_handle_t handle;
	int pid, tgid; /* tgid 0: there is no record */
	u8 order;
	char comm[16];
};

static struct page_owner *owners; /* one for each frame; constant after init */
static unsigned long owner_wanted; /* constant after init */

static int set_page_owner_on(const char *value)
{
	return param_bool(value, &owner_wanted);
}
boot_param("page_owner", set_page_owner_on, "off, on");

u8 page_owner_init(void)
{
	owners = NULL;
	if (!owner_wanted)
		return 0;
	owners = os_map(OS_PAGE_ALIGN(arena.span_frames * sizeof(*owners)));
	return owners ? PAGE_OWNER : 0;
}

void __set_page_owner(const struct page *page, unsigned int order, gfp_t gfp)
{
	struct page_owner *owner = &owners[page_to_pfn(page)];
	unsigned long entries[OWNER_DEPTH];
	unsigned int nr;

	if (gfp & __GFP_NOTRACK)
		return;
	nr = stack_trace_save_locked(entries, OWNER_DEPTH, 1);
	owner->when = os_now_ms();
	owner->gfp = gfp;
	owner->handle = stack_depot_save(entries, nr);
	owner->pid = os_tid();
	owner->order = (u8)order;
	os_comm(owner->comm);
	WRITE_ONCE(owner->tgid, os_pid());
}

void __reset_page_owner(unsigned long pfn, unsigned long nr)
{
	for (unsigned long at = pfn; at < pfn + nr; at++)
		if (READ_ONCE(owners[at].tgid))
			WRITE_ONCE(owners[at].tgid, 0);
}

void __split_page_owner(const struct page *page, unsigned long nr)
{
	struct page_owner *owner = &owners[page_to_pfn(page)];

	owner->order = 0;
	for (unsigned long n = 1; n < nr; n++)
		owner[n] = *owner;
}

/* ---- the text ------------------------------------------------------------ */

static void print_page_owner(struct seq_file *m, unsigned long pfn,
			     const struct page_owner *owner)
{
	const struct page *page = pfn_to_page(pfn);
	const unsigned long *entries;
	char flags[256];
	unsigned int nr;

	gfp_flags_string(flags, sizeof(flags), owner->gfp);
	seq_printf(m,
		   "Page allocated via order %u, mask %#x(%s), pid %d, "
		   "tgid %d (%pE), ts %lu ns\n",
		   owner->order, owner->gfp, flags, owner->pid, owner->tgid,
		   owner->comm, owner->when * 1000000);
	seq_printf(m, "PFN 0x%lx type %s Block %lu type %s Flags 0x%x\n", pfn,
		   migratetype_names[gfp_migratetype(owner->gfp)],
		   pfn >> pageblock_order,
		   migratetype_names[get_pageblock_migratetype(pfn)],
		   READ_ONCE(page->flags));
	nr = stack_depot_fetch(owner->handle, &entries);
	for (unsigned int i = 0; i < nr; i++)
		seq_printf(m, " %pS\n", (void *)entries[i]);
	seq_putc(m, '\n');
}

static int page_owner_show(struct seq_file *m, const char *path)
{
	unsigned long end = smp_load_acquire(&arena_nr_frames);

	(void)path;
	if (!owners)
		return -ENOENT;
	for (unsigned long pfn = 0; pfn < end; pfn++) {
		if (pfn % PAGEBLOCK_PAGES == 0 && !pfn_online(pfn)) {
			pfn += PAGEBLOCK_PAGES - 1;
			continue;
		}
		if (READ_ONCE(owners[pfn].tgid))
			print_page_owner(m, pfn, &owners[pfn]);
	}
	return 0;
}
proc_file("page_owner", page_owner_show, NULL);
