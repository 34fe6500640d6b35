// SPDX-License-Identifier: MIT
/*
 * slub/sysfs.h - the files of one cache in slab/<cache>/
 *
 * Locking	slab_mutex is held when show() or store() is called
 */
#ifndef KM_SLUB_SYSFS_H
#define KM_SLUB_SYSFS_H

#include "diag/proc.h"
#include "kmem/kmem.h"

/* A file. One without functions shows whether the cache has the flag. */
struct slab_attribute {
	const char *name;
	slab_flags_t flag;
	void (*show)(struct kmem_cache *s, struct seq_file *m);
	int (*store)(struct kmem_cache *s, const char *text); /* 0 or -errno */
};

extern const struct slab_attribute slab_attrs[];
extern const unsigned int nr_slab_attrs;

/* Shows the file at path, below slab/. Returns 0 or -errno. */
int slab_show(struct seq_file *m, const char *path);

#endif
