// SPDX-License-Identifier: MIT
/*
 * kmem/internal.h - shared by the files of this layer alone
 */
#ifndef KM_KMEM_INTERNAL_H
#define KM_KMEM_INTERNAL_H

#include "kmem/kmem.h"

extern struct kmem_cache sheaf_cache; /* the sheaves themselves */

void kmem_cpus_init(void); /* the thread exit hook */
void kmem_cpus_fork_take(void);
void kmem_cpus_fork_release(void);

/* The locks of a cache's barns, for the fork handlers. */
void barn_fork_take(struct kmem_cache *s);
void barn_fork_release(struct kmem_cache *s);

/* Memory for ever, from before there are caches: zeroed, or NULL. */
void *kmem_boot_alloc(size_t size);

#endif
