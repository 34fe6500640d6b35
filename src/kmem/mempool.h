// SPDX-License-Identifier: MIT
/*
 * kmem/mempool.h - the parts of mempools that are not for programs
 */
#ifndef KM_KMEM_MEMPOOL_H
#define KM_KMEM_MEMPOOL_H

#include <kmalloc/mempool.h>

#include "core/lock.h"

extern spinlock_t mempool_lock; /* for the fork handlers */
/* How long mempool_alloc() waits before it asks the allocator again. */
extern unsigned long mempool_wait_ms;

/*
 * Fill an element that enters the reserve with poison, and check it when it
 * leaves, if its cache has SLAB_POISON.
 */
void mempool_poison(const mempool_t *pool, void *element);
void mempool_check(const mempool_t *pool, void *element);

#endif
