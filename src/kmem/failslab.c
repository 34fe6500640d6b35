// SPDX-License-Identifier: MIT
/*
 * kmem/failslab.c - see failslab.h
 *
 * Tests	unit.kmem.guard, whose caches ask it for every request
 */
#include <errno.h>
#include <string.h>

#include "diag/param.h"
#include "kmem/failslab.h"

#define FAILSLAB_UNSET 2

static struct {
	struct fault_attr attr;
	/* constant after init */
	u8 ignore_gfp_reclaim; /* 1: only atomic requests fail */
	u8 cache_filter; /* 1: only caches with SLAB_FAILSLAB */
	u8 wanted;
} failslab = {
	.attr = FAULT_ATTR_INITIALIZER("failslab"),
	.ignore_gfp_reclaim = FAILSLAB_UNSET,
};

static int set_failslab(const char *value)
{
	int ret = setup_fault_attr(&failslab.attr, value);

	if (!ret)
		failslab.wanted = 1;
	return ret;
}
boot_param("failslab", set_failslab, "INTERVAL,PROBABILITY,SPACE,TIMES");

static int set_switch(const char *knob, const char *name, u8 *out)
{
	const char *value = strchr(knob, '=');
	unsigned long number;

	if (!value || !param_name_is(knob, (size_t)(value - knob), name))
		return -ENOENT;
	if (param_number(value + 1, 0, 1, &number))
		return -EINVAL;
	*out = (u8)number;
	return 0;
}

static int set_failslab_knob(const char *knob)
{
	int ret = fault_attr_set(&failslab.attr, knob);

	if (ret == -ENOENT)
		ret = set_switch(knob, "ignore-gfp-wait",
				 &failslab.ignore_gfp_reclaim);
	if (ret == -ENOENT)
		ret = set_switch(knob, "cache-filter", &failslab.cache_filter);
	if (!ret)
		failslab.wanted = 1;
	return ret;
}
boot_param("failslab.", set_failslab_knob, "KNOB=VALUE");

bool failslab_wanted(void)
{
	return failslab.wanted;
}

void failslab_default_gfp_wait(unsigned int ignore)
{
	if (failslab.ignore_gfp_reclaim == FAILSLAB_UNSET)
		failslab.ignore_gfp_reclaim = ignore != 0;
}

bool should_failslab(const struct kmem_cache *s, gfp_t gfp, size_t size)
{
	unsigned int flags = gfp & __GFP_NOWARN ? FAULT_NOWARN : 0;

	if (fault_off() || (gfp & __GFP_NOFAIL))
		return false;
	if (failslab.ignore_gfp_reclaim && (gfp & __GFP_DIRECT_RECLAIM))
		return false;
	if (failslab.cache_filter && !(s && (s->flags & SLAB_FAILSLAB)))
		return false;
	return should_fail_ex(&failslab.attr, (long)size, flags);
}
