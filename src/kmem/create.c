// SPDX-License-Identifier: MIT
/*
 * kmem/create.c - makes a kmem_cache: arguments, parts, cursor slot
 *
 *	arguments -> sane? -> can be merged? -> one more name of that cache
 *	                          | no
 *	             struct kmem_cache, name, CPU part, nodes -> setup() -> slot
 *
 * Locking	slab_mutex (rank LOCK_SLAB_MUTEX) for the lists of caches
 * Source	Linux v6.12 mm/slab_common.c, __kmem_cache_create_args()
 *		(docs/kernel.md L10, X7)
 */
#include <errno.h>
#include <string.h>

#include "core/start.h"
#include "diag/dump_stack.h"
#include "diag/report.h"
#include "diag/warn.h"
#include "kmem/cache.h"
#include "kmem/debug.h"
#include "kmem/freelist.h"
#include "kmem/guard.h"
#include "kmem/inherited.h"
#include "kmem/internal.h"
#include "kmem/rcu.h"
#include "kmem/sheaf.h"
#include "kmem/slab_ops.h"

#define SLAB_FLAGS_PERMITTED                                                 \
	(SLAB_CONSISTENCY_CHECKS | SLAB_RED_ZONE | SLAB_POISON |             \
	 SLAB_KMALLOC | SLAB_HWCACHE_ALIGN | SLAB_CACHE_DMA |                \
	 SLAB_CACHE_DMA32 | SLAB_STORE_USER | SLAB_RECLAIM_ACCOUNT |         \
	 SLAB_PANIC | SLAB_TYPESAFE_BY_RCU | SLAB_TRACE | SLAB_NOLEAKTRACE | \
	 SLAB_NO_MERGE | SLAB_FAILSLAB | SLAB_ACCOUNT | SLAB_NO_USER_FLAGS | \
	 SLAB_SKIP_KFENCE | SLAB_NO_OBJ_EXT | KM_SLAB_BACKENDS)

/* ---- the arguments ------------------------------------------------------- */

static bool is_duplicate(const char *name)
{
	struct kmem_cache *s;
	bool found = false;

	spin_lock(&slab_mutex);
	list_for_each_entry(s, &slab_caches, list)
		found |= !strcmp(s->name, name);
	spin_unlock(&slab_mutex);
	return found;
}

static int sanity_check(const char *name, unsigned int size,
			const struct kmem_cache_args *args, slab_flags_t flags)
{
	unsigned int align = args->align;

	if (!name || !size || size > KMALLOC_MAX_SIZE ||
	    (align && (!is_power_of_2(align) || align > KMALLOC_MAX_SIZE))) {
		km_report("kmem_cache_create(%pE) integrity check failed\n",
			  name ? name : "(null)");
		return -EINVAL;
	}
	if (flags & ~SLAB_FLAGS_PERMITTED || !choose_backend(flags))
		return -EINVAL;
	if (flags & SLAB_TYPESAFE_BY_RCU && (!kmem_rcu || kmem_rcu->prepare()))
		return -EINVAL;
	if (args->use_freeptr_offset &&
	    (!(flags & SLAB_TYPESAFE_BY_RCU) ||
	     !IS_ALIGNED(args->freeptr_offset, sizeof(void *)) ||
	     size < sizeof(void *) ||
	     args->freeptr_offset > size - sizeof(void *)))
		return -EINVAL;
	if (is_duplicate(name))
		km_report("kmem_cache of name '%pE' already exists\n", name);
	return 0;
}

/*
 * Warns about a usercopy window that is not inside the object, and removes it.
 */
static void check_window(struct kmem_cache_args *args, unsigned int size)
{
	if (WARN_ONCE(!args->usersize && args->useroffset,
		      "kmem_cache_create: a useroffset of %u without a usersize",
		      args->useroffset) ||
	    WARN_ONCE(size < args->usersize ||
			      size - args->usersize < args->useroffset,
		      "kmem_cache_create: bytes %u to %lu for usercopy are not "
		      "inside an object of %u",
		      args->useroffset,
		      (unsigned long)args->useroffset + args->usersize, size)) {
		args->usersize = 0;
		args->useroffset = 0;
	}
}

/* ---- the cache ----------------------------------------------------------- */

void kmem_cache_release(struct kmem_cache *s)
{
	kmem_cache_free_aliases(s);
	kmem_freelist_release(s);
	kmem_inherited_release(s);
	for (int nid = 0; nid < MAX_NUMNODES; nid++)
		kmem_cache_free(&node_cache, s->node[nid]);
	kmem_cache_free(&cpu_cache, s->cpu_slab);
	kmem_cache_free(&stat_cache, s->cpu_stat);
	if (s->name)
		kmem_name_free((void *)(uintptr_t)s->name, s->name, 0);
	kmem_cache_free(&cache_cache, s);
}

/*
 * Allocates the parts of a cache. Returns 0 or -ENOMEM; kmem_cache_release()
 * frees them in either case.
 */
static int alloc_parts(struct kmem_cache *s, const char *name)
{
	s->name = kmem_name_alloc(name, 0);
	if (!s->name)
		return -ENOMEM;
	s->cpu_stat = kmem_cache_zalloc(&stat_cache, GFP_KERNEL);
	if (!s->cpu_stat)
		return -ENOMEM;
	if (s->ops->cpu_size) {
		s->cpu_slab = kmem_cache_zalloc(&cpu_cache, GFP_KERNEL);
		if (!s->cpu_slab)
			return -ENOMEM;
	}
	for (int nid = 0; nid < (int)nr_online_nodes; nid++) {
		s->node[nid] = kmem_cache_zalloc(&node_cache, GFP_KERNEL);
		if (!s->node[nid])
			return -ENOMEM;
		kmem_init_node(s->node[nid]);
	}
	return 0;
}

static int create_cache(const char *name, unsigned int size,
			const struct kmem_cache_args *args, slab_flags_t flags,
			struct kmem_cache **out)
{
	struct kmem_cache *s = kmem_cache_alloc(&cache_cache, GFP_KERNEL);
	int err;

	if (!s)
		return -ENOMEM;
	kmem_fill_in(s, NULL, size, args->align, kmem_cache_flags(flags, name));
	s->ctor = args->ctor;
	s->useroffset = args->useroffset;
	s->usersize = args->usersize;
	s->sheaf_capacity = args->sheaf_capacity;
	s->freeptr_offset = args->freeptr_offset;
	s->use_freeptr_offset = args->use_freeptr_offset;
	err = alloc_parts(s, name);
	if (!err)
		err = s->ops->setup(s);
	if (!err)
		err = kmem_freelist_init(s);
	if (err) {
		kmem_cache_release(s);
		return err;
	}
	kmem_guard_init(s);
	if (!kmem_hold_sheaves(s))
		kmem_take_slot(s);
	kmem_list_cache(s);
	*out = s;
	return 0;
}

struct kmem_cache *__kmem_cache_create_args(const char *name,
					    unsigned int object_size,
					    struct kmem_cache_args *args,
					    slab_flags_t flags)
{
	struct kmem_cache_args mine = { 0 };
	struct kmem_cache *s = NULL;
	int err = engine_need();

	if (args)
		mine = *args;
	if (!err)
		err = sanity_check(name, object_size, &mine, flags);
	if (!err) {
		check_window(&mine, object_size);
		s = kmem_cache_alias(name, object_size, &mine, flags, &err);
	}
	if (!err && !s)
		err = create_cache(name, object_size, &mine, flags, &s);
	if (!err)
		return s;
	if (flags & SLAB_PANIC)
		km_panic("%s: Failed to create slab '%pE'. Error %d\n",
			 __func__, name ? name : "(null)", err);
	km_report("%s(%pE) failed with error %d\n", __func__,
		  name ? name : "(null)", err);
	dump_stack();
	return NULL;
}

struct kmem_cache *(kmem_cache_create)(const char *name, unsigned int size,
				       unsigned int align, slab_flags_t flags,
				       void (*ctor)(void *))
{
	struct kmem_cache_args args = { .align = align, .ctor = ctor };

	return __kmem_cache_create_args(name, size, &args, flags);
}

/* The kernel's arguments: one more than this project's limit. */
struct kmem_cache *
kmem_cache_create_usercopy(const char *name, unsigned int size,
			   unsigned int align, slab_flags_t flags,
			   unsigned int useroffset, unsigned int usersize,
			   void (*ctor)(void *))
{
	struct kmem_cache_args args = {
		.align = align,
		.ctor = ctor,
		.useroffset = useroffset,
		.usersize = usersize,
	};

	return __kmem_cache_create_args(name, size, &args, flags);
}
