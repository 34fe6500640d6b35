// SPDX-License-Identifier: MIT
/*
 * kmem/stat.c - see stat.h
 */
#include "kmem/stat.h"

const char *const kmem_stat_names[NR_SLUB_STAT_ITEMS] = {
	[ALLOC_FASTPATH] = "alloc_fastpath",
	[ALLOC_SLOWPATH] = "alloc_slowpath",
	[FREE_FASTPATH] = "free_fastpath",
	[FREE_SLOWPATH] = "free_slowpath",
	[FREE_RCU_SHEAF] = "free_rcu_sheaf",
	[FREE_RCU_SHEAF_FAIL] = "free_rcu_sheaf_fail",
	[FREE_FROZEN] = "free_frozen",
	[FREE_ADD_PARTIAL] = "free_add_partial",
	[FREE_REMOVE_PARTIAL] = "free_remove_partial",
	[ALLOC_FROM_PARTIAL] = "alloc_from_partial",
	[ALLOC_SLAB] = "alloc_slab",
	[ALLOC_REFILL] = "alloc_refill",
	[ALLOC_NODE_MISMATCH] = "alloc_node_mismatch",
	[FREE_SLAB] = "free_slab",
	[CPUSLAB_FLUSH] = "cpuslab_flush",
	[ORDER_FALLBACK] = "order_fallback",
	[CMPXCHG_DOUBLE_FAIL] = "cmpxchg_double_fail",
	[CPU_PARTIAL_ALLOC] = "cpu_partial_alloc",
	[CPU_PARTIAL_FREE] = "cpu_partial_free",
	[CPU_PARTIAL_NODE] = "cpu_partial_node",
	[CPU_PARTIAL_DRAIN] = "cpu_partial_drain",
	[SHEAF_FLUSH] = "sheaf_flush",
	[SHEAF_REFILL] = "sheaf_refill",
	[SHEAF_ALLOC] = "sheaf_alloc",
	[SHEAF_FREE] = "sheaf_free",
	[BARN_GET] = "barn_get",
	[BARN_GET_FAIL] = "barn_get_fail",
	[BARN_PUT] = "barn_put",
	[BARN_PUT_FAIL] = "barn_put_fail",
	[SHEAF_PREFILL_FAST] = "sheaf_prefill_fast",
	[SHEAF_PREFILL_SLOW] = "sheaf_prefill_slow",
	[SHEAF_PREFILL_OVERSIZE] = "sheaf_prefill_oversize",
	[SHEAF_RETURN_FAST] = "sheaf_return_fast",
	[SHEAF_RETURN_SLOW] = "sheaf_return_slow",
};

unsigned long kmem_stat_sum(const struct kmem_cache *s, enum stat_item item)
{
	unsigned long sum = 0;

	for (unsigned int cpu = 0; cpu < nr_cpu_ids; cpu++)
		sum += READ_ONCE(s->cpu_stat[cpu].v[item]);
	return sum;
}

unsigned long kmem_cache_locks(const struct kmem_cache *s)
{
	unsigned long sum = 0;

	for (unsigned int cpu = 0; cpu < nr_cpu_ids; cpu++)
		sum += READ_ONCE(s->cpu_stat[cpu].locks);
	return sum;
}

void kmem_stat_clear(const struct kmem_cache *s, enum stat_item item)
{
	for (unsigned int cpu = 0; cpu < nr_cpu_ids; cpu++)
		WRITE_ONCE(s->cpu_stat[cpu].v[item], 0UL);
}
