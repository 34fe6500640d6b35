// SPDX-License-Identifier: MIT
/*
 * support/region.h - the region of kmem without memory, and with it again
 */
#ifndef KM_TEST_REGION_H
#define KM_TEST_REGION_H

#include "kmem/region.h"
#include "sys/os.h"

static void **region_held; /* each unit points to the next */

/* Takes all that the region has. Memory calls fail until region_restore(). */
static inline void region_exhaust(void)
{
	void **p;

	os_fail_calls(1, ~0UL);
	while ((p = region_alloc(REGION_UNIT)) != NULL) {
		*p = region_held;
		region_held = p;
	}
}

/* Gives it back. */
static inline void region_restore(void)
{
	os_fail_calls(0, 0);
	while (region_held) {
		void **p = region_held;

		region_held = *p;
		region_free(p, REGION_UNIT);
	}
	region_retry();
}

#endif
