// SPDX-License-Identifier: MIT
/*
 * kmem/failslab.h - fault injection for object caches and malloc
 *
 *	failslab=<interval>,<probability>,<space>,<times>
 *	failslab.KNOB=VALUE	any file of the kernel's debugfs/failslab
 *
 * With one of these on the command line every cache is guarded, so that
 * should_failslab() is called for every request. Otherwise it is called for
 * none.
 *
 * Source	Linux mm/failslab.c (docs/kernel.md D14)
 */
#ifndef KM_KMEM_FAILSLAB_H
#define KM_KMEM_FAILSLAB_H

#include "diag/fault.h"
#include "kmem/kmem.h"

/* Returns true if the command line asks for fault injection. */
bool failslab_wanted(void);
/* Sets ignore-gfp-wait unless the command line does; it is 1 in the kernel. */
void failslab_default_gfp_wait(unsigned int ignore);
/*
 * Returns true if this request must fail. s is NULL for memory that is in no
 * cache; size is in bytes. No lock is held.
 */
bool should_failslab(const struct kmem_cache *s, gfp_t gfp, size_t size);

#endif
