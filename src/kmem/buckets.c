// SPDX-License-Identifier: MIT
/*
 * kmem/buckets.c - sets of kmalloc caches for one user each
 *
 *	kmem_buckets_create("msg", ...)	  msg-8 msg-16 ... msg-8k
 *	kmem_buckets_alloc(b, 100, ...)	  from msg-128
 *
 * An object of one set never gets the memory of an object that was freed in
 * another set, or in the kmalloc caches.
 *
 * Locking	none here
 * Source	Linux v6.12 mm/slab_common.c (docs/kernel.md L5)
 */
#include "diag/fmt.h"
#include "diag/warn.h"
#include "kmem/kmalloc.h"

#define NAME_MAX_LEN 128

/*
 * Limits the usercopy window [offset, offset + size) to an object of `whole`
 * bytes.
 */
static void user_window(struct kmem_cache_args *args, unsigned int whole,
			unsigned int offset, unsigned int size)
{
	if (offset >= whole)
		return;
	args->useroffset = offset;
	args->usersize = min(size, whole - offset);
}

kmem_buckets *kmem_buckets_create(const char *name, slab_flags_t flags,
				  unsigned int useroffset,
				  unsigned int usersize, void (*ctor)(void *))
{
	kmem_buckets *b;

	if (WARN_ONCE(!name, "kmem_buckets_create: no name"))
		return NULL;
	b = kzalloc(sizeof(*b), GFP_KERNEL);
	if (!b)
		return NULL;
	for (unsigned int index = 1; index < NR_KMALLOC; index++) {
		unsigned int size = kmalloc_info[index].size;
		struct kmem_cache_args args = {
			.align = size & -size,
			.ctor = ctor,
		};
		char full[NAME_MAX_LEN];

		user_window(&args, size, useroffset, usersize);
		km_snprintf(full, sizeof(full), "%s-%s", name,
			    kmalloc_info[index].name);
		(*b)[index] = __kmem_cache_create_args(full, size, &args,
						       flags | SLAB_NO_MERGE);
		if (!(*b)[index])
			goto fail;
	}
	return b;
fail:
	kmem_buckets_destroy(b);
	return NULL;
}

void kmem_buckets_destroy(kmem_buckets *b)
{
	if (!b)
		return;
	for (unsigned int index = 1; index < NR_KMALLOC; index++)
		kmem_cache_destroy((*b)[index]);
	kfree(b);
}

void *kmem_buckets_alloc(kmem_buckets *b, size_t size, gfp_t gfp)
{
	return __do_kmalloc_node(b, size, gfp, NUMA_NO_NODE,
				 __builtin_return_address(0));
}

void *kmem_buckets_alloc_track_caller(kmem_buckets *b, size_t size, gfp_t gfp)
{
	return __do_kmalloc_node(b, size, gfp, NUMA_NO_NODE,
				 __builtin_return_address(0));
}
