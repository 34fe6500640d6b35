// SPDX-License-Identifier: MIT
/*
 * kmem/failslab.h - fault injection for object caches and malloc
 *
 *	failslab=<interval>,<probability>,<space>,<times>
 *	failslab.KNOB=VALUE	any file of the kernel's debugfs/failslab
 *
 * With one of these on the command line every cache is guarded, so that no
 * request is served without being asked about; else nothing is.
 *
 * Source	Linux mm/failslab.c (docs/kernel.md D14)
 */
#ifndef KM_KMEM_FAILSLAB_H
#define KM_KMEM_FAILSLAB_H

#include "core/fault.h"
#include "kmem/kmem.h"

/* Was fault injection asked for at the start? */
bool failslab_wanted(void);
/* What ignore-gfp-wait is unless the command line says: 1 in the kernel. */
void failslab_default_gfp_wait(unsigned int ignore);
/*
 * Shall this request fail? s is NULL for memory that is in no cache; size in
 * bytes. No lock is held.
 */
bool should_failslab(const struct kmem_cache *s, gfp_t gfp, size_t size);

#endif
