// SPDX-License-Identifier: MIT
/*
 * test_cache.c - cursor slots, shrinking, upkeep
 */
#include "fake.h"
#include "kmem/cache.h"
#include "kmem/shrink.h"
#include "kmem/slab_ops.h"
#include "kmem/thread.h"

#define NR_API (NR_CURSORS - API_SLOT)

static int setup(void **state)
{
	(void)state;
	fake_watch(NULL);
	return 0;
}

/* Caches where tables have slots for size classes alone, as in the preload
 * library. Expect them to work without sheaves. */
static void test_without_slots(void **state)
{
	struct kmem_cache *s;
	void *obj;

	(void)state;
	assert_non_null(kmem_owner_get()); /* this thread has all slots */
	kmem_nr_slots = API_SLOT;
	s = kmem_cache_create("without", 64, 0, SLAB_NO_MERGE, NULL);
	assert_non_null(s);
	assert_true(!s->slot && !s->far && !s->sheaf_capacity);
	obj = kmem_cache_alloc(s, 0);
	assert_non_null(obj);
	assert_int_equal(s->in_use, 1);
	kmem_cache_free(s, obj);
	assert_int_equal(s->in_use, 0);
	kmem_cache_destroy(s);
	kmem_nr_slots = NR_CURSORS;
}

/* More caches than there are slots. Expect those beyond to be far, all slots to
 * differ, and one to be reused when its cache goes. */
static void test_slots_exhausted(void **state)
{
	static struct kmem_cache *s[NR_API + 20];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(s); i++) {
		s[i] = kmem_cache_create("many", 64, 0, SLAB_NO_MERGE, NULL);
		assert_non_null(s[i]);
		assert_int_equal(!s[i]->slot, i >= NR_API);
		assert_int_equal(!s[i]->far, i < NR_API);
		assert_int_not_equal(s[i]->sheaf_capacity, 0);
	}
	for (size_t i = 0; i < ARRAY_SIZE(s); i++)
		for (size_t j = 0; s[i]->slot && j < i; j++)
			assert_int_not_equal(s[i]->slot, s[j]->slot);
	kmem_cache_destroy(s[7]);
	s[7] = kmem_cache_create("again", 64, 0, SLAB_NO_MERGE, NULL);
	assert_int_not_equal(s[7]->slot, 0);
	for (size_t i = 0; i < ARRAY_SIZE(s); i++)
		kmem_cache_destroy(s[i]);
}

/* A shrink with nothing in use, and with an object. Expect 0, then 1. */
static void test_shrink(void **state)
{
	struct kmem_cache *s = kmem_cache_create("shrink", 64, 0, 0, NULL);
	void *obj = kmem_cache_alloc(s, 0);

	(void)state;
	assert_int_equal(kmem_cache_shrink(s), 1);
	assert_int_equal(s->in_use, 1);
	kmem_cache_free(s, obj);
	assert_int_equal(kmem_cache_shrink(s), 0);
	assert_int_equal(s->in_use, 0);
	kmem_cache_destroy(s);
}

/* Everything is asked for what it does not need. Expect no object cached by
 * this thread or in any barn. */
static void test_reclaim(void **state)
{
	struct kmem_cache *s = kmem_cache_create("reclaim", 64, 0, 0, NULL);
	void *obj = kmem_cache_alloc(s, 0);

	(void)state;
	kmem_cache_free(s, obj);
	assert_int_not_equal(s->in_use, 0);
	kmem_reclaim(SHRINK_ALL);
	assert_int_equal(s->in_use, 0);
	assert_int_equal(s->node[0]->barn[BARN_HERE].nr_empty, 0);
	kmem_cache_destroy(s);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup(fn, setup)
	const struct CMUnitTest tests[] = {
		TEST(test_without_slots),
		TEST(test_slots_exhausted),
		TEST(test_shrink),
		TEST(test_reclaim),
	};

	pin_to_first_cpu();
	return cmocka_run_group_tests(tests, fake_start, NULL);
}
