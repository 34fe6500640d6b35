// SPDX-License-Identifier: MIT
/*
 * fixture.c - see fixture.h
 */
#include "fixture.h"
#include "kmem/boot.h"
#include "kmem/room.h"
#include "request/request.h"

struct fixture f;

int slub_start(void **state)
{
	(void)state;
	kmem_room_all = 0; /* sheaves are whole */
	if (arena_init() || page_alloc_init(0) ||
	    kmem_init(form_ops(), NR_CURSORS))
		return -1;
	kmem_start_sheaves();
	tick_interval_ms = ~0UL; /* nothing happens behind our back */
	pin_to_first_cpu();
	return 0;
}

void fixture_open(unsigned int size, unsigned int align, void (*ctor)(void *))
{
	f.s = kmem_cache_create("fixture", size, align, SLAB_NO_MERGE, ctor);
	assert_non_null(f.s);
	f.c = cpu_of(f.s);
	f.n = f.s->node[0];
	f.per_slab = f.s->oo_objects;
}

void fixture_close(void)
{
	slub_check(f.s);
	slub_shrink(f.s, SHRINK_ALL);
	assert_int_equal(f.s->in_use, 0);
	assert_int_equal(f.n->nr_slabs, 0);
	assert_int_equal(f.n->nr_pages, 0);
	assert_int_equal(f.n->nr_partial, 0);
	kmem_cache_destroy(f.s);
}

void take(size_t from, unsigned int nr)
{
	unsigned int got = 0;

	assert_true(from + nr <= MAX_OBJECTS);
	while (got < nr) {
		void *batch[MAX_OBJECTS];
		unsigned int n = slab_refill(f.s, GFP_KERNEL, NUMA_NO_NODE,
					     batch, nr - got);

		assert_int_not_equal(n, 0);
		for (unsigned int i = 0; i < n; i++)
			f.objs[from + got + i] = batch[n - 1 - i];
		got += n;
	}
}

void give(size_t from, unsigned int nr)
{
	void *copy[MAX_OBJECTS];

	memcpy(copy, f.objs + from, nr * sizeof(void *));
	slab_flush(f.s, copy, nr);
}

void take_full_slabs(unsigned int nr)
{
	take(0, nr * f.per_slab);
	flush_cpu();
	assert_int_equal(f.n->nr_slabs, nr);
	assert_int_equal(f.n->nr_partial, 0);
}

#define MAX_CPUS 64

/* Lay out a cache that never holds an object, for a number of CPUs. */
struct kmem_cache shape(unsigned int cpus, unsigned int size,
			unsigned int align, slab_flags_t flags,
			void (*ctor)(void *))
{
	static struct kmem_cache_cpu cpu_slab[MAX_CPUS];
	struct kmem_cache s = { .ops = form_ops(),
				.object_size = size,
				.align = align,
				.flags = flags,
				.ctor = ctor,
				.max_order = PAGE_ALLOC_COSTLY_ORDER,
				.cpu_slab = form_ops()->cpu_size ? cpu_slab :
								   NULL };
	unsigned int saved = nr_cpu_ids;

	nr_cpu_ids = cpus;
	assert_int_equal(slub_setup(&s), 0);
	nr_cpu_ids = saved;
	return s;
}
