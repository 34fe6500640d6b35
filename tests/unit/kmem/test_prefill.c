// SPDX-License-Identifier: MIT
/*
 * test_prefill.c - sheaves in the hands of users (docs/kernel.md V6)
 */
#include <errno.h>

#include "fake.h"
#include "kmem/barn.h"
#include "kmem/cache.h"
#include "kmem/held.h"
#include "kmem/sheaf.h"
#include "kmem/stat.h"
#include "kmem/thread.h"

#define CAPACITY 28 /* of a sheaf of objects of 300 bytes */

static struct kmem_cache *s;

static int setup(void **state)
{
	(void)state;
	s = kmem_cache_create("prefill", 300, 0, SLAB_NO_MERGE, NULL);
	assert_non_null(s);
	assert_int_equal(s->sheaf_capacity, CAPACITY);
	fake_watch(s);
	return 0;
}

static unsigned long cached(void)
{
	return kmem_owner_count(kmem_owner_get(), s) + barn_count(s);
}

static int teardown(void **state)
{
	(void)state;
	assert_int_equal(s->in_use, cached());
	kmem_owner_check(kmem_owner_get());
	barn_check(s);
	kmem_cache_destroy(s);
	return 0;
}

/* Allocations up to what was asked for, while there is no memory at all. Expect
 * each to succeed, distinct, and none of it to be asked of the slabs. */
static void test_guarantee(void **state)
{
	static const unsigned int sizes[] = { 1,   20,	CAPACITY, 29,
					      123, 124, 1000 };
	void *obj[1000];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct slab_sheaf *sheaf = kmem_cache_prefill_sheaf(
			s, GFP_KERNEL, sizes[i]);

		assert_non_null(sheaf);
		assert_true(kmem_cache_sheaf_size(sheaf) >= sizes[i]);
		fake.allowance = 0;
		fake.refills = 0;
		for (unsigned int j = 0; j < sizes[i]; j++) {
			obj[j] = kmem_cache_alloc_from_sheaf(s, GFP_NOWAIT,
							     sheaf);
			assert_non_null(obj[j]);
			memset(obj[j], (int)j, 300);
		}
		assert_int_equal(fake.refills, 0);
		fake.allowance = -1;
		for (unsigned int j = 0; j < sizes[i]; j++) {
			assert_int_equal(*(unsigned char *)obj[j], j & 0xff);
			kmem_cache_free(s, obj[j]);
		}
		kmem_cache_return_sheaf(s, GFP_KERNEL, sheaf);
	}
}

/* A sheaf is used up. Expect NULL, and more after a refill. */
static void test_used_up(void **state)
{
	struct slab_sheaf *sheaf = kmem_cache_prefill_sheaf(s, GFP_KERNEL, 5);
	void *obj[CAPACITY + 1];
	unsigned int nr = 0;

	(void)state;
	while ((obj[nr] = kmem_cache_alloc_from_sheaf(s, GFP_KERNEL, sheaf)))
		nr++;
	assert_true(nr >= 5);
	assert_int_equal(kmem_cache_sheaf_size(sheaf), 0);
	assert_int_equal(kmem_cache_refill_sheaf(s, GFP_KERNEL, &sheaf, 3), 0);
	assert_true(kmem_cache_sheaf_size(sheaf) >= 3);
	assert_int_equal(kmem_cache_refill_sheaf(s, GFP_KERNEL, &sheaf, 1), 0);
	kmem_cache_free_bulk(s, nr, obj);
	kmem_cache_return_sheaf(s, GFP_KERNEL, sheaf);
}

/* More is wanted than a sheaf holds. Expect another one in its place; and one
 * that was made so large to be filled as it is. */
static void test_grows(void **state)
{
	struct slab_sheaf *sheaf = kmem_cache_prefill_sheaf(s, GFP_KERNEL, 5);
	struct slab_sheaf *first = sheaf, *second;
	void *obj;

	(void)state;
	assert_int_equal(kmem_cache_refill_sheaf(s, GFP_KERNEL, &sheaf, 40), 0);
	assert_ptr_not_equal(sheaf, first);
	assert_int_equal(kmem_cache_sheaf_size(sheaf), 40);
	second = sheaf;
	obj = kmem_cache_alloc_from_sheaf(s, GFP_KERNEL, sheaf);
	assert_int_equal(kmem_cache_refill_sheaf(s, GFP_KERNEL, &sheaf, 40), 0);
	assert_ptr_equal(sheaf, second);
	assert_int_equal(kmem_cache_sheaf_size(sheaf), 40);
	assert_int_equal(kmem_cache_refill_sheaf(s, GFP_KERNEL, &sheaf, 5000),
			 0);
	assert_int_equal(kmem_cache_sheaf_size(sheaf), 5000);
	kmem_cache_free(s, obj);
	kmem_cache_return_sheaf(s, GFP_KERNEL, sheaf);
}

/* There is no memory, or not enough. Expect NULL, and -ENOMEM with the sheaf as
 * it was. */
static void test_short(void **state)
{
	struct slab_sheaf *sheaf = kmem_cache_prefill_sheaf(s, GFP_KERNEL, 5);
	struct slab_sheaf *same = sheaf;
	unsigned int had;
	void *obj[CAPACITY];

	(void)state;
	for (unsigned int i = 0; i < 25; i++)
		obj[i] = kmem_cache_alloc_from_sheaf(s, GFP_KERNEL, sheaf);
	had = kmem_cache_sheaf_size(sheaf);
	kmem_cache_free_bulk(s, 25, obj);
	kmem_owner_flush(kmem_owner_get());
	fake.limited = s;
	for (long allowance = 0; allowance < 8; allowance++) {
		fake.allowance = allowance;
		assert_int_equal(kmem_cache_refill_sheaf(s, GFP_KERNEL, &sheaf,
							 had + 8),
				 -ENOMEM);
		assert_int_equal(kmem_cache_sheaf_size(sheaf), had);
		fake.allowance = allowance;
		assert_int_equal(kmem_cache_refill_sheaf(s, GFP_KERNEL, &sheaf,
							 200),
				 -ENOMEM);
		assert_ptr_equal(sheaf, same);
		assert_int_equal(kmem_cache_sheaf_size(sheaf), had);
		kmem_owner_flush(
			kmem_owner_get()); /* what the bulk gave back */
		fake.allowance = allowance;
		assert_null(kmem_cache_prefill_sheaf(s, GFP_KERNEL, 8));
		fake.allowance = allowance;
		assert_null(kmem_cache_prefill_sheaf(s, GFP_KERNEL, 200));
	}
	fake.allowance = -1;
	kmem_cache_return_sheaf(s, GFP_KERNEL, sheaf);
}

/* Sheaves in all states are returned. Expect the first to become the spare,
 * full or empty; others to go to the barn, full, as long as it has room, and
 * then to the slabs. */
static void test_return(void **state)
{
	struct kmem_owner_slot *slot = kmem_slot(kmem_owner_get(), s);
	struct slab_sheaf *sheaf[4];
	void *obj[4];

	(void)state;
	for (int i = 0; i < 4; i++) {
		sheaf[i] = kmem_cache_prefill_sheaf(s, GFP_KERNEL, CAPACITY);
		obj[i] = kmem_cache_alloc_from_sheaf(s, GFP_KERNEL, sheaf[i]);
	}
	assert_null(slot->spare);
	kmem_cache_return_sheaf(s, GFP_KERNEL, sheaf[0]);
	assert_ptr_equal(slot->spare, sheaf[0]);
	assert_int_equal(sheaf[0]->count, CAPACITY);
	kmem_cache_return_sheaf(s, GFP_KERNEL, sheaf[1]);
	assert_int_equal(barn_count(s), CAPACITY);
	kmem_cache_return_sheaf(s, GFP_KERNEL, sheaf[2]); /* one owner: full */
	assert_int_equal(barn_count(s), CAPACITY);
	assert_int_equal(s->in_use, cached() + 4 + CAPACITY - 1);
	assert_int_equal(kmem_stat_sum(s, SHEAF_RETURN_FAST), 1);
	assert_int_equal(kmem_stat_sum(s, SHEAF_RETURN_SLOW), 2);
	kmem_cache_return_sheaf(s, GFP_KERNEL, sheaf[3]);
	for (int i = 0; i < 4; i++)
		kmem_cache_free(s, obj[i]);
}

/* A partly used sheaf is returned while there is no memory. Expect the spare to
 * be empty, not partly full. */
static void test_return_short(void **state)
{
	struct kmem_owner_slot *slot = kmem_slot(kmem_owner_get(), s);
	struct slab_sheaf *sheaf = kmem_cache_prefill_sheaf(s, GFP_KERNEL, 5);
	void *obj = kmem_cache_alloc_from_sheaf(s, GFP_KERNEL, sheaf);

	(void)state;
	fake.allowance = 0;
	fake.limited = s;
	kmem_cache_return_sheaf(s, GFP_NOWAIT, sheaf);
	fake.allowance = -1;
	assert_ptr_equal(slot->spare, sheaf);
	assert_int_equal(sheaf->count, 0);
	kmem_cache_free(s, obj);
}

/* What lies about is asked for. Expect the spare, then the barn's, without a
 * question to the slabs. */
static void test_fast(void **state)
{
	struct kmem_owner_slot *slot = kmem_slot(kmem_owner_get(), s);
	struct slab_sheaf *a = kmem_cache_prefill_sheaf(s, GFP_KERNEL,
							CAPACITY);
	struct slab_sheaf *b = kmem_cache_prefill_sheaf(s, GFP_KERNEL,
							CAPACITY);

	(void)state;
	kmem_cache_return_sheaf(s, GFP_KERNEL, a);
	kmem_cache_return_sheaf(s, GFP_KERNEL, b);
	fake.refills = 0;
	assert_ptr_equal(kmem_cache_prefill_sheaf(s, GFP_KERNEL, 7), a);
	assert_null(slot->spare);
	assert_ptr_equal(kmem_cache_prefill_sheaf(s, GFP_KERNEL, CAPACITY), b);
	assert_int_equal(fake.refills, 0);
	assert_int_equal(kmem_stat_sum(s, SHEAF_PREFILL_FAST), 2);
	assert_int_equal(kmem_stat_sum(s, SHEAF_PREFILL_SLOW), 2);
	assert_int_equal(kmem_stat_sum(s, SHEAF_PREFILL_OVERSIZE), 0);
	kmem_cache_return_sheaf(s, GFP_KERNEL, a);
	kmem_cache_return_sheaf(s, GFP_KERNEL, b);
}

/* A cache without sheaves. Expect the same of a private one. */
static void test_no_sheaves(void **state)
{
	struct kmem_cache *bare = kmem_cache_create("bare", 300, 0,
						    SLAB_NO_OBJ_EXT, NULL);
	struct slab_sheaf *sheaf = kmem_cache_prefill_sheaf(bare, GFP_KERNEL,
							    10);
	unsigned char *obj;

	(void)state;
	assert_int_equal(kmem_cache_sheaf_size(sheaf), 10);
	assert_int_equal(bare->in_use, 10);
	obj = kmem_cache_alloc_from_sheaf(bare, GFP_KERNEL | __GFP_ZERO, sheaf);
	for (int i = 0; i < 300; i++)
		assert_int_equal(obj[i], 0);
	assert_int_equal(kmem_cache_refill_sheaf(bare, GFP_KERNEL, &sheaf, 10),
			 0);
	kmem_cache_return_sheaf(bare, GFP_KERNEL, sheaf);
	assert_int_equal(bare->in_use, 1);
	kmem_cache_free(bare, obj);
	kmem_cache_destroy(bare);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_guarantee), TEST(test_used_up),
		TEST(test_grows),     TEST(test_short),
		TEST(test_return),    TEST(test_return_short),
		TEST(test_fast),      TEST(test_no_sheaves),
	};

	pin_to_first_cpu();
	return cmocka_run_group_tests(tests, fake_start, NULL);
}
