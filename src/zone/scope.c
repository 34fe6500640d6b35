// SPDX-License-Identifier: MIT
/*
 * zone/scope.c - what a thread's requests may do, whatever their flags say
 *
 *	gfp of a request
 *	  & gfp_allowed_mask	while the library starts nothing may block
 *	  without wrong bits	unknown or contradictory ones, reported once
 *	  without IO, FS or MOVABLE	in the scopes of this thread
 *
 * Locking	none: a thread's own, and constants
 * Source	Linux v6.12 include/linux/sched/mm.h, current_gfp_context();
 *		kernel/cgroup/cpuset.c, cpuset_node_allowed()
 *		(docs/kernel.md G4,
 *		G7, G8, Z3)
 */
#include <errno.h>

#include <kmalloc/scope.h>

#include "core/task.h"
#include "diag/warn.h"
#include "zone/gfp.h"

gfp_t gfp_allowed_mask = GFP_ALLOWED_ALL;

/* ---- scopes -------------------------------------------------------------- */

unsigned int memalloc_noio_save(void)
{
	return task_flags_save(PF_MEMALLOC_NOIO);
}

void memalloc_noio_restore(unsigned int flags)
{
	task_flags_restore(flags, PF_MEMALLOC_NOIO);
}

unsigned int memalloc_nofs_save(void)
{
	return task_flags_save(PF_MEMALLOC_NOFS);
}

void memalloc_nofs_restore(unsigned int flags)
{
	task_flags_restore(flags, PF_MEMALLOC_NOFS);
}

unsigned int memalloc_pin_save(void)
{
	return task_flags_save(PF_MEMALLOC_PIN);
}

void memalloc_pin_restore(unsigned int flags)
{
	task_flags_restore(flags, PF_MEMALLOC_PIN);
}

unsigned int memalloc_noreclaim_save(void)
{
	return task_flags_save(PF_MEMALLOC);
}

void memalloc_noreclaim_restore(unsigned int flags)
{
	task_flags_restore(flags, PF_MEMALLOC);
}

/* ---- flags --------------------------------------------------------------- */

/* Drops bits that no flag has, and zone bits that exclude each other. */
static gfp_t fix_up_gfp(gfp_t gfp)
{
	gfp_t fixed = gfp & GFP_ALLOWED_ALL;
	char was[160], is[160];

	if (gfp_zone_table[fixed & GFP_ZONEMASK] == GFP_ZONE_BAD)
		fixed &= fixed & __GFP_DMA ? ~(__GFP_HIGHMEM | __GFP_DMA32) :
					     ~__GFP_HIGHMEM;
	gfp_flags_string(was, sizeof(was), gfp);
	gfp_flags_string(is, sizeof(is), fixed);
	pr_warn_once("Unexpected gfp: %#x (%s). Fixing up to gfp: %#x (%s). "
		     "Fix your code!\n",
		     gfp, was, fixed, is);
	return fixed;
}

gfp_t current_gfp_context(gfp_t gfp)
{
	unsigned int flags = current->flags;

	if (unlikely((gfp & ~GFP_ALLOWED_ALL) ||
		     gfp_zone_table[gfp & GFP_ZONEMASK] == GFP_ZONE_BAD))
		gfp = fix_up_gfp(gfp);
	gfp &= READ_ONCE(gfp_allowed_mask);
	if (likely(!(flags &
		     (PF_MEMALLOC_NOIO | PF_MEMALLOC_NOFS | PF_MEMALLOC_PIN))))
		return gfp;
	if (flags & PF_MEMALLOC_NOIO)
		gfp &= ~(__GFP_IO | __GFP_FS);
	else if (flags & PF_MEMALLOC_NOFS)
		gfp &= ~__GFP_FS;
	if (flags & PF_MEMALLOC_PIN)
		gfp &= ~__GFP_MOVABLE;
	return gfp;
}

/* ---- nodes --------------------------------------------------------------- */

static unsigned long online_mask(void)
{
	return (1UL << nr_online_nodes) - 1;
}

int km_set_mems_allowed(unsigned long nodes)
{
	if (nodes && !(nodes & online_mask()))
		return -EINVAL;
	current->mems_denied = nodes ? (u8)(online_mask() & ~nodes) : 0;
	return 0;
}

unsigned long km_mems_allowed(void)
{
	return online_mask() & ~(unsigned long)current->mems_denied;
}

int km_set_cpu(int cpu)
{
	if (cpu < -1 || cpu >= (int)nr_cpu_ids)
		return -EINVAL;
	current->cpu = (u16)(cpu + 1);
	return 0;
}
