// SPDX-License-Identifier: MIT
/*
 * kmem/slabinfo.c - the text "slabinfo", of whichever backend a cache has
 *
 *	# name            <active_objs> <num_objs> <objsize> ...
 *	kmalloc-64           340    384     64   64    1 : tunables ...
 *	^ s->name            ^ not free in a slab   ^ s->size, with metadata
 *
 * An object that waits in a sheaf or barn has left its slab, so it is active.
 *
 * Locking	slab_mutex (rank LOCK_SLAB_MUTEX) throughout
 * Source	the text of Linux mm/slab_common.c (kernel-facts I1)
 */
#include "core/proc.h"
#include "kmem/internal.h"

static void print_slabinfo_header(struct seq_file *m)
{
	seq_puts(m, "slabinfo - version: 2.1\n");
	seq_puts(m, "# name            <active_objs> <num_objs> <objsize> "
		    "<objperslab> <pagesperslab>");
	seq_puts(m, " : tunables <limit> <batchcount> <sharedfactor>");
	seq_puts(m, " : slabdata <active_slabs> <num_slabs> <sharedavail>\n");
}

static void cache_show(struct kmem_cache *s, struct seq_file *m)
{
	struct slabinfo sinfo = { 0 };

	s->ops->get_slabinfo(s, &sinfo);
	seq_printf(m, "%-17s %6lu %6lu %6u %4u %4d", s->name, sinfo.active_objs,
		   sinfo.num_objs, s->size, sinfo.objects_per_slab,
		   1 << sinfo.cache_order);
	seq_printf(m, " : tunables %4u %4u %4u", sinfo.limit, sinfo.batchcount,
		   sinfo.shared);
	seq_printf(m, " : slabdata %6lu %6lu %6lu\n", sinfo.active_slabs,
		   sinfo.num_slabs, sinfo.shared_avail);
}

/* New caches are put at the head of the list, so the newest comes first. */
int slabinfo_show(struct seq_file *m, const char *path)
{
	struct kmem_cache *s;

	(void)path;
	print_slabinfo_header(m);
	spin_lock(&slab_mutex);
	list_for_each_entry(s, &slab_caches, list)
		cache_show(s, m);
	spin_unlock(&slab_mutex);
	return 0;
}
proc_file("slabinfo", slabinfo_show, NULL);
