// SPDX-License-Identifier: MIT
/*
 * shim/pointer.c - what a pointer is, or one clear line and the end
 */
#include "core/fmt.h"
#include "shim/shim.h"

static __cold void misuse(const char *function, const void *p, const char *what)
{
	km_panic("kmalloc: %s(): %p %s\n", function, p, what);
}

static struct kmem_cache *cache_of(const void *p)
{
	unsigned long pfn = virt_to_pfn(p);
	unsigned int index = arena_index[pfn];
	unsigned long head;

	if (index < INDEX_OTHER)
		return kmem_classes[index];
	head = pfn & ~((1UL << (index - INDEX_OTHER)) - 1);
	return pfn_to_page(head)->slab_cache;
}

static void resolve_small(const void *p, const char *function,
			  struct pointer *out)
{
	struct kmem_cache *s = cache_of(p);

	/* The shim's own sheaves and structs are slabs too. */
	if (unlikely(!s || !s->slot))
		misuse(function, p, "is not allocated memory");
	if (unlikely((uintptr_t)p % MALLOC_ALIGN))
		km_panic("kmalloc: %s(): %p is not 16-byte aligned (%s)\n",
			 function, p, s->name);
	if (unlikely(s->ops->object_of(s, p) != p))
		km_panic("kmalloc: %s(): %p is not the start of an object "
			 "(%s)\n",
			 function, p, s->name);
	*out = (struct pointer){ POINTER_SMALL, s, s->object_size };
}

void pointer_resolve(const void *p, const char *function, struct pointer *out)
{
	bool ours = km_ready() && (virt_to_pfn(p) < arena.reserved_frames ||
				   ((uintptr_t)p >= arena.vmalloc_start &&
				    (uintptr_t)p < arena.vmalloc_end));
	struct large large;

	if (km_ready() && arena_contains(p) && arena_index[virt_to_pfn(p)]) {
		resolve_small(p, function, out);
		return;
	}
	if (km_ready() && !large_find(p, &large)) {
		if (unlikely((uintptr_t)p % MALLOC_ALIGN))
			misuse(function, p, "is not 16-byte aligned");
		if (unlikely(large.start != p))
			km_panic("kmalloc: %s(): %p is inside a block (%H at "
				 "%p)\n",
				 function, p, large.usable, large.start);
		*out = (struct pointer){ POINTER_LARGE, NULL, large.usable };
		return;
	}
	if (unlikely((uintptr_t)p % MALLOC_ALIGN))
		misuse(function, p, "is not 16-byte aligned");
	if (unlikely(ours))
		misuse(function, p, "is not allocated memory");
	*out = (struct pointer){ POINTER_FOREIGN, NULL, 0 };
}
