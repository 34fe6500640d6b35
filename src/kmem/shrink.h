// SPDX-License-Identifier: MIT
/*
 * kmem/shrink.h - gives back what caches keep
 */
#ifndef KM_KMEM_SHRINK_H
#define KM_KMEM_SHRINK_H

#include "kmem/slab_ops.h"

/* Frees what caches, barns and owners do not use. */
void kmem_reclaim(unsigned int flags);

#endif
