// SPDX-License-Identifier: MIT
/*
 * api/rcu.h - the grace periods that libkmalloc brings to the caches
 */
#ifndef KM_API_RCU_H
#define KM_API_RCU_H

#include "kmem/kmem.h"
#include "kmem/rcu.h"

extern const struct kmem_rcu_ops km_rcu_ops;

/* Called by a constructor, after the fork handlers of the engine are set. */
void km_rcu_register_fork(void);

#endif
