// SPDX-License-Identifier: MIT
/*
 * slub/sysfs.c - slab/<cache>/<file>: the texts of /sys/kernel/slab
 *
 *	slab/			the caches, one a line: names, aliases, ids
 *	slab/kmalloc-64/	the files of one
 *	slab/kmalloc-64/objects	"2024 N0=2024": over all nodes, then by node
 *	slab/kmalloc-64/shrink	write 1
 *	slab/:0000064/order	the same cache by its id, if others may be
 *				merged with it
 *
 * The name of a cache may have a '/'; the name of a file never has one.
 *
 * Locking	slab_mutex (rank LOCK_SLAB_MUTEX) throughout, so that the cache
 *		is not destroyed meanwhile
 * Source	Linux v6.18 mm/slub.c (docs/kernel.md I7)
 */
#include <errno.h>
#include <string.h>

#include "diag/fmt.h"
#include "kmem/cache.h"
#include "kmem/merge.h"
#include "kmem/slab_ops.h"
#include "kmem/stat.h"
#include "kmem/thread.h"
#include "slub/sysfs.h"
#include "slub/traces.h"

static const struct slab_attribute *find_attribute(const char *name)
{
	for (unsigned int i = 0; i < nr_slab_attrs; i++)
		if (!strcmp(slab_attrs[i].name, name))
			return &slab_attrs[i];
	return NULL;
}

/* Returns the statistic that the file `name` shows, or -1 if it is none. */
static int find_stat(const char *name)
{
	for (int i = 0; i < NR_SLUB_STAT_ITEMS; i++)
		if (!strcmp(kmem_stat_names[i], name))
			return i;
	return -1;
}

static bool on_slub(const struct kmem_cache *s)
{
	return s->ops->flag == KM_SLAB_ON_SLUB;
}

#define ID_STR_LENGTH 32

/*
 * Writes the id that mergeable caches of one kind share, such as ":a-0000104":
 * flags and size. Returns its length.
 */
static size_t create_unique_id(const struct kmem_cache *s,
			       char id[ID_STR_LENGTH])
{
	static const struct {
		slab_flags_t flag;
		char letter;
	} letters[] = {
		{ SLAB_CACHE_DMA, 'd' },       { SLAB_CACHE_DMA32, 'D' },
		{ SLAB_RECLAIM_ACCOUNT, 'a' }, { SLAB_CONSISTENCY_CHECKS, 'F' },
		{ SLAB_ACCOUNT, 'A' },
	};
	char *p = id;

	*p++ = ':';
	for (unsigned int i = 0; i < ARRAY_SIZE(letters); i++)
		if (s->flags & letters[i].flag)
			*p++ = letters[i].letter;
	if (p != id + 1)
		*p++ = '-';
	p += km_snprintf(p, (size_t)(id + ID_STR_LENGTH - p), "%07u", s->size);
	return (size_t)(p - id);
}

/* Returns the newest cache with that name, alias or id, or NULL. */
static struct kmem_cache *find_cache(const char *name, size_t len)
{
	char id[ID_STR_LENGTH];
	struct kmem_cache *s;

	lock_assert_held(&slab_mutex);
	list_for_each_entry(s, &slab_caches, list) {
		if (!on_slub(s))
			continue;
		if (kmem_cache_has_name(s, name, len))
			return s;
		if (!slab_unmergeable(s) && create_unique_id(s, id) == len &&
		    !memcmp(id, name, len))
			return s;
	}
	return NULL;
}

/* Lists all names that find_cache() finds. */
static void list_caches(struct seq_file *m)
{
	const struct kmem_cache_alias *alias;
	char id[ID_STR_LENGTH];
	struct kmem_cache *s;

	spin_lock(&slab_mutex);
	list_for_each_entry(s, &slab_caches, list) {
		if (!on_slub(s))
			continue;
		if (!slab_unmergeable(s)) {
			create_unique_id(s, id);
			seq_printf(m, "%s/\n", id);
		}
		seq_printf(m, "%pE/\n", s->name);
		list_for_each_entry(alias, &s->aliases, list)
			seq_printf(m, "%pE/\n", alias->name);
	}
	spin_unlock(&slab_mutex);
}

static const char *const track_files[] = {
	[TRACK_ALLOC] = "alloc_traces",
	[TRACK_FREE] = "free_traces",
};

/* Returns the kind of track that the file `name` shows, or -1 if it is none. */
static int find_track(const struct kmem_cache *s, const char *name)
{
	if (!(s->flags & SLAB_STORE_USER))
		return -1;
	for (int i = 0; i < (int)ARRAY_SIZE(track_files); i++)
		if (!strcmp(track_files[i], name))
			return i;
	return -1;
}

static void list_files(const struct kmem_cache *s, struct seq_file *m)
{
	for (unsigned int i = 0; i < nr_slab_attrs; i++)
		seq_printf(m, "%s\n", slab_attrs[i].name);
	for (unsigned int i = 0; i < NR_SLUB_STAT_ITEMS; i++)
		seq_printf(m, "%s\n", kmem_stat_names[i]);
	for (unsigned int i = 0; i < ARRAY_SIZE(track_files); i++)
		if (s->flags & SLAB_STORE_USER)
			seq_printf(m, "%s\n", track_files[i]);
}

/* Prints the sum, then each CPU whose count is not 0. */
static void show_stat(const struct kmem_cache *s, struct seq_file *m,
		      enum stat_item item)
{
	seq_printf(m, "%lu", kmem_stat_sum(s, item));
	for (unsigned int cpu = 0; cpu < nr_cpu_ids; cpu++) {
		unsigned long nr = READ_ONCE(s->cpu_stat[cpu].v[item]);

		if (nr)
			seq_printf(m, " C%u=%lu", cpu, nr);
	}
	seq_putc(m, '\n');
}

static int slab_attr_show(struct kmem_cache *s, struct seq_file *m,
			  const char *name)
{
	const struct slab_attribute *attr = find_attribute(name);
	int item = find_stat(name), track = find_track(s, name);

	if (!*name)
		list_files(s, m);
	else if (track >= 0)
		return slab_traces_show(s, m, (enum track_item)track);
	else if (item >= 0)
		show_stat(s, m, (enum stat_item)item);
	else if (!attr)
		return -ENOENT;
	else if (attr->show)
		attr->show(s, m);
	else
		seq_printf(m, "%d\n", !!(s->flags & attr->flag));
	return 0;
}

int slab_show(struct seq_file *m, const char *path)
{
	const char *slash = strrchr(path, '/');
	struct kmem_cache *s;
	int ret = -ENOENT;

	if (!*path) {
		list_caches(m);
		return 0;
	}
	if (!slash)
		return -ENOENT;
	spin_lock(&slab_mutex);
	s = find_cache(path, (size_t)(slash - path));
	if (s)
		ret = slab_attr_show(s, m, slash + 1);
	spin_unlock(&slab_mutex);
	return ret;
}

/* A statistic accepts only "0", which clears it. */
static int slab_attr_store(struct kmem_cache *s, const char *name,
			   const char *text)
{
	const struct slab_attribute *attr = find_attribute(name);
	int item = find_stat(name);

	if (find_track(s, name) >= 0)
		return -EACCES;
	if (item >= 0) {
		if (text[0] != '0')
			return -EINVAL;
		kmem_stat_clear(s, (enum stat_item)item);
		return 0;
	}
	if (!attr)
		return -ENOENT;
	return attr->store ? attr->store(s, text) : -EACCES;
}

static int slab_store(const char *path, const char *text)
{
	const char *slash = strrchr(path, '/');
	struct kmem_cache *s;
	int ret = -ENOENT;

	if (!slash)
		return -ENOENT;
	kmem_owner_get(); /* needed to shrink, and not made under a lock */
	spin_lock(&slab_mutex);
	s = find_cache(path, (size_t)(slash - path));
	if (s)
		ret = slab_attr_store(s, slash + 1, text);
	spin_unlock(&slab_mutex);
	return ret;
}
proc_file("slab/", slab_show, slab_store);
