// SPDX-License-Identifier: MIT
/*
 * test_barn.c - a node's store of full and empty sheaves
 */
#include <errno.h>

#include "fake.h"
#include "kmem/barn.h"
#include "kmem/cache.h"
#include "kmem/region.h"
#include "kmem/slab_ops.h"
#include "kmem/stat.h"

static struct kmem_cache *s;

static int setup(void **state)
{
	(void)state;
	s = kmem_cache_create("barn test", 4096, 0, 0, NULL);
	assert_non_null(s);
	fake_watch(s);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	barn_check(s);
	assert_int_equal(fake.stored, barn_count(s));
	kmem_cache_destroy(s);
	assert_int_equal(fake.stored, 0);
	return 0;
}

static struct slab_sheaf *full_sheaf(void)
{
	struct slab_sheaf *sheaf = sheaf_alloc(s);

	assert_non_null(sheaf);
	sheaf->count = s->ops->refill(s, GFP_KERNEL, NUMA_NO_NODE,
				      (void **)sheaf + SHEAF_WORDS -
					      sheaf->capacity,
				      sheaf->capacity);
	assert_int_equal(sheaf->count, sheaf->capacity);
	return sheaf;
}

/* A sheaf is made. Expect an aligned, empty block of its cache with the NULL
 * word below the lowest object. */
static void test_sheaf_shape(void **state)
{
	struct slab_sheaf *sheaf = sheaf_alloc(s);

	(void)state;
	assert_non_null(sheaf);
	assert_true(IS_ALIGNED((uintptr_t)sheaf, SHEAF_SIZE));
	assert_ptr_equal(sheaf->cache, s);
	assert_int_equal(sheaf->count, 0);
	assert_int_equal(sheaf->capacity, s->sheaf_capacity);
	assert_null(((void **)sheaf)[SHEAF_WORDS - sheaf->capacity - 1]);
	sheaf_free(sheaf);
}

/* Full sheaves are brought, with many threads about. Expect ten to be taken and
 * the next refused. */
static void test_full_limit(void **state)
{
	struct slab_sheaf *sheaf;

	(void)state;
	owners_start(MANY_OWNERS);
	for (int i = 0; i < BARN_MAX_FULL; i++)
		assert_int_equal(barn_put_full(s, full_sheaf()), 0);
	sheaf = full_sheaf();
	assert_int_equal(barn_put_full(s, sheaf), -E2BIG);
	assert_int_equal(s->node[0]->barn[BARN_HERE].nr_full, BARN_MAX_FULL);
	assert_int_equal(barn_count(s), BARN_MAX_FULL * s->sheaf_capacity);
	assert_int_equal(fake.stored, barn_count(s));
	barn_check(s);
	assert_ptr_not_equal(barn_get_full(s, NULL), NULL);
	assert_int_equal(fake.stored, barn_count(s));
	assert_int_equal(barn_put_full(s, sheaf), 0);
	/* The one taken out is ours now; its objects go back by hand. */
	s->in_use -= s->sheaf_capacity;
	owners_stop();
}

/* A cache whose barns take two sheaves. Expect the third to be refused. */
static void test_own_limit(void **state)
{
	struct slab_sheaf *sheaf;

	(void)state;
	owners_start(MANY_OWNERS);
	s->barn_most = 2;
	assert_int_equal(barn_put_full(s, full_sheaf()), 0);
	assert_true(barn_has_room(s));
	assert_int_equal(barn_put_full(s, full_sheaf()), 0);
	assert_false(barn_has_room(s));
	sheaf = full_sheaf();
	assert_int_equal(barn_put_full(s, sheaf), -E2BIG);
	s->barn_most = BARN_MAX_FULL;
	assert_int_equal(barn_put_full(s, sheaf), 0);
	owners_stop();
}

/* A sheaf that has another cache's object. Expect it to be refused. */
static void test_not_marked(void **state)
{
	struct slab_sheaf *sheaf = full_sheaf();

	(void)state;
	owners_start(MANY_OWNERS);
	fake.mark_result = -EINVAL;
	assert_int_equal(barn_put_full(s, sheaf), -EINVAL);
	assert_int_equal(barn_count(s), 0);
	fake.mark_result = 0;
	assert_int_equal(barn_put_full(s, sheaf), 0);
	owners_stop();
}

/* A full sheaf for an empty one. Expect the exchange, and nothing at all when
 * the barn has no full one. */
static void test_exchange(void **state)
{
	struct slab_sheaf *empty = sheaf_alloc(s), *full = full_sheaf();

	(void)state;
	assert_null(barn_get_full(s, empty));
	assert_int_equal(s->node[0]->barn[BARN_HERE].nr_empty, 0);
	assert_int_equal(barn_put_full(s, full), 0);
	assert_ptr_equal(barn_get_full(s, empty), full);
	assert_int_equal(s->node[0]->barn[BARN_HERE].nr_empty, 1);
	assert_ptr_equal(barn_get_empty(s), empty);
	assert_null(barn_get_empty(s));
	assert_int_equal(s->node[0]->barn[BARN_HERE].gets, 1);
	assert_int_equal(s->node[0]->barn[BARN_HERE].puts, 1);
	barn_put_empty(s, empty);
	assert_int_equal(barn_put_full(s, full), 0);
}

/* A full sheaf is put in and an empty one taken out at once. Expect an empty
 * one of the barn, else a new one; and that a refused sheaf stays. */
static void test_replace_full(void **state)
{
	struct slab_sheaf *empty = sheaf_alloc(s), *first = full_sheaf();
	struct slab_sheaf *sheaf = first;

	(void)state;
	barn_put_empty(s, empty);
	fake.mark_result = -EINVAL;
	assert_int_equal(barn_replace_full(s, &sheaf), -EINVAL);
	assert_ptr_equal(sheaf, first);
	fake.mark_result = 0;
	assert_int_equal(barn_replace_full(s, &sheaf), 0);
	assert_ptr_equal(sheaf, empty);
	assert_int_equal(s->node[0]->barn[BARN_HERE].nr_empty, 0);
	assert_int_equal(s->node[0]->barn[BARN_HERE].puts, 1);
	barn_check(s);
	sheaf_free(empty);
	sheaf = first = full_sheaf(); /* one owner: a barn takes one */
	assert_int_equal(barn_replace_full(s, &sheaf), -E2BIG);
	assert_ptr_equal(sheaf, first);
	owners_start(MANY_OWNERS);
	assert_int_equal(barn_replace_full(s, &sheaf), 0);
	assert_ptr_not_equal(sheaf, first);
	assert_int_equal(sheaf->count, 0);
	sheaf_free(sheaf);
	owners_stop();
}

/* Sheaves are put into the barn of this CPU. Expect the last one to be the
 * first that is taken. */
static void test_last_in_first_out(void **state)
{
	struct slab_sheaf *sheaves[BARN_MAX_FULL];

	(void)state;
	owners_start(MANY_OWNERS);
	for (size_t i = 0; i < ARRAY_SIZE(sheaves); i++) {
		sheaves[i] = full_sheaf();
		assert_int_equal(barn_put_full(s, sheaves[i]), 0);
	}
	for (size_t i = ARRAY_SIZE(sheaves); i--;)
		assert_ptr_equal(barn_get_full(s, NULL), sheaves[i]);
	for (size_t i = 0; i < ARRAY_SIZE(sheaves); i++)
		assert_int_equal(barn_put_full(s, sheaves[i]), 0);
	owners_stop();
}

/* Two full sheaves are asked for at once. Expect two while one more stays, for
 * the two empty ones; else one, and the second as it was. Without a full one
 * both are as they were. */
static void test_two(void **state)
{
	struct slab_sheaf *full[4], *a = sheaf_alloc(s), *b = sheaf_alloc(s);
	struct slab_sheaf *was[2] = { a, b };
	unsigned long locks;

	(void)state;
	owners_start(MANY_OWNERS);
	assert_false(barn_get_two(s, &a, &b));
	assert_true(a == was[0] && b == was[1]);
	for (size_t i = 0; i < ARRAY_SIZE(full); i++) {
		full[i] = full_sheaf();
		assert_int_equal(barn_put_full(s, full[i]), 0);
	}
	locks = kmem_cache_locks(s);
	assert_true(barn_get_two(s, &a, &b));
	assert_int_equal(kmem_cache_locks(s), locks + 1);
	assert_true(a == full[3] && b == full[2]);
	assert_int_equal(s->node[0]->barn[BARN_HERE].nr_empty, 2);
	barn_check(s);
	a = barn_get_empty(s);
	b = barn_get_empty(s);
	assert_true(barn_get_two(s, &a, &b));
	assert_true(a == full[1] && (b == was[0] || b == was[1]));
	barn_put_empty(s, b);
	assert_int_equal(fake.stored, s->sheaf_capacity);
	for (size_t i = 1; i < ARRAY_SIZE(full); i++)
		assert_int_equal(barn_put_full(s, full[i]), 0);
	owners_stop();
}

/* More empty sheaves than the barn wants, also one for a full sheaf. Expect ten
 * kept and the rest given back to the region. */
static void test_empty_limit(void **state)
{
	unsigned long before = region_used();
	struct slab_sheaf *sheaves[BARN_MAX_EMPTY + 3];
	struct slab_sheaf *full;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sheaves); i++)
		sheaves[i] = sheaf_alloc(s);
	for (size_t i = 0; i < ARRAY_SIZE(sheaves); i++)
		barn_put_empty(s, sheaves[i]);
	assert_int_equal(s->node[0]->barn[BARN_HERE].nr_empty, BARN_MAX_EMPTY);
	assert_int_equal(region_used(), before + BARN_MAX_EMPTY * SHEAF_SIZE);
	full = full_sheaf();
	assert_int_equal(barn_put_full(s, full), 0);
	assert_ptr_equal(barn_get_full(s, sheaf_alloc(s)), full);
	assert_int_equal(s->node[0]->barn[BARN_HERE].nr_empty, BARN_MAX_EMPTY);
	assert_int_equal(barn_put_full(s, full), 0);
	barn_check(s);
	barn_shrink(s, SHRINK_ALL);
	assert_int_equal(region_used(), before);
}

/*
 * The barn is shrunk at two ticks. Expect it to be emptied only if no sheaf was
 * taken or put in between.
 */
static void test_shrink_idle(void **state)
{
	(void)state;
	assert_int_equal(barn_put_full(s, full_sheaf()), 0);
	barn_shrink(s, SHRINK_IDLE);
	assert_int_equal(s->node[0]->barn[BARN_HERE].nr_full, 1);
	barn_shrink(s, SHRINK_IDLE);
	assert_int_equal(s->node[0]->barn[BARN_HERE].nr_full, 0);
	assert_int_equal(fake.flushed, s->sheaf_capacity);
	assert_int_equal(s->in_use, 0);
}

static void put_half_full(void *arg)
{
	struct slab_sheaf *sheaf = arg;

	sheaf->count--;
	barn_put_full(s, sheaf);
	barn_check(s);
}

/* BARN1 is broken: a sheaf on the full list that is not. Expect barn_check() to
 * end the program. */
static void test_check_fails(void **state)
{
	struct slab_sheaf *sheaf = full_sheaf();

	(void)state;
	expect_abort(put_half_full, sheaf,
		     "BUG: at->count != s->sheaf_capacity");
	assert_int_equal(barn_put_full(s, sheaf), 0);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_sheaf_shape),	 TEST(test_full_limit),
		TEST(test_not_marked),	 TEST(test_exchange),
		TEST(test_replace_full), TEST(test_last_in_first_out),
		TEST(test_two),		 TEST(test_empty_limit),
		TEST(test_shrink_idle),	 TEST(test_check_fails),
		TEST(test_own_limit),
	};

	pin_to_first_cpu();
	return cmocka_run_group_tests(tests, fake_start, NULL);
}
