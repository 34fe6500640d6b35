// SPDX-License-Identifier: MIT
/*
 * slub/attributes.c - the files of a cache in slab/<cache>/, one by one
 *
 * In the form 7.0 no CPU holds a slab. The files about that remain, as in the
 * kernel: cpu_slabs 0, cpu_partial 0, slabs_cpu_partial 0(0).
 *
 * Locking	sysfs.c holds slab_mutex (rank LOCK_SLAB_MUTEX) around each
 *		function. Counting, shrinking and flushing take their own locks
 *		inside it.
 * Tests	unit.slub.sysfs reads and writes each file
 * Source	the texts of Linux v6.18 mm/slub.c (docs/kernel.md I7)
 */
#include <errno.h>
#include <limits.h>

#include "diag/fmt.h"
#include "kmem/cache.h"
#include "kmem/guard.h"
#include "kmem/slab_ops.h"
#include "slub/debug.h"
#include "slub/sysfs.h"

/* ---- geometry and flags -------------------------------------------------- */

static void slab_size_show(struct kmem_cache *s, struct seq_file *m)
{
	seq_printf(m, "%u\n", s->size);
}

static void object_size_show(struct kmem_cache *s, struct seq_file *m)
{
	seq_printf(m, "%u\n", s->object_size);
}

static void align_show(struct kmem_cache *s, struct seq_file *m)
{
	seq_printf(m, "%u\n", s->align);
}

static void objs_per_slab_show(struct kmem_cache *s, struct seq_file *m)
{
	seq_printf(m, "%u\n", s->oo_objects);
}

static void order_show(struct kmem_cache *s, struct seq_file *m)
{
	seq_printf(m, "%u\n", s->oo_order);
}

static void sheaf_capacity_show(struct kmem_cache *s, struct seq_file *m)
{
	seq_printf(m, "%u\n", s->sheaf_capacity);
}

static void ctor_show(struct kmem_cache *s, struct seq_file *m)
{
	char name[KSYM_SYMBOL_LEN] = "";

	if (s->ctor)
		sprint_function(name, (uintptr_t)s->ctor);
	seq_printf(m, "%s\n", name);
}

static void aliases_show(struct kmem_cache *s, struct seq_file *m)
{
	seq_printf(m, "%d\n", max(s->refcount - 1, 0));
}

static void usersize_show(struct kmem_cache *s, struct seq_file *m)
{
	seq_printf(m, "%u\n", s->usersize);
}

/* ---- limits that can be written ------------------------------------------ */

static void min_partial_show(struct kmem_cache *s, struct seq_file *m)
{
	seq_printf(m, "%u\n", s->min_partial);
}

static int min_partial_store(struct kmem_cache *s, const char *text)
{
	unsigned long min;
	int ret = proc_number(text, 0, UINT_MAX, &min);

	if (!ret)
		WRITE_ONCE(s->min_partial, (u32)min);
	return ret;
}

static void cpu_partial_show(struct kmem_cache *s, struct seq_file *m)
{
	seq_printf(m, "%u\n", s->cpu_partial);
}

static int cpu_partial_store(struct kmem_cache *s, const char *text)
{
	unsigned long objects;
	int ret = proc_number(text, 0, INT_MAX, &objects);

	if (ret)
		return ret;
	if (objects && (!has_cpu_slabs(s) || s->guard & GUARD_DEBUG))
		return -EINVAL;
	if (!has_cpu_slabs(s))
		return 0;
	slub_set_cpu_partial(s, (unsigned int)objects);
	for (unsigned int cpu = 0; cpu < nr_cpu_ids; cpu++)
		flush_cpu_slab(s, &s->cpu_slab[cpu]);
	return 0;
}

static void defrag_ratio_show(struct kmem_cache *s, struct seq_file *m)
{
	seq_printf(m, "%u\n", s->remote_node_defrag_ratio / 10);
}

/* How many of a hundred refills may use partial slabs of other nodes. */
static int defrag_ratio_store(struct kmem_cache *s, const char *text)
{
	unsigned long ratio;
	int ret = proc_number(text, 0, UINT_MAX, &ratio);

	if (ret)
		return ret;
	if (ratio > 100)
		return -ERANGE;
	WRITE_ONCE(s->remote_node_defrag_ratio, (u32)ratio * 10);
	return 0;
}

/* ---- counts -------------------------------------------------------------- */

/* Prints the sum over all nodes, then each node whose count is not 0. */
static void show_by_node(struct kmem_cache *s, struct seq_file *m,
			 unsigned long (*count)(struct kmem_cache_node *n))
{
	unsigned long nr[MAX_NUMNODES] = { 0 }, total = 0;
	struct kmem_cache_node *n;
	int nid;

	for_each_kmem_cache_node(s, nid, n) {
		nr[nid] = count(n);
		total += nr[nid];
	}
	seq_printf(m, "%lu", total);
	for (nid = 0; nid < MAX_NUMNODES; nid++)
		if (nr[nid])
			seq_printf(m, " N%d=%lu", nid, nr[nid]);
	seq_putc(m, '\n');
}

static unsigned long node_nr_slabs(struct kmem_cache_node *n)
{
	return READ_ONCE(n->nr_slabs);
}

static unsigned long node_nr_objs(struct kmem_cache_node *n)
{
	return READ_ONCE(n->total_objects);
}

static unsigned long node_nr_used(struct kmem_cache_node *n)
{
	unsigned long free = count_partial(n, SLUB_FREE);
	unsigned long total = node_nr_objs(n);

	return total - min(free, total);
}

static unsigned long node_nr_partial(struct kmem_cache_node *n)
{
	return READ_ONCE(n->nr_partial);
}

static unsigned long node_nr_partial_used(struct kmem_cache_node *n)
{
	return count_partial(n, SLUB_INUSE);
}

static void slabs_show(struct kmem_cache *s, struct seq_file *m)
{
	show_by_node(s, m, node_nr_slabs);
}

static void total_objects_show(struct kmem_cache *s, struct seq_file *m)
{
	show_by_node(s, m, node_nr_objs);
}

static void objects_show(struct kmem_cache *s, struct seq_file *m)
{
	show_by_node(s, m, node_nr_used);
}

static void partial_show(struct kmem_cache *s, struct seq_file *m)
{
	show_by_node(s, m, node_nr_partial);
}

static void objects_partial_show(struct kmem_cache *s, struct seq_file *m)
{
	show_by_node(s, m, node_nr_partial_used);
}

/* Counts the slabs that CPUs hold, by the node of each slab's memory. */
static void cpu_slabs_show(struct kmem_cache *s, struct seq_file *m)
{
	unsigned long nr[MAX_NUMNODES] = { 0 }, total = 0;

	for (unsigned int cpu = 0; has_cpu_slabs(s) && cpu < nr_cpu_ids;
	     cpu++) {
		struct kmem_cache_cpu *c = &s->cpu_slab[cpu];
		struct slab *slab;

		spin_lock(&c->lock);
		if (c->slab)
			nr[c->slab->node_id]++;
		for (slab = c->partial; slab; slab = slab->next)
			nr[slab->node_id]++;
		spin_unlock(&c->lock);
	}
	for (int nid = 0; nid < MAX_NUMNODES; nid++)
		total += nr[nid];
	seq_printf(m, "%lu", total);
	for (int nid = 0; nid < MAX_NUMNODES; nid++)
		if (nr[nid])
			seq_printf(m, " N%d=%lu", nid, nr[nid]);
	seq_putc(m, '\n');
}

static unsigned int cpu_nr_partial(struct kmem_cache_cpu *c)
{
	unsigned int nr;

	spin_lock(&c->lock);
	nr = c->nr_partial;
	spin_unlock(&c->lock);
	return nr;
}

/*
 * The number of objects is an estimate that takes partial slabs to be half
 * full.
 */
static void slabs_cpu_partial_show(struct kmem_cache *s, struct seq_file *m)
{
	const unsigned int cpus = has_cpu_slabs(s) ? nr_cpu_ids : 0;
	unsigned int slabs = 0, nr;

	for (unsigned int cpu = 0; cpu < cpus; cpu++)
		slabs += cpu_nr_partial(&s->cpu_slab[cpu]);
	seq_printf(m, "%u(%u)", slabs * s->oo_objects / 2, slabs);
	for (unsigned int cpu = 0; cpu < cpus; cpu++) {
		nr = cpu_nr_partial(&s->cpu_slab[cpu]);
		if (nr)
			seq_printf(m, " C%u=%u(%u)", cpu,
				   nr * s->oo_objects / 2, nr);
	}
	seq_putc(m, '\n');
}

/* ---- actions ------------------------------------------------------------- */

static void nothing_show(struct kmem_cache *s, struct seq_file *m)
{
	(void)s;
	(void)m;
}

static int shrink_store(struct kmem_cache *s, const char *text)
{
	if (text[0] != '1')
		return -EINVAL;
	kmem_cache_shrink(s);
	return 0;
}

/* slab_mutex is held, so no stack is walked: reports name no caller. */
static int validate_store(struct kmem_cache *s, const char *text)
{
	const struct slab_caller no_caller = { .nr = 0 };

	if (text[0] != '1' || !(s->guard & GUARD_DEBUG))
		return -EINVAL;
	s->ops->validate(s, &no_caller);
	return 0;
}

/* ---- the table ----------------------------------------------------------- */

const struct slab_attribute slab_attrs[] = {
	{ "slab_size", .show = slab_size_show },
	{ "object_size", .show = object_size_show },
	{ "objs_per_slab", .show = objs_per_slab_show },
	{ "order", .show = order_show },
	{ "sheaf_capacity", .show = sheaf_capacity_show },
	{ "min_partial", .show = min_partial_show, .store = min_partial_store },
	{ "cpu_partial", .show = cpu_partial_show, .store = cpu_partial_store },
	{ "objects_partial", .show = objects_partial_show },
	{ "partial", .show = partial_show },
	{ "cpu_slabs", .show = cpu_slabs_show },
	{ "ctor", .show = ctor_show },
	{ "aliases", .show = aliases_show },
	{ "align", .show = align_show },
	{ "hwcache_align", .flag = SLAB_HWCACHE_ALIGN },
	{ "reclaim_account", .flag = SLAB_RECLAIM_ACCOUNT },
	{ "destroy_by_rcu", .flag = SLAB_TYPESAFE_BY_RCU },
	{ "shrink", .show = nothing_show, .store = shrink_store },
	{ "slabs_cpu_partial", .show = slabs_cpu_partial_show },
	{ "total_objects", .show = total_objects_show },
	{ "objects", .show = objects_show },
	{ "slabs", .show = slabs_show },
	{ "sanity_checks", .flag = SLAB_CONSISTENCY_CHECKS },
	{ "trace", .flag = SLAB_TRACE },
	{ "red_zone", .flag = SLAB_RED_ZONE },
	{ "poison", .flag = SLAB_POISON },
	{ "store_user", .flag = SLAB_STORE_USER },
	{ "validate", .show = nothing_show, .store = validate_store },
	{ "cache_dma", .flag = SLAB_CACHE_DMA },
	{ "remote_node_defrag_ratio", .show = defrag_ratio_show,
	  .store = defrag_ratio_store },
	{ "usersize", .show = usersize_show },
	{ "skip_kfence", .flag = SLAB_SKIP_KFENCE },
	{ "failslab", .flag = SLAB_FAILSLAB },
};

const unsigned int nr_slab_attrs = ARRAY_SIZE(slab_attrs);
