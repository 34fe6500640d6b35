// SPDX-License-Identifier: MIT
/*
 * zone/gfpflags.c - the names of gfp flags, for reports
 *
 * Names of sets come before those of single flags, the largest set first. Each
 * name takes its bits away, so GFP_KERNEL|__GFP_ZERO is two names and not five.
 *
 * Source	the names of Linux v6.12 include/trace/events/mmflags.h; flags
 *		of older kernels by their old names (docs/kernel.md G1-G3)
 */
#include "zone/gfp.h"
#include "diag/proc.h"

#define NAME(flag)          \
	{                   \
		flag, #flag \
	}

static const struct {
	gfp_t mask;
	const char *name;
} gfpflag_names[] = {
	NAME(GFP_TRANSHUGE),
	NAME(GFP_TRANSHUGE_LIGHT),
	NAME(GFP_HIGHUSER_MOVABLE),
	NAME(GFP_HIGHUSER),
	NAME(GFP_USER),
	NAME(GFP_KERNEL_ACCOUNT),
	NAME(GFP_KERNEL),
	NAME(GFP_NOFS),
	NAME(GFP_ATOMIC),
	NAME(GFP_NOIO),
	NAME(GFP_NOWAIT),
	NAME(GFP_DMA),
	NAME(__GFP_HIGHMEM),
	NAME(GFP_DMA32),
	NAME(__GFP_HIGH),
	NAME(__GFP_IO),
	NAME(__GFP_FS),
	NAME(__GFP_NOWARN),
	NAME(__GFP_RETRY_MAYFAIL),
	NAME(__GFP_NOFAIL),
	NAME(__GFP_NORETRY),
	NAME(__GFP_COMP),
	NAME(__GFP_ZERO),
	NAME(__GFP_NOMEMALLOC),
	NAME(__GFP_MEMALLOC),
	NAME(__GFP_HARDWALL),
	NAME(__GFP_THISNODE),
	NAME(__GFP_RECLAIMABLE),
	NAME(__GFP_MOVABLE),
	NAME(__GFP_ACCOUNT),
	NAME(__GFP_WRITE),
	NAME(__GFP_RECLAIM),
	NAME(__GFP_DIRECT_RECLAIM),
	NAME(__GFP_KSWAPD_RECLAIM),
	NAME(__GFP_COLD),
	NAME(__GFP_NOTRACK),
	NAME(__GFP_OTHER_NODE),
	NAME(__GFP_NO_GROW),
};

int gfp_flags_string(char *buf, size_t size, gfp_t gfp)
{
	struct seq_file m = { .buf = buf, .size = size };

	if (size)
		*buf = '\0';
	for (unsigned int i = 0; gfp && i < ARRAY_SIZE(gfpflag_names); i++) {
		if ((gfp & gfpflag_names[i].mask) != gfpflag_names[i].mask)
			continue;
		gfp &= ~gfpflag_names[i].mask;
		seq_printf(&m, "%s%s", gfpflag_names[i].name, gfp ? "|" : "");
	}
	if (gfp)
		seq_printf(&m, "%#x", gfp);
	return (int)m.count;
}
