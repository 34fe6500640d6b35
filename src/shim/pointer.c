// SPDX-License-Identifier: MIT
/*
 * shim/pointer.c - finds what a pointer is; ends the program if it is bad
 */
#include <errno.h>

#include "diag/report.h"
#include "kmem/debug.h"
#include "kmem/guard.h"
#include "kmem/inside.h"
#include "kmem/slab_ops.h"
#include "shim/shim.h"
#include "sys/os.h"
#include "vmap/large/space.h"

static __cold void end_by_misuse(const char *function, const void *p,
				 const char *what)
{
	km_panic("kmalloc: %s(): %p %s\n", function, p, what);
}

/* Sheaves and structs of the shim are objects too: they give NULL. */
struct kmem_cache *shim_cache_of(const void *p)
{
	const struct page *slab = virt_to_slab_page(p);
	struct kmem_cache *s = slab ? slab->slab_cache : NULL;

	return shim_has_cache(s) ? s : NULL;
}

static void resolve_small(const void *p, const char *function,
			  struct pointer *out)
{
	struct kmem_cache *s = shim_cache_of(p);
	bool start;

	if (unlikely(!s))
		end_by_misuse(function, p, "is not allocated memory");
	start = s->ops->object_of(s, p) == p;
	*out = (struct pointer){ POINTER_SMALL, s, s->object_size };
	if (unlikely(s->guard))
		out->usable = start ? kmem_debug_size(s, p) : 0;
	/* slab_debug=F reports more about a bad pointer when it is freed. */
	if (start || (s->flags & SLAB_CONSISTENCY_CHECKS))
		return;
	if (unlikely((uintptr_t)p % MALLOC_ALIGN))
		km_panic("kmalloc: %s(): %p is not 16-byte aligned (%s)\n",
			 function, p, s->name);
	km_panic("kmalloc: %s(): %p is not the start of an object (%s)\n",
		 function, p, s->name);
}

bool pointer_in_engine(const void *p)
{
	return km_ready() &&
	       (arena_contains(p) || ((uintptr_t)p >= arena.vmalloc_start &&
				      (uintptr_t)p < arena.vmalloc_end));
}

/* Returns 0 if p is a block of side.c, -ENOENT if it lies elsewhere. */
static int resolve_side(const void *p, const char *function,
			struct pointer *out)
{
	size_t usable = 0;
	int ret = side_find(p, &usable);

	if (unlikely(ret == -EINVAL))
		end_by_misuse(function, p, "is not allocated memory");
	*out = (struct pointer){ POINTER_SIDE, NULL, usable };
	return ret;
}

/*
 * Returns true if no other allocator owns the memory at p. Readable memory
 * where nothing of ours is mapped belongs to other code.
 */
static bool is_ours(const void *p)
{
	if (!pointer_in_engine(p))
		return false;
	if (arena_contains(p) ? pfn_online(virt_to_pfn(p)) : space_has(p))
		return true;
	return !os_readable(p);
}

/*
 * Tests the owner first. Other allocators may align differently, so alignment
 * is checked only for pointers into our memory.
 */
void pointer_resolve(const void *p, const char *function, struct pointer *out)
{
	struct large large;

	if (km_ready() && arena_contains(p) && arena_index[virt_to_pfn(p)]) {
		resolve_small(p, function, out);
		return;
	}
	if (km_ready() && !large_find(p, &large)) {
		if (unlikely((uintptr_t)p % MALLOC_ALIGN))
			end_by_misuse(function, p, "is not 16-byte aligned");
		if (unlikely(large.start != p))
			km_panic("kmalloc: %s(): %p is inside a block (%H at "
				 "%p)\n",
				 function, p, large.usable, large.start);
		*out = (struct pointer){ POINTER_LARGE, NULL, large.usable };
		return;
	}
	if (unlikely(!resolve_side(p, function, out)))
		return;
	if (unlikely(is_ours(p))) {
		freed_check(function, p);
		end_by_misuse(function, p,
			      (uintptr_t)p % MALLOC_ALIGN ?
				      "is not 16-byte aligned" :
				      "is not allocated memory");
	}
	*out = (struct pointer){ POINTER_FOREIGN, NULL, 0 };
}

void pointer_claim(const void *p, const char *function, size_t size)
{
	struct pointer what;

	if (!kmem_enter())
		return;
	pointer_resolve(p, function, &what);
	kmem_leave();
	if (what.kind != POINTER_FOREIGN && unlikely(size > what.usable))
		km_panic("kmalloc: %s(): %p is a block of %zu bytes, not of "
			 "%zu\n",
			 function, p, what.usable, size);
}
