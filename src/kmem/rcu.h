// SPDX-License-Identifier: MIT
/*
 * kmem/rcu.h - objects and slabs that wait for readers to leave
 */
#ifndef KM_KMEM_RCU_H
#define KM_KMEM_RCU_H

#include <kmalloc/rcu.h>

#include "kmem/kmem.h"

/*
 * Grace periods of RCU: docs/hooks.md. The API library supplies them, over
 * liburcu. Without them no cache can be SLAB_TYPESAFE_BY_RCU.
 */
struct kmem_rcu_ops {
	/* Prepares for call(). No lock held. Returns 0 or -errno. */
	int (*prepare)(void);
	/* Runs func(head) when every reader that is inside now has left. */
	void (*call)(struct rcu_head *head, void (*func)(struct rcu_head *));
	/* Waits until all functions given to call() have run. No lock held. */
	void (*barrier)(void);
	/* Waits until all given to kvfree_rcu() is freed. No lock held. */
	void (*kvfree_barrier)(void);
};
extern const struct kmem_rcu_ops *kmem_rcu __hidden; /* constant after init */
/* Before the first cache of the program. NULL: there are no grace periods. */
void kmem_rcu_register(const struct kmem_rcu_ops *ops);

/*
 * Frees the block of a former slab; for a cache that is SLAB_TYPESAFE_BY_RCU,
 * after a grace period.
 */
void kmem_free_slab(struct kmem_cache *s, struct page *page);
/*
 * Keeps an object in a sheaf until a grace period has passed. Returns false if
 * it cannot: the caller frees it. kmem_rcu->prepare() has succeeded. No lock
 * held.
 */
bool __kfree_rcu_sheaf(struct kmem_cache *s, void *obj);
/* Lets all sheaves for RCU, full or not, begin to wait. No lock held. */
void flush_all_rcu_sheaves(void);

#endif
