// SPDX-License-Identifier: MIT
/*
 * kmem/order.h - boot parameters for the size of slabs
 */
#ifndef KM_KMEM_ORDER_H
#define KM_KMEM_ORDER_H

extern int slab_max_order; /* -1: not set */
extern unsigned int slab_min_order; /* no slab of SLUB has a lower one */
extern unsigned int slab_min_objects; /* 0: not set */

#endif
