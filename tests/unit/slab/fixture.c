// SPDX-License-Identifier: MIT
/*
 * fixture.c - see fixture.h
 */
#include "fixture.h"
#include "kmem/barn.h"
#include "kmem/boot.h"
#include "kmem/room.h"
#include "kmem/held.h"
#include "kmem/internal.h"
#include "kmem/slab_ops.h"
#include "kmem/thread.h"
#include "request/request.h"

struct fixture f;

int slab_start(void **state)
{
	(void)state;
	kmem_room_all = 0; /* sheaves are whole */
	pin_to_first_cpu();
	if (arena_init() || page_alloc_init(0) ||
	    kmem_init(&slab_ops, NR_CURSORS) || kmalloc_init())
		return -1;
	tick_interval_ms = ~0UL; /* nothing happens behind our back */
	kmem_nr_owners = 1; /* as if there were another owner to share with */
	return 0;
}

void fixture_open(unsigned int size, unsigned int align, void (*ctor)(void *))
{
	f.s = kmem_cache_create("fixture", size, align, SLAB_NO_MERGE, ctor);
	assert_non_null(f.s);
	f.n = get_node(f.s, 0);
	f.per_slab = f.s->num;
}

void fixture_close(void)
{
	kmem_owner_flush(kmem_owner_get());
	slab_check(f.s);
	f.s->ops->shrink(f.s, SHRINK_ALL);
	assert_int_equal(f.s->in_use, 0);
	assert_int_equal(f.n->nr_slabs, 0);
	assert_int_equal(f.n->nr_pages, 0);
	assert_int_equal(f.n->free_objects, 0);
	kmem_cache_destroy(f.s);
}

void take(size_t from, unsigned int nr)
{
	unsigned int got = 0;

	assert_true(from + nr <= MAX_OBJECTS);
	while (got < nr) {
		unsigned int n = slab_refill(f.s, GFP_KERNEL, NUMA_NO_NODE,
					     f.objs + from + got, nr - got);

		assert_int_not_equal(n, 0);
		got += n;
	}
}

void give(size_t from, unsigned int nr)
{
	void *copy[MAX_OBJECTS];

	memcpy(copy, f.objs + from, nr * sizeof(void *));
	slab_flush(f.s, copy, nr);
}

void alloc(size_t from, unsigned int nr)
{
	for (size_t i = from; i < from + nr; i++) {
		f.objs[i] = kmem_cache_alloc(f.s, GFP_KERNEL);
		assert_non_null(f.objs[i]);
	}
}

void release(size_t from, unsigned int nr)
{
	for (size_t i = from; i < from + nr; i++)
		kmem_cache_free(f.s, f.objs[i]);
}

unsigned int put_shared(size_t from, unsigned int nr)
{
	struct slab_sheaf *sheaf = sheaf_get(f.s);
	struct array_cache *empty = (struct array_cache *)sheaf;

	assert_non_null(sheaf);
	assert_in_range(nr, 1, sheaf->capacity);
	memcpy(sheaf_objects(sheaf), f.objs + from, nr * sizeof(void *));
	sheaf->count = nr;
	if (!shared_has_room(f.s, f.n) ||
	    shared_give(f.s, f.n, (struct array_cache *)sheaf, &empty))
		nr = 0;
	if (empty)
		sheaf_free(ac_sheaf(empty));
	return nr;
}

void take_full_slabs(unsigned int nr)
{
	take(0, nr * f.per_slab);
	expect_slabs(0, nr, 0);
}

unsigned int list_length(const struct list_head *list)
{
	const struct list_head *at;
	unsigned int nr = 0;

	for (at = list->next; at != list; at = at->next)
		nr++;
	return nr;
}

void expect_slabs(unsigned int partial, unsigned int full, unsigned int empty)
{
	slab_check(f.s);
	if (list_length(&f.n->slabs_partial) != partial ||
	    list_length(&f.n->slabs_full) != full ||
	    list_length(&f.n->slabs_free) != empty)
		fail_msg("%u partial, %u full, %u free",
			 list_length(&f.n->slabs_partial),
			 list_length(&f.n->slabs_full),
			 list_length(&f.n->slabs_free));
}

unsigned int array_avail(void)
{
	return (unsigned int)kmem_owner_count(kmem_owner_get(), f.s);
}

void pass_ms(unsigned long ms)
{
	tick_last_ms += ms;
}
