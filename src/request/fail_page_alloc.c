// SPDX-License-Identifier: MIT
/*
 * request/fail_page_alloc.c - fault injection for requests of pages
 *
 *	fail_page_alloc=<interval>,<probability>,<space>,<times>
 *	fail_page_alloc.KNOB=VALUE	any file of the kernel's
 *					debugfs/fail_page_alloc
 *
 * Locking	none
 * Source	Linux mm/fail_page_alloc.c (docs/kernel.md D14)
 */
#include <errno.h>
#include <string.h>

#include "diag/fault.h"
#include "diag/param.h"
#include "request/request.h"

#define FAIL_PAGE_UNSET ~0UL

static struct {
	struct fault_attr attr;
	/* constant after init */
	unsigned long ignore_gfp_highmem; /* 1: spare requests for HighMem */
	unsigned long ignore_gfp_reclaim; /* 1: spare those that may wait */
	unsigned long min_order; /* spare smaller ones */
} fail_page_alloc = {
	.attr = FAULT_ATTR_INITIALIZER("fail_page_alloc"),
	.ignore_gfp_highmem = 1,
	.ignore_gfp_reclaim = FAIL_PAGE_UNSET,
	.min_order = FAIL_PAGE_UNSET,
};

static int set_attr(const char *value)
{
	return setup_fault_attr(&fail_page_alloc.attr, value);
}
boot_param("fail_page_alloc", set_attr, "INTERVAL,PROBABILITY,SPACE,TIMES");

static int set_number(const char *knob, const char *name, unsigned long most,
		      unsigned long *out)
{
	const char *value = strchr(knob, '=');

	if (!value || !param_name_is(knob, (size_t)(value - knob), name))
		return -ENOENT;
	return param_number(value + 1, 0, most, out);
}

static int set_knob(const char *knob)
{
	int ret = fault_attr_set(&fail_page_alloc.attr, knob);

	if (ret == -ENOENT)
		ret = set_number(knob, "ignore-gfp-wait", 1,
				 &fail_page_alloc.ignore_gfp_reclaim);
	if (ret == -ENOENT)
		ret = set_number(knob, "ignore-gfp-highmem", 1,
				 &fail_page_alloc.ignore_gfp_highmem);
	if (ret == -ENOENT)
		ret = set_number(knob, "min-order", MAX_PAGE_ORDER,
				 &fail_page_alloc.min_order);
	return ret;
}
boot_param("fail_page_alloc.", set_knob, "KNOB=VALUE");

static void set_defaults(unsigned int ignore_gfp_wait, unsigned int min_order)
{
	if (fail_page_alloc.ignore_gfp_reclaim == FAIL_PAGE_UNSET)
		fail_page_alloc.ignore_gfp_reclaim = ignore_gfp_wait;
	if (fail_page_alloc.min_order == FAIL_PAGE_UNSET)
		fail_page_alloc.min_order = min_order;
}

void fail_page_alloc_for_malloc(void)
{
	set_defaults(0, 0);
}

bool __should_fail_alloc_page(gfp_t gfp, unsigned int order)
{
	set_defaults(1, 1); /* the kernel's, unless set */
	if (order < fail_page_alloc.min_order || (gfp & __GFP_NOFAIL))
		return false;
	if (fail_page_alloc.ignore_gfp_highmem && (gfp & __GFP_HIGHMEM))
		return false;
	if (fail_page_alloc.ignore_gfp_reclaim && (gfp & __GFP_DIRECT_RECLAIM))
		return false;
	return should_fail_ex(&fail_page_alloc.attr, 1L << order,
			      gfp & __GFP_NOWARN ? FAULT_NOWARN : 0);
}
