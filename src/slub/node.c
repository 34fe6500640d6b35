// SPDX-License-Identifier: MIT
/*
 * slub/node.c - the node's partial slabs, shrinking, and slub_ops
 *
 * Locking	list_lock (rank LOCK_LIST)
 * Invariants	SLUB2, SLUB3 of slab.h
 * Source	Linux v6.18 mm/slub.c (docs/kernel.md U3, U4, U11)
 */
#include "buddy/buddy.h"
#include "slub/internal.h"

struct slab *get_partial_node(struct kmem_cache_node *n, unsigned int nr,
			      unsigned int *got)
{
	struct slab *first = NULL, **link = &first;

	*got = 0;
	if (!READ_ONCE(n->nr_partial))
		return NULL;
	spin_lock(&n->list_lock);
	while (*got < nr && !list_empty(&n->partial)) {
		struct slab *slab = list_first_entry(&n->partial, struct slab,
						     list);
		struct slab_state old = slab_read(slab), new;

		remove_partial(n, slab);
		do {
			new = old;
			new.counters.frozen = 1;
		} while (!slab_exchange(slab, &old, new));
		slab->next = NULL;
		*link = slab;
		link = &slab->next;
		(*got)++;
	}
	spin_unlock(&n->list_lock);
	return first;
}

void unfreeze_slab(struct kmem_cache *s, struct slab *slab)
{
	struct kmem_cache_node *n = slab_node(slab);
	struct slab_state old, new;
	bool discard = false;

	spin_lock(&n->list_lock);
	old = slab_read(slab);
	do {
		new = old;
		new.counters.frozen = 0;
	} while (!slab_exchange(slab, &old, new));
	if (!new.counters.inuse && n->nr_partial >= READ_ONCE(s->min_partial))
		discard = true;
	else if (new.counters.inuse < new.counters.objects)
		add_partial(n, slab);
	spin_unlock(&n->list_lock);
	if (discard)
		discard_slab(s, slab);
}

#define SHRINK_PROMOTE_MAX 32

/*
 * Gives every empty slab of the node back to the page allocator. Sorts the
 * others, fewest free objects first: these fill up, and the rest can become
 * empty.
 */
static void shrink_node(struct kmem_cache *s, struct kmem_cache_node *n)
{
	struct list_head promote[SHRINK_PROMOTE_MAX]; /* [i]: i + 1 free */
	struct slab *slab, *next;
	LIST_HEAD(empty);

	if (!READ_ONCE(n->nr_partial))
		return;
	for (int i = 0; i < SHRINK_PROMOTE_MAX; i++)
		INIT_LIST_HEAD(&promote[i]);
	spin_lock(&n->list_lock);
	list_for_each_entry_safe(slab, next, &n->partial, list) {
		union slab_counters c = slab_read(slab).counters;
		u32 nr_free = c.objects - c.inuse;

		if (!c.inuse) {
			remove_partial(n, slab);
			list_add(&slab->list, &empty);
		} else if (nr_free && nr_free <= SHRINK_PROMOTE_MAX) {
			list_move_tail(&slab->list, &promote[nr_free - 1]);
		}
	}
	for (int i = SHRINK_PROMOTE_MAX; i--;)
		list_splice_init(&promote[i], &n->partial);
	spin_unlock(&n->list_lock);
	list_for_each_entry_safe(slab, next, &empty, list)
		discard_slab(s, slab);
}

void slub_shrink(struct kmem_cache *s, unsigned int flags)
{
	struct kmem_cache_node *n;
	int nid;

	for (unsigned int cpu = 0; cpu < nr_cpu_ids; cpu++) {
		struct kmem_cache_cpu *c = &s->cpu_slab[cpu];

		if ((flags & SHRINK_IDLE) && READ_ONCE(c->touched)) {
			WRITE_ONCE(c->touched, 0U);
			continue;
		}
		if (READ_ONCE(c->slab) || READ_ONCE(c->partial))
			flush_cpu_slab(s, c);
	}
	for_each_kmem_cache_node(s, nid, n)
		shrink_node(s, n);
}

unsigned long slub_shutdown(struct kmem_cache *s)
{
	slub_shrink(s, SHRINK_ALL);
	return READ_ONCE(s->in_use);
}

static void slub_fork_take(struct kmem_cache *s)
{
	struct kmem_cache_node *n;
	int nid;

	for (unsigned int cpu = 0; cpu < nr_cpu_ids; cpu++)
		lock_fork_take(&s->cpu_slab[cpu].lock);
	for_each_kmem_cache_node(s, nid, n)
		lock_fork_take(&n->list_lock);
}

static void slub_fork_release(struct kmem_cache *s)
{
	struct kmem_cache_node *n;
	int nid;

	for_each_kmem_cache_node(s, nid, n)
		lock_fork_release(&n->list_lock);
	for (unsigned int cpu = 0; cpu < nr_cpu_ids; cpu++)
		lock_fork_release(&s->cpu_slab[cpu].lock);
}

void *slub_object_of(struct kmem_cache *s, const void *addr)
{
	struct slab *slab = virt_to_slab(addr);
	char *base;
	u64 nr;

	if (!slab)
		return NULL;
	base = slab_address(slab);
	nr = (u64)((const char *)addr - base) / s->size;
	if (nr >= slab->state.counters.objects)
		return NULL;
	return base + nr * s->size + s->red_left_pad;
}

const struct slab_ops slub_ops = {
	.name = "slub",
	.flag = KM_SLAB_ON_SLUB,
	.cpu_size = sizeof(struct kmem_cache_cpu),
	.refill = slub_refill,
	.flush = slub_flush,
	.verify = slub_verify,
	.setup = slub_setup,
	.shrink = slub_shrink,
	.shutdown = slub_shutdown,
	.fork_take = slub_fork_take,
	.fork_release = slub_fork_release,
	.object_of = slub_object_of,
	.list_slab_objects = slub_list_slab_objects,
	.main_empty = sheaf_main_empty,
	.main_full = sheaf_main_full,
	.main_idle = sheaf_main_idle,
	.cached = barn_count,
	.check = slub_check,
	.get_slabinfo = slub_get_slabinfo,
};

/* ---- check --------------------------------------------------------------- */

static u32 check_freelist(const struct kmem_cache *s, struct slab *slab)
{
	u32 nr = 0;
	void *obj = slab->state.freelist;

	for (; obj; obj = get_freepointer(s, obj)) {
		check_object(s, slab, obj);
		BUG_ON(++nr > slab->state.counters.objects);
	}
	return nr;
}

static void check_slab(const struct kmem_cache *s, struct slab *slab,
		       u16 frozen)
{
	u32 objects = slab->state.counters.objects;

	BUG_ON(slab->type != PAGE_SLAB || slab->slab_cache != s);
	BUG_ON(slab->state.counters.frozen != frozen);
	BUG_ON(slab->carved > objects);
	BUG_ON(slab->state.counters.inuse !=
	       slab->carved - check_freelist(s, slab));
}

static void check_node(const struct kmem_cache *s, struct kmem_cache_node *n)
{
	unsigned long nr = 0;
	struct slab *slab;

	spin_lock(&n->list_lock);
	list_for_each_entry(slab, &n->partial, list) {
		check_slab(s, slab, 0);
		BUG_ON(slab_node(slab) != n);
		BUG_ON(slab->state.counters.inuse ==
		       slab->state.counters.objects);
		nr++;
	}
	BUG_ON(nr != n->nr_partial);
	spin_unlock(&n->list_lock);
}

void slub_check(struct kmem_cache *s)
{
	struct kmem_cache_node *n;
	struct slab *slab;
	int nid;

	for (unsigned int cpu = 0; cpu < nr_cpu_ids; cpu++) {
		struct kmem_cache_cpu *c = &s->cpu_slab[cpu];
		u32 parked = 0;

		spin_lock(&c->lock);
		for (slab = c->partial; slab; slab = slab->next, parked++)
			check_slab(s, slab, 1);
		BUG_ON(parked != c->nr_partial);
		spin_unlock(&c->lock);
	}
	for_each_kmem_cache_node(s, nid, n)
		check_node(s, n);
}
