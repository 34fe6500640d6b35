/* SPDX-License-Identifier: MIT */
/*
 * tests/support/backend.h - vmap over a slab backend of a few lines
 *
 * The backend is malloc, so that a sanitizer watches its objects, and it runs
 * out of objects when it is told to.
 */
#ifndef TEST_BACKEND_H
#define TEST_BACKEND_H

#include <limits.h>
#include <stdlib.h>

#include "core/tick.h"
#include "kmem/barn.h"
#include "kmem/boot.h"
#include "kmem/cache.h"
#include "kmem/held.h"
#include "kmem/kmem.h"
#include "kmem/region.h"
#include "kmem/sheaf.h"
#include "kmem/slab_ops.h"
#include "support/start.h"
#include "vmap/large/internal.h"

/* Objects handed out from now on until there are no more; -1: no end. */
static long backend_left __maybe_unused = -1;
/* Objects that are out; atomic. */
static long backend_out __maybe_unused;

static inline unsigned int test_refill(struct kmem_cache *s, gfp_t gfp,
				       int node, void **objs, unsigned int nr)
{
	(void)gfp;
	(void)node;
	for (unsigned int i = 0; i < nr; i++) {
		if (!backend_left)
			return i;
		if (backend_left > 0)
			backend_left--;
		objs[i] = malloc(s->object_size);
		REQUIRE(objs[i]);
		memset(objs[i], 0xa5, s->object_size);
		__atomic_add_fetch(&backend_out, 1, __ATOMIC_RELAXED);
	}
	return nr;
}

static inline void test_flush(struct kmem_cache *s, void **objs,
			      unsigned int nr)
{
	(void)s;
	for (unsigned int i = 0; i < nr; i++)
		free(objs[i]);
	__atomic_sub_fetch(&backend_out, nr, __ATOMIC_RELAXED);
}

static inline int test_setup(struct kmem_cache *s)
{
	s->size = s->object_size;
	s->sheaf_capacity = sheaf_capacity(s);
	return 0;
}

static inline void test_shrink(struct kmem_cache *s, unsigned int flags)
{
	(void)s;
	(void)flags;
}

static const struct slab_ops test_backend = {
	.main_empty = sheaf_main_empty,
	.main_full = sheaf_main_full,
	.main_idle = sheaf_main_idle,
	.cached = barn_count,
	.cpu_size = CACHELINE,
	.refill = test_refill,
	.flush = test_flush,
	.setup = test_setup,
	.shrink = test_shrink,
};

/* Arena, page allocator, kmem over malloc, vmap; 0 or the error of vmap. */
static inline int start_vmap(const char *cmdline)
{
	start_zone(cmdline);
	tick_interval_ms = ULONG_MAX; /* ticks are the test's alone */
	REQUIRE(!kmem_init(&test_backend, NR_CURSORS));
	return large_init();
}

static inline size_t sum_of(const struct rb_root *root)
{
	struct rb_node *node;
	size_t sum = 0;

	for (node = rb_first(root); node; node = rb_next(node)) {
		struct vmap_area *va = rb_entry(node, struct vmap_area, rb);

		if (!(va->flags & LARGE_AREA_DIRECT) || root != &vm_space.busy)
			sum += va_size(va);
	}
	return sum;
}

/*
 * V1 to V4, that the trees fill vmalloc space to a byte, and that mem= is
 * charged with what is in use or lazy.
 */
static inline void check_space(void)
{
	space_check();
	REQUIRE(sum_of(&vm_space.busy) + sum_of(&vm_space.lazy) +
			sum_of(&vm_space.free) + sum_of(&vm_space.held) +
			sum_of(&vm_space.holes) ==
		arena.vmalloc_end - arena.vmalloc_start);
	REQUIRE(arena.charged_frames ==
		arena.online_frames +
			((vm_space.busy_bytes + vm_space.lazy_bytes) >>
			 PAGE_SHIFT) +
			region_charged());
}

#endif
