// SPDX-License-Identifier: MIT
/*
 * slub/cpu_slab.c - slabs come to a CPU and leave it
 *
 *	freed where it was full	--> c->partial [s]-[s]-[s]  too many: all of
 *				                            them to their nodes
 *	new			--> c->slab, or c->partial
 *	flush, wrong node	    c->slab, what was taken of it returned
 *				                        --> its node
 *
 * Locking	kmem_cache_cpu.lock (rank LOCK_KMEM_CPU) for c; slabs go to
 *		their nodes after it, but for deactivate_slab()
 * Source	Linux v6.18 mm/slub.c, put_cpu_partial(), flush_slab()
 *		(docs/kernel.md U3, U4)
 * Tests	unit.slub.refill, unit.slub.flush, unit.slub.shrink
 */
#include "kmem/stat.h"
#include "slub/internal.h"

/* Returns to the CPU's slab the objects taken off it and not handed out. */
static void return_taken(struct kmem_cache *s, struct kmem_cache_cpu *c)
{
	struct slab *slab = c->slab;
	struct slab_state old = slab_read(slab), new;
	void *tail = c->freelist, *next;
	const struct slab_walk walk = slab_walk(s, slab);
	u32 freed = 0;

	if (tail)
		for (freed = 1; (next = next_free_object(s, slab, &walk, tail));
		     freed++)
			tail = next;
	slab->carved -= c->nr_fresh;
	do {
		new = old;
		new.counters.inuse -= freed + c->nr_fresh;
		if (freed) {
			set_freepointer(s, slab, tail, old.freelist);
			new.freelist = c->freelist;
		}
	} while (!slab_exchange(slab, &old, new));
	c->freelist = NULL;
	c->nr_fresh = 0;
}

void deactivate_slab(struct kmem_cache *s, struct kmem_cache_cpu *c)
{
	struct slab *slab = c->slab;

	return_taken(s, c);
	WRITE_ONCE(c->slab, (struct slab *)NULL);
	unfreeze_slab(s, slab);
}

void add_new_slab(struct kmem_cache_cpu *c, struct slab *slab)
{
	if (!c->slab) {
		WRITE_ONCE(c->slab, slab);
		return;
	}
	slab->next = c->partial;
	WRITE_ONCE(c->partial, slab);
	c->nr_partial++;
}

void put_cpu_partial(struct kmem_cache *s, struct slab *slab)
{
	struct kmem_cache_cpu *c = this_cpu_slab(s);
	struct slab *surplus = NULL, *next;

	kmem_cache_lock(s, &c->lock);
	if (c->nr_partial >= READ_ONCE(s->cpu_partial_slabs)) {
		kmem_stat(s, CPU_PARTIAL_DRAIN);
		surplus = c->partial;
		WRITE_ONCE(c->partial, (struct slab *)NULL);
		c->nr_partial = 0;
	}
	slab->next = c->partial;
	WRITE_ONCE(c->partial, slab);
	c->nr_partial++;
	kmem_stat(s, CPU_PARTIAL_FREE);
	spin_unlock(&c->lock);
	for (; surplus; surplus = next) {
		next = surplus->next;
		unfreeze_slab(s, surplus);
	}
}

void flush_cpu_slab(struct kmem_cache *s, struct kmem_cache_cpu *c)
{
	struct slab *slab, *next;

	kmem_stat(s, CPUSLAB_FLUSH);
	spin_lock(&c->lock);
	if (c->slab)
		return_taken(s, c);
	slab = c->slab;
	next = c->partial;
	WRITE_ONCE(c->slab, (struct slab *)NULL);
	WRITE_ONCE(c->partial, (struct slab *)NULL);
	c->nr_partial = 0;
	spin_unlock(&c->lock);
	if (slab)
		unfreeze_slab(s, slab);
	for (slab = next; slab; slab = next) {
		next = slab->next;
		unfreeze_slab(s, slab);
	}
}
