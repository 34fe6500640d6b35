// SPDX-License-Identifier: MIT
/*
 * kmem/slabinfo.c - the text "slabinfo", for caches of both backends
 *
 *	# name            <active_objs> <num_objs> <objsize> ...
 *	kmalloc-64           340    384     64   64    1 : tunables ...
 *	^ s->name            ^ not free in a slab   ^ s->size, with metadata
 *
 * An object that waits in a sheaf or barn has left its slab, so it is active.
 * A write to the text sets the tunables of a cache on SLAB:
 *
 *	kmalloc-64 100 50 4		limit, batchcount, shared
 *
 * Locking	slab_mutex (rank LOCK_SLAB_MUTEX) throughout
 * Source	the text of Linux mm/slab_common.c (docs/kernel.md I1)
 */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "diag/proc.h"
#include "kmem/cache.h"
#include "kmem/internal.h"
#include "kmem/merge.h"
#include "kmem/slab_ops.h"
#include "kmem/slabinfo.h"

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
	seq_printf(m, "%-17pE %6lu %6lu %6u %4u %4d", s->name,
		   sinfo.active_objs, sinfo.num_objs, s->size,
		   sinfo.objects_per_slab, 1 << sinfo.cache_order);
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

/* ---- tunables ------------------------------------------------------------ */

/* Reads a decimal number at *at, after blanks. Returns 0 or -EINVAL. */
static int parse_int(const char **at, int *out)
{
	const char *p = *at + strspn(*at, " \t");
	bool negative = *p == '-';
	long value = 0;

	p += negative;
	if (*p < '0' || *p > '9')
		return -EINVAL;
	for (; *p >= '0' && *p <= '9'; p++) {
		value = value * 10 + *p - '0';
		if (value > INT_MAX)
			return -EINVAL;
	}
	*out = (int)(negative ? -value : value);
	*at = p;
	return 0;
}

static int tune_cache(const char *name, size_t len, const int *value)
{
	struct kmem_cache *s;
	int ret = -EINVAL;

	spin_lock(&slab_mutex);
	list_for_each_entry(s, &slab_caches, list) {
		if (!kmem_cache_has_name(s, name, len))
			continue;
		ret = s->ops->tune ?
			      s->ops->tune(s, value[0], value[1], value[2]) :
			      -EIO;
		break;
	}
	spin_unlock(&slab_mutex);
	return ret;
}

int slabinfo_write(const char *path, const char *text)
{
	size_t len = strcspn(text, " \t\n");
	const char *at = text + len;
	int value[3];

	(void)path;
	for (unsigned int i = 0; i < ARRAY_SIZE(value); i++)
		if (parse_int(&at, &value[i]))
			return -EINVAL;
	at += strspn(at, " \t\n");
	return *at ? -EINVAL : tune_cache(text, len, value);
}
proc_file("slabinfo", slabinfo_show, slabinfo_write);
