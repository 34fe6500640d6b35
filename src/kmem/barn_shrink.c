// SPDX-License-Identifier: MIT
/*
 * kmem/barn_shrink.c - barns are emptied
 *
 *	SHRINK_IDLE	gets + puts	[ 812 ]---tick---[ 812 ]
 *			seen		[ 796 ] -> 812	 the same: emptied
 *
 *	full sheaves	their objects go to the slabs
 *	all sheaves	go to the region
 *
 * Locking	barn->lock (rank LOCK_BARN), for as long as it takes to detach
 *		both lists; no lock is held while they are freed
 * Tests	unit.kmem.barn
 */
#include "kmem/barn.h"
#include "kmem/internal.h"
#include "kmem/sheaf.h"
#include "kmem/slab_ops.h"
#include "kmem/stat.h"

static void shrink_one(struct kmem_cache *s, struct kmem_cache_node *n,
		       struct node_barn *barn, unsigned int flags)
{
	struct slab_sheaf *full, *empty, *next;
	unsigned long traffic = READ_ONCE(barn->gets) + READ_ONCE(barn->puts);

	barn_flush_rcu(barn);
	if ((flags & SHRINK_IDLE) && traffic != barn->seen) {
		barn->seen = traffic;
		return;
	}
	if (!READ_ONCE(barn->nr_full) && !READ_ONCE(barn->nr_empty))
		return;
	spin_lock(&barn->lock);
	barn_count_full(n, -(int)barn->nr_full);
	full = barn->full;
	empty = barn->empty;
	barn->full = NULL;
	barn->empty = NULL;
	WRITE_ONCE(barn->nr_full, 0U);
	WRITE_ONCE(barn->nr_empty, 0U);
	spin_unlock(&barn->lock);
	for (; full; full = next) {
		next = full->next;
		kmem_stat_n(s, SHEAF_FLUSH, full->count);
		barn_clear_marks(full);
		s->ops->flush(s, sheaf_objects(full), full->count);
		sheaf_free(full);
	}
	for (; empty; empty = next) {
		next = empty->next;
		sheaf_free(empty);
	}
}

/*
 * Empties the barns; with SHRINK_IDLE only those not used since the last tick.
 */
void barn_shrink(struct kmem_cache *s, unsigned int flags)
{
	struct kmem_cache_node *n;
	int nid;

	for_each_kmem_cache_node(s, nid, n)
		for (unsigned int i = 0; i < NR_BARNS; i++)
			shrink_one(s, n, &n->barn[i], flags);
}
