// SPDX-License-Identifier: MIT
/*
 * test_node.c - shrinking, the end of a cache, and which object is where
 */
#include "fixture.h"
#include "kmem/internal.h"
#include "kmem/region.h"
#include "kmem/slab_ops.h"
#include "kmem/thread.h"

/* A shrink. Expect slabs without objects to go, and what a shared array
 * holds to be back in its slabs first. */
static void test_shrink(void **state)
{
	(void)state;
	fixture_open(512, 0, NULL);
	f.s->shared = 8;
	take_full_slabs(4);
	give(0, f.per_slab); /* free */
	give(f.per_slab, 1); /* partial */
	assert_int_equal(put_shared(2 * f.per_slab, f.per_slab), f.per_slab);
	f.s->ops->shrink(f.s, SHRINK_ALL);
	expect_slabs(1, 1, 0);
	assert_int_equal(shared_avail(f.n), 0);
	assert_int_equal(f.n->nr_slabs, 2);
	give(f.per_slab + 1, f.per_slab - 1);
	give(3 * f.per_slab, f.per_slab);
	fixture_close();
}

/* kmem_cache_shrink(). Expect 1 while a slab holds objects, then 0. */
static void test_kmem_cache_shrink(void **state)
{
	(void)state;
	fixture_open(512, 0, NULL);
	alloc(0, 100);
	assert_int_equal(kmem_cache_shrink(f.s), 1);
	release(0, 100);
	assert_int_equal(kmem_cache_shrink(f.s), 0);
	fixture_close();
}

/* Which object holds an address. Expect its start for every byte, and NULL
 * before the first, behind the last, and for memory that is no slab. */
static void test_object_of(void **state)
{
	void *page = (void *)__get_free_pages(GFP_KERNEL, 0);
	struct slab_desc *slab;
	char *base;

	(void)state;
	fixture_open(704, 0, NULL);
	take_full_slabs(2);
	slab = slab_of(f.per_slab);
	base = slab->s_mem;
	assert_true(base > desc_address(slab));
	for (unsigned int at = 0; at < 2 * f.s->size; at++)
		assert_ptr_equal(f.s->ops->object_of(f.s, base + at),
				 base + at / f.s->size * f.s->size);
	assert_null(f.s->ops->object_of(f.s, base - 1));
	assert_null(f.s->ops->object_of(f.s, base + f.per_slab * f.s->size));
	assert_null(f.s->ops->object_of(f.s, page));
	assert_null(f.s->ops->object_of(f.s, &page));
	free_pages((unsigned long)page, 0);
	give(0, 2 * f.per_slab);
	fixture_close();
}

/* A cache is destroyed with objects in shared arrays, then with one in use.
 * Expect the first to go, with all arrays, the other to be kept. */
static void test_destroy(void **state)
{
	unsigned long arrays = region_used();
	struct kmem_cache *s;
	void *obj;

	(void)state;
	fixture_open(512, 0, NULL);
	f.s->shared = 8;
	alloc(0, 500);
	release(0, 500);
	assert_int_not_equal(shared_avail(f.n), 0);
	kmem_cache_destroy(f.s);
	assert_int_equal(region_used(), arrays);

	s = kmem_cache_create("kept", 512, 0, SLAB_NO_MERGE, NULL);
	obj = kmem_cache_alloc(s, 0);
	kmem_cache_destroy(s);
	assert_int_equal(s->in_use, 1);
	slab_check(s);
	kmem_cache_free(s, obj);
	kmem_cache_destroy(s);
}

/* A cache where tables have slots for size classes alone, as in the preload
 * library. Expect every call to work, object by object, and slabinfo to show no
 * arrays. */
static void test_without_slot(void **state)
{
	struct slabinfo sinfo = { 0 };
	struct kmem_cache *s;

	(void)state;
	assert_non_null(kmem_owner_get()); /* this thread has all slots */
	kmem_nr_slots = API_SLOT;
	s = kmem_cache_create("without", 64, 0, SLAB_NO_MERGE, NULL);
	assert_int_equal(s->slot, 0);
	assert_int_equal(s->far, 0);
	assert_int_equal(s->limit, 0);
	for (size_t i = 0; i < 200; i++)
		f.objs[i] = kmem_cache_alloc(s, 0);
	assert_int_equal(s->in_use, 200);
	slab_check(s);
	slab_get_slabinfo(s, &sinfo);
	assert_int_equal(sinfo.active_objs, 200);
	assert_int_equal(sinfo.limit, 0);
	assert_int_equal(sinfo.batchcount, 0);
	assert_int_equal(sinfo.shared, 0);
	for (size_t i = 0; i < 200; i++)
		kmem_cache_free(s, f.objs[i]);
	assert_int_equal(s->in_use, 0);
	kmem_cache_destroy(s);
	kmem_nr_slots = NR_CURSORS;
}

static void active_off(void *arg)
{
	((struct slab_desc *)arg)->active++;
	slab_check(f.s);
}

static void number_twice(void *arg)
{
	struct slab_desc *slab = arg;

	slab->freelist[slab->active] = slab->freelist[slab->active + 1];
	slab_check(f.s);
}

static void objects_shifted(void *arg)
{
	struct slab_desc *slab = arg;

	slab->s_mem = (char *)slab->s_mem + 8;
	slab_check(f.s);
}

static void free_objects_off(void *arg)
{
	(void)arg;
	f.n->free_objects--;
	slab_check(f.s);
}

static void free_slabs_off(void *arg)
{
	(void)arg;
	f.n->free_slabs++;
	slab_check(f.s);
}

static void wrong_list(void *arg)
{
	struct slab_desc *slab = arg;

	list_del(&slab->slab_list);
	list_add(&slab->slab_list, &f.n->slabs_full);
	slab_check(f.s);
}

static void in_use_off(void *arg)
{
	(void)arg;
	f.s->in_use++;
	slab_check(f.s);
}

static void wild_in_shared(void *arg)
{
	struct array_cache *ac = slot_array(f.n->shared->slot[0][0]);

	sheaf_objects(ac_sheaf(ac))[0] = (char *)arg + 8;
	slab_check(f.s);
}

static void index_off(void *arg)
{
	arena_index[page_to_pfn(arg)] = 0;
	slab_check(f.s);
}

/*
 * SLAB1 to SLAB5 are broken one by one. Expect slab_check() to end the program
 * each time.
 */
static void test_check_fails(void **state)
{
	struct slab_desc *slab;

	(void)state;
	fixture_open(512, 0, NULL);
	f.s->shared = 8;
	take_full_slabs(2);
	assert_int_equal(put_shared(0, 4), 4);
	give(4, 3);
	slab = slab_of(0);
	slab_check(f.s);
	expect_abort(active_off, slab, "BUG: ");
	expect_abort(number_twice, slab, "BUG: seen");
	expect_abort(objects_shifted, slab, "BUG: colour % ");
	expect_abort(free_objects_off, NULL, "BUG: t.free");
	expect_abort(free_slabs_off, NULL, "free_slabs");
	expect_abort(wrong_list, slab, "BUG: slab->active");
	expect_abort(in_use_off, NULL, "in_use");
	expect_abort(wild_in_shared, f.objs[0],
		     "is not the start of an object");
	expect_abort(index_off, slab, "BUG: arena_index");
	give(7, 2 * f.per_slab - 7);
	fixture_close();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shrink),
		cmocka_unit_test(test_kmem_cache_shrink),
		cmocka_unit_test(test_object_of),
		cmocka_unit_test(test_destroy),
		cmocka_unit_test(test_without_slot),
		cmocka_unit_test(test_check_fails),
	};

	return cmocka_run_group_tests(tests, slab_start, NULL);
}
