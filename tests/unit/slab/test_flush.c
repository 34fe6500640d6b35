// SPDX-License-Identifier: MIT
/*
 * test_flush.c - what becomes of a slab when objects come back:
 * docs/kernel.md S5
 */
#include "fixture.h"
#include "kmem/held.h"
#include "kmem/thread.h"
#include "support/child.h"

static int setup(void **state)
{
	(void)state;
	fixture_open(512, 0, NULL);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fixture_close();
	return 0;
}

/* One object, then all. Expect the slab on slabs_partial, then on
 * slabs_free. */
static void test_lists(void **state)
{
	(void)state;
	take_full_slabs(2);
	give(3, 1);
	expect_slabs(1, 1, 0);
	assert_int_equal(slab_of(0)->active, f.per_slab - 1);
	give(0, 3);
	give(4, f.per_slab - 4);
	expect_slabs(0, 1, 1);
	assert_int_equal(f.n->free_objects, f.per_slab);
	give(f.per_slab, f.per_slab);
	expect_slabs(0, 0, 2);
}

/* Frees into several slabs. Expect the one that was full last at the tail of
 * slabs_partial, none moved by a further free, and the empty one at the head of
 * its list. */
static void test_places_on_lists(void **state)
{
	(void)state;
	take_full_slabs(3);
	give(0, 1);
	give(f.per_slab, 1);
	give(2 * f.per_slab, 1);
	give(1, 1);
	assert_ptr_equal(list_last_entry(&f.n->slabs_partial, struct slab_desc,
					 slab_list),
			 slab_of(2 * f.per_slab));
	assert_ptr_equal(list_first_entry(&f.n->slabs_partial, struct slab_desc,
					  slab_list),
			 slab_of(0));
	give(f.per_slab + 1, f.per_slab - 1);
	give(2 * f.per_slab + 1, f.per_slab - 1);
	assert_ptr_equal(list_first_entry(&f.n->slabs_free, struct slab_desc,
					  slab_list),
			 slab_of(2 * f.per_slab));
	give(2, f.per_slab - 2);
}

/* More free objects than free_limit. Expect whole slabs off the tail of
 * slabs_free to go back, until it is kept again or none is left there. */
static void test_free_limit(void **state)
{
	unsigned int slabs = f.n->free_limit / f.per_slab + 4;
	unsigned int keep = f.n->free_limit / f.per_slab;

	(void)state;
	assert_int_equal(f.n->free_limit,
			 (1 + nr_cpu_ids) * f.s->batchcount + f.per_slab);
	take_full_slabs(slabs);
	for (unsigned int i = 0; i < slabs; i++) {
		give((size_t)i * f.per_slab, f.per_slab);
		expect_slabs(0, slabs - 1 - i, i < keep ? i + 1 : keep);
	}
	assert_true(f.n->free_objects <= f.n->free_limit);
	assert_int_equal(f.n->nr_slabs, keep);
	assert_null(
		virt_to_desc(f.objs[0])); /* the one that was free longest */
	assert_non_null(slab_of((size_t)(slabs - 1) * f.per_slab));
}

/* Just as many free objects as free_limit says. Expect all to be kept, and a
 * slab to go with the next one. */
static void test_free_limit_reached(void **state)
{
	(void)state;
	f.n->free_limit = 4 * f.per_slab;
	take_full_slabs(5);
	give(0, 4 * f.per_slab);
	expect_slabs(0, 1, 4);
	give((size_t)4 * f.per_slab, 1);
	expect_slabs(1, 0, 3);
	give((size_t)4 * f.per_slab + 1, f.per_slab - 1);
	expect_slabs(0, 0, 4);
}

/* A batch that mixes the objects of many slabs, longer than what is checked at
 * a time. Expect each to be back in its own. */
static void test_mixed_batch(void **state)
{
	enum { SLABS = 40 };
	unsigned int nr = SLABS * f.per_slab;
	uint64_t seed = 42;

	(void)state;
	take_full_slabs(SLABS);
	for (unsigned int i = nr - 1; i > 0; i--) {
		unsigned int j = (unsigned int)(test_rand(&seed) % (i + 1));
		void *obj = f.objs[i];

		f.objs[i] = f.objs[j];
		f.objs[j] = obj;
	}
	for (unsigned int at = 0; at < nr; at += 150) {
		give(at, nr - at < 150 ? nr - at : 150);
		slab_check(f.s);
	}
	assert_int_equal(f.s->in_use, 0);
}

static void flush_one(void *obj)
{
	slab_flush(f.s, &obj, 1);
}

static void flush_in_batch(void *obj)
{
	void *batch[] = { f.objs[0], obj, f.objs[1] };

	slab_flush(f.s, batch, 3);
}

/* Pointers that are no objects of the cache, alone and among good ones. Expect
 * an abort that says what they are. */
static void test_bad_objects(void **state)
{
	void *page = (void *)__get_free_pages(GFP_KERNEL, 0);

	(void)state;
	take(0, 3);
	expect_abort(flush_one, (char *)f.objs[2] + 16,
		     "is not the start of an object (fixture)");
	expect_abort(flush_in_batch, (char *)f.objs[2] + 16,
		     "is not the start of an object");
	expect_abort(flush_one, page, "is not allocated memory");
	expect_abort(flush_one, &f, "is not allocated memory");
	free_pages((unsigned long)page, 0);
	give(0, 3);
}

static void free_all_here(void *arg)
{
	void **objs = arg;

	for (unsigned int i = 0; i < f.s->limit + 10; i++)
		kmem_cache_free(f.s, objs[i]);
	kmem_cache_shrink(f.s);
}

/* Objects of another cache, freed to this one until the array is flushed.
 * Expect the kernel's line for each, and all of them in their own slabs. */
static void test_wrong_cache(void **state)
{
	static char text[1 << 16];
	struct kmem_cache *other = kmem_cache_create("other", 512, 0,
						     SLAB_NO_MERGE, NULL);
	unsigned int nr = f.s->limit + 10;

	(void)state;
	assert_int_equal(kmem_cache_alloc_bulk(other, 0, nr, f.objs), nr);
	kmem_cache_shrink(other);
	assert_int_equal(other->in_use, nr);
	capture_stderr(free_all_here, f.objs, text, sizeof(text));
	assert_int_equal(count_phrase(text,
				      "cache_from_obj: Wrong slab cache. "
				      "fixture but object is from other\n"),
			 nr);
	assert_int_equal(other->in_use, 0);
	slab_check(other);
	kmem_cache_destroy(other);
}

/* The same behind the last object, and before the first of a slab that has a
 * colour. Expect the same. */
static void test_outside_objects(void **state)
{
	(void)state;
	kmem_cache_destroy(f.s);
	fixture_open(704, 0, NULL);
	take_full_slabs(2);
	expect_abort(flush_one,
		     (char *)index_to_obj(f.s, slab_of(0), f.per_slab),
		     "is not the start of an object");
	assert_true((char *)slab_of(f.per_slab)->s_mem >
		    desc_address(slab_of(f.per_slab)));
	expect_abort(flush_one, desc_address(slab_of(f.per_slab)),
		     "is not the start of an object");
	give(0, 2 * f.per_slab);
}

static void free_and_drain(void *obj)
{
	kmem_cache_free(f.s, obj);
	kmem_owner_flush(kmem_owner_get());
}

static void fill_shared(void *wild)
{
	kmem_cache_free(f.s, wild);
	release(0, 2 * f.s->limit);
}

/* Wild pointers through kmem_cache_free(), whose fast path looks at nothing.
 * Expect the flush of the array, to the slabs or to the shared array, to end
 * the program. */
static void test_bad_object_in_array(void **state)
{
	(void)state;
	f.s->shared = 8;
	alloc(0, 2 * f.s->limit);
	expect_abort(free_and_drain, (char *)f.objs[3] + 8,
		     "is not the start of an object (fixture)");
	expect_abort(fill_shared, (char *)f.objs[3] + 8,
		     "is not the start of an object (fixture)");
	release(0, 2 * f.s->limit);
	assert_int_not_equal(shared_avail(f.n), 0);
}

static void flush_twice(void *obj)
{
	flush_one(obj);
	flush_one(obj);
}

static void flush_beside(void *obj)
{
	void *batch[] = { obj, f.objs[1], obj };

	slab_flush(f.s, batch, 3);
}

/* An object comes back twice, with others between, in one batch, and after its
 * slab became empty. Expect a double free. */
static void test_double_free(void **state)
{
	(void)state;
	take(0, 4);
	expect_abort(flush_twice, f.objs[2], "double free of");
	expect_abort(flush_beside, f.objs[2], "double free of");
	give(1, 3);
	expect_abort(flush_twice, f.objs[0], "double free of");
	give(0, 1);
}

/* The same in slabs with more objects than free_map has bits. Expect the
 * same. */
static void test_double_free_without_map(void **state)
{
	(void)state;
	fixture_close();
	fixture_open(16, 0, NULL);
	assert_true(f.per_slab > FREE_MAP_BITS);
	take(0, 4);
	expect_abort(flush_twice, f.objs[2], "double free of");
	expect_abort(flush_beside, f.objs[2], "double free of");
	give(1, 3);
	expect_abort(flush_twice, f.objs[0], "double free of");
	give(0, 1);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_lists),
		TEST(test_places_on_lists),
		TEST(test_free_limit),
		TEST(test_free_limit_reached),
		TEST(test_mixed_batch),
		TEST(test_bad_objects),
		TEST(test_wrong_cache),
		TEST(test_outside_objects),
		TEST(test_bad_object_in_array),
		TEST(test_double_free),
		TEST(test_double_free_without_map),
	};

	return cmocka_run_group_tests(tests, slab_start, NULL);
}
