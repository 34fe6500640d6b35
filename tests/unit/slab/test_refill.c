// SPDX-License-Identifier: MIT
/*
 * test_refill.c - where objects come from: docs/kernel.md S3
 */
#include "fixture.h"
#include "slab/numbers.h"

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

/* The first objects of a cache. Expect one slab, its objects in order, but the
 * first, which holds the freelist, last; and no second slab for what it does
 * not have. */
static void test_first_slab(void **state)
{
	(void)state;
	assert_int_equal(slab_refill(f.s, GFP_KERNEL, NUMA_NO_NODE, f.objs, 20),
			 f.per_slab);
	expect_slabs(0, 1, 0);
	for (size_t i = 0; i < f.per_slab; i++)
		assert_ptr_equal(f.objs[i], index_to_obj(f.s, slab_of(0),
							 (unsigned int)(i + 1) %
								 f.per_slab));
	assert_int_equal(f.s->in_use, f.per_slab);
	assert_int_equal(f.n->free_objects, 0);
	give(0, f.per_slab);
}

/* New slabs of each form: one of which an array takes what it has room for, and
 * then the rest, one of which it takes all. Expect them in the order of the
 * slab's numbers, and the rest linked. */
static void test_fresh(void **state)
{
	static const unsigned int sizes[] = { 16, 48, 512, 704 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		unsigned int first, got;

		fixture_close();
		fixture_open(sizes[i], 0, NULL);
		first = f.s->freelist_place == FREELIST_OBJ;
		got = slab_refill_array(f.s, GFP_KERNEL, f.objs, 1, 5);
		assert_int_equal(got, 5);
		slab_check(f.s);
		take(got, f.per_slab - got);
		expect_slabs(0, 1, 0);
		for (unsigned int j = 0; j < f.per_slab; j++)
			assert_ptr_equal(
				f.objs[j],
				index_to_obj(f.s, slab_of(0),
					     (j + first) % f.per_slab));
		assert_int_equal(slab_refill_array(f.s, GFP_KERNEL,
						   f.objs + f.per_slab, 1,
						   f.per_slab + 1),
				 f.per_slab);
		expect_slabs(0, 2, 0);
		give(0, 2 * f.per_slab);
	}
}

/* The only object of a new slab, which holds the numbers. Expect it, and a map
 * in which no other number is in use. */
static void test_fresh_only(void **state)
{
	const struct kmem_cache one = { .size = 1 << 20,
					.num = 1,
					.freelist_place = FREELIST_OBJ };
	char memory[16];
	struct slab_desc slab = { .s_mem = memory };
	void *obj = NULL;

	(void)state;
	get_fresh(&one, &slab, &obj, 1);
	assert_ptr_equal(obj, memory);
	assert_int_equal(slab.active, 1);
	assert_true(slab.free_map == ~1UL);
}

/* A slab that is used in part. Expect it on slabs_partial, its freelist the
 * rest, and the next objects from there. */
static void test_partial(void **state)
{
	(void)state;
	take(0, 3);
	expect_slabs(1, 0, 0);
	assert_int_equal(slab_of(0)->active, 3);
	assert_int_equal(f.n->free_objects, f.per_slab - 3);
	take(3, f.per_slab - 3);
	expect_slabs(0, 1, 0);
	assert_ptr_equal(slab_of(3), slab_of(0));
	give(0, f.per_slab);
}

/* Slabs on both lists. Expect the partial ones first, from the head, then the
 * free ones, and that the node knows that these were used. */
static void test_order_of_lists(void **state)
{
	struct slab_desc *slabs[3];

	(void)state;
	take_full_slabs(3);
	for (size_t i = 0; i < 3; i++)
		slabs[i] = slab_of(i * f.per_slab);
	give(0, 1); /* partial */
	give(f.per_slab, f.per_slab); /* free */
	give(2 * f.per_slab, 2); /* partial, behind the first */
	expect_slabs(2, 0, 1);
	f.n->free_touched = 0;
	take(MAX_OBJECTS - 3, 3);
	assert_int_equal(f.n->free_touched, 0);
	assert_ptr_equal(slab_of(MAX_OBJECTS - 3), slabs[0]);
	assert_ptr_equal(slab_of(MAX_OBJECTS - 2), slabs[2]);
	assert_ptr_equal(slab_of(MAX_OBJECTS - 1), slabs[2]);
	expect_slabs(0, 2, 1);
	take(MAX_OBJECTS - 4, 1);
	assert_ptr_equal(slab_of(MAX_OBJECTS - 4), slabs[1]);
	assert_int_equal(f.n->free_touched, 1);
	expect_slabs(1, 2, 0);
	give(1, f.per_slab - 1);
	give(2 * f.per_slab + 2, f.per_slab - 2);
	give(MAX_OBJECTS - 4, 4);
}

/* Two partial slabs. Expect the first to be used up before the other one is
 * touched. */
static void test_one_after_another(void **state)
{
	struct slab_desc *first;

	(void)state;
	take_full_slabs(2);
	first = slab_of(0);
	give(0, 3);
	give(f.per_slab, 3);
	for (unsigned int i = 0; i < 3; i++) {
		take(i, 1);
		assert_ptr_equal(slab_of(i), first);
	}
	expect_slabs(1, 1, 0);
	take(f.per_slab, 1);
	assert_ptr_not_equal(slab_of(f.per_slab), first);
	give(0, f.per_slab + 1);
	give(f.per_slab + 3, f.per_slab - 3);
}

/* The freelist in the last free object, and that goes too. Expect the slab to
 * have none, and one again in the first object that comes back. */
static void test_objfreelist_moves(void **state)
{
	struct slab_desc *slab;

	(void)state;
	assert_int_equal(f.s->freelist_place, FREELIST_OBJ);
	take_full_slabs(1);
	slab = slab_of(0);
	assert_null(slab->freelist);
	give(2, 1);
	assert_ptr_equal(slab->freelist, f.objs[2]);
	give(5, 1);
	assert_ptr_equal(slab->freelist, f.objs[2]);
	slab_check(f.s);
	take(5, 1); /* last in, first out */
	take(2, 1);
	assert_null(slab->freelist);
	slab_check(f.s);
	give(0, f.per_slab);
}

/* A shared array has objects. Expect these and no others, even if they are
 * fewer than asked for. */
static void test_shared_first(void **state)
{
	(void)state;
	f.s->shared = 2;
	take(0, 2 * f.per_slab);
	assert_int_equal(put_shared(0, 3), 3);
	assert_int_equal(
		slab_refill(f.s, GFP_KERNEL, NUMA_NO_NODE, f.objs + 100, 5), 3);
	assert_ptr_equal(f.objs[102], f.objs[2]);
	assert_int_equal(f.n->shared_touched, 1);
	assert_int_equal(shared_avail(f.n), 0);
	assert_int_equal(f.s->in_use, 2 * f.per_slab);
	give(0, 2 * f.per_slab);
}

static void refill_one(void *arg)
{
	(void)arg;
	take(0, 1);
}

static void refill_two(void *arg)
{
	(void)arg;
	take(0, 2);
}

/*
 * The program wrote into a free object, over the numbers of the free ones.
 * Expect it to be aborted when such a number is used.
 */
static void test_overwritten_freelist(void **state)
{
	struct slab_desc *slab;
	freelist_idx_t was;

	(void)state;
	take(0, 1);
	slab = slab_of(0);
	was = slab->freelist[1];
	slab->freelist[1] = 200;
	expect_abort(refill_one, NULL, "was overwritten (fixture)");
	slab->freelist[1] = was;
	give(0, 1);
}

/*
 * The same with numbers that objects of the slab have: of one in use, and of
 * one that is listed twice. Expect it to be aborted before the object has two
 * owners.
 */
static void test_number_in_use(void **state)
{
	struct slab_desc *slab;
	freelist_idx_t was;

	(void)state;
	take(0, 2);
	slab = slab_of(0);
	was = slab->freelist[2];
	slab->freelist[2] = (freelist_idx_t)obj_to_index(f.s, slab, f.objs[1]);
	expect_abort(refill_one, NULL, "was overwritten (fixture)");
	slab->freelist[2] = slab->freelist[3];
	expect_abort(refill_two, NULL, "was overwritten (fixture)");
	slab->freelist[2] = was;
	give(0, 2);
}

static void write_byte(struct slab_desc *slab, unsigned int number,
		       freelist_idx_t byte, void (*fn)(void *arg))
{
	freelist_idx_t was = slab->freelist[number];

	slab->freelist[number] = byte;
	expect_abort(fn, NULL, "was overwritten (fixture)");
	slab->freelist[number] = was;
	slab_check(f.s);
}

/* A slab of more than 64 objects, whose bytes lead from one free object to the
 * next. Each is written to: no number, one in use, stored, and twice the same.
 * Expect the same as above. */
static void test_overwritten_bytes(void **state)
{
	struct slab_desc *slab;
	unsigned int next;

	(void)state;
	fixture_close();
	fixture_open(32, 0, NULL);
	assert_true(f.per_slab > FREE_MAP_BITS);
	take(0, 8);
	slab = slab_of(0);
	next = (unsigned int)slab->free_map;
	write_byte(slab, next, 200, refill_two);
	write_byte(slab, next, NUMBER_LAST, refill_two);
	write_byte(slab, next, 3, refill_two); /* in use */
	write_byte(slab, next, (freelist_idx_t)next, refill_two);
	write_byte(slab, next, NUMBER_STORED, refill_one);
	write_byte(slab, next, NUMBER_IN_USE, refill_one);
	give(0, 8);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_first_slab),		 TEST(test_fresh),
		TEST(test_fresh_only),		 TEST(test_partial),
		TEST(test_order_of_lists),	 TEST(test_one_after_another),
		TEST(test_objfreelist_moves),	 TEST(test_shared_first),
		TEST(test_overwritten_freelist), TEST(test_number_in_use),
		TEST(test_overwritten_bytes),
	};

	return cmocka_run_group_tests(tests, slab_start, NULL);
}
