// SPDX-License-Identifier: MIT
/*
 * tests/support/kmtest.h - what the tests of the object caches share
 */
#ifndef KMTEST_H
#define KMTEST_H

#include <stdlib.h>

#include "kmem/kmem.h"
#include "kmem/rcu.h"
#include "support/child.h"
#include "support/cpu.h"
#include "zone/numa.h"

/* The barn that this CPU puts sheaves into; after pin_to_first_cpu(). */
#define BARN_HERE (smp_cpu() % NR_BARNS)

/* RCU without readers: grace periods are over at once. */
static inline void rcu_call_now(struct rcu_head *head,
				void (*func)(struct rcu_head *))
{
	func(head);
}

static inline void rcu_barrier_now(void)
{
}

static inline int no_readers_prepare(void)
{
	return 0;
}

static const struct kmem_rcu_ops no_readers __maybe_unused = {
	.prepare = no_readers_prepare,
	.call = rcu_call_now,
	.barrier = rcu_barrier_now,
	.kvfree_barrier = rcu_barrier_now,
};

#endif
