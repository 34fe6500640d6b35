// SPDX-License-Identifier: MIT
/*
 * tests/unit/vmap/backend.c - a slab backend of a few lines, over malloc
 */
#include <limits.h>
#include <stdlib.h>

#include "core/tick.h"
#include "unit/vmap/backend.h"

long backend_left = -1;
long backend_out;

static unsigned int refill(struct kmem_cache *s, void **objs, unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++) {
		if (!backend_left)
			return i;
		if (backend_left > 0)
			backend_left--;
		objs[i] = malloc(s->object_size);
		REQUIRE(objs[i]);
		backend_out++;
	}
	return nr;
}

static void flush(struct kmem_cache *s, void **objs, unsigned int nr)
{
	(void)s;
	for (unsigned int i = 0; i < nr; i++)
		free(objs[i]);
	backend_out -= nr;
}

static int setup(struct kmem_cache *s)
{
	s->size = s->object_size;
	return 0;
}

static void shrink(struct kmem_cache *s, unsigned int flags)
{
	(void)s;
	(void)flags;
}

static const struct slab_ops ops = {
	.cpu_size = CACHELINE,
	.refill = refill,
	.flush = flush,
	.setup = setup,
	.shrink = shrink,
};

int start_vmap(const char *cmdline)
{
	start_zone(cmdline);
	tick_interval_ms = ULONG_MAX; /* ticks are the test's alone */
	REQUIRE(!kmem_init(&ops, NR_CURSORS));
	return vmap_init();
}

static size_t sum_of(const struct rb_root *root)
{
	struct rb_node *node;
	size_t sum = 0;

	for (node = rb_first(root); node; node = rb_next(node)) {
		struct vmap_area *va = rb_entry(node, struct vmap_area, rb);

		if (!(va->flags & VA_DIRECT) || root != &vmap.busy)
			sum += va_size(va);
	}
	return sum;
}

void check_space(void)
{
	vmap_check();
	REQUIRE(sum_of(&vmap.busy) + sum_of(&vmap.lazy) + sum_of(&vmap.free) ==
		arena.vmalloc_end - arena.vmalloc_start);
}
