// SPDX-License-Identifier: MIT
/*
 * test_shared.c - the arrays that the owners of a node share, by themselves
 * (docs/kernel.md S1, S4)
 */
#include <errno.h>
#include <signal.h>

#include "fixture.h"
#include "kmem/barn.h"
#include "support/region.h"
#include "support/single_step.h"

#define NR 64

/* A cache whose CPUs have so many slots each; NR objects are out. */
static void open_cache(unsigned int slots)
{
	fixture_open(256, 0, NULL);
	f.s->shared = slots;
	take(0, NR);
}

/* Objects [from, to) were not put: they go back first. */
static void close_cache(unsigned int from, unsigned int to)
{
	give(from, to - from);
	shared_drain(f.s, f.n, NR);
	slab_check(f.s);
	assert_int_equal(f.s->in_use, 0);
	fixture_close();
}

static void put(size_t from, unsigned int nr)
{
	assert_int_equal(put_shared(from, nr), nr);
	slab_check(f.s);
}

/* Expect the next array to hold the objects from f.objs[from] on. */
static struct array_cache *expect_take(size_t from, unsigned int nr,
				       struct array_cache *empty)
{
	struct array_cache *ac = shared_take(f.s, f.n, empty);

	assert_non_null(ac);
	assert_int_equal(ac->avail, nr);
	for (unsigned int i = 0; i < nr; i++)
		assert_ptr_equal(sheaf_objects(ac_sheaf(ac))[i],
				 f.objs[from + i]);
	slab_check(f.s);
	return ac;
}

static void free_array(struct array_cache *ac)
{
	sheaf_free(ac_sheaf(ac));
}

/* Arrays are put, taken, and put again. Expect the newest to come first, the
 * empty array that a taker leaves to be what the next giver gets, and the slabs
 * to see no object. */
static void test_exchange(void **state)
{
	struct array_cache *empty = (struct array_cache *)sheaf_get(f.s), *got;
	struct array_cache *newest, *oldest;

	(void)state;
	put(0, 4);
	put(4, 8);
	assert_int_equal(shared_avail(f.n), 12);
	newest = expect_take(4, 8, empty);
	assert_int_equal(shared_avail(f.n), 4);
	oldest = expect_take(0, 4, NULL);
	assert_null(shared_take(f.s, f.n, NULL));
	assert_int_equal(f.s->in_use, NR);
	got = newest;
	assert_int_equal(shared_give(f.s, f.n, oldest, &got), 0);
	assert_null(got); /* the slot in front had no array left */
	assert_int_equal(shared_give(f.s, f.n, newest, &got), 0);
	assert_ptr_equal(got, empty);
	slab_check(f.s);
	free_array(empty);
	free_array(expect_take(4, 8, NULL));
	free_array(expect_take(0, 4, NULL));
}

static int open_eight(void **state)
{
	(void)state;
	open_cache(8);
	return 0;
}

static int close_eight(void **state)
{
	(void)state;
	close_cache(0, NR);
	return 0;
}

/* As many arrays as there are slots, and one more. Expect that one to be
 * refused, unread, until another was taken. */
static void test_slots(void **state)
{
	struct array_cache *ac, *empty = NULL;

	(void)state;
	open_cache(3);
	for (unsigned int i = 0; i < 3; i++) {
		assert_true(shared_has_room(f.s, f.n));
		put(i, 1);
	}
	assert_false(shared_has_room(f.s, f.n));
	ac = expect_take(2, 1, NULL);
	assert_true(shared_has_room(f.s, f.n));
	put(3, 1);
	assert_int_equal(shared_give(f.s, f.n, ac, &empty), -E2BIG);
	assert_null(empty);
	free_array(ac);
	shared_drain(f.s, f.n, NR);
	assert_int_equal(f.s->in_use, NR - 3);
	give(2, 1);
	close_cache(4, NR);
}

/* Two CPUs. Expect each to put into slots of its own, and to take from these
 * first, then from the other's. */
static void test_cpus(void **state)
{
	(void)state;
	current->cpu = 1;
	f.s->shared = 1;
	put(0, 1);
	current->cpu = 2;
	put(1, 2);
	assert_int_equal(put_shared(3, 1), 0);
	assert_int_equal(f.n->shared_rows, 3);
	current->cpu = 1;
	free_array(expect_take(0, 1, NULL));
	free_array(expect_take(1, 2, NULL));
	assert_null(shared_take(f.s, f.n, NULL));
	current->cpu = 0;
}

/* The bits that say where to look. Expect one to be set by the first array and
 * cleared by a taker that finds none, not before. */
static void test_rows(void **state)
{
	(void)state;
	assert_int_equal(f.n->shared_rows, 0);
	put(0, 1);
	assert_int_not_equal(f.n->shared_rows, 0);
	free_array(expect_take(0, 1, NULL));
	assert_int_not_equal(f.n->shared_rows, 0);
	assert_null(shared_take(f.s, f.n, NULL));
	assert_int_equal(f.n->shared_rows, 0);
	put(0, 1);
	free_array(expect_take(0, 1, NULL));
}

/* Single objects are asked for. Expect the newest of the newest array, the rest
 * of which stays, and what is emptied to be no array of objects any more. */
static void test_get(void **state)
{
	void *got[NR];

	(void)state;
	put(0, 4);
	put(4, 4);
	assert_int_equal(shared_get(f.s, f.n, got, 3), 3);
	slab_check(f.s);
	for (unsigned int i = 0; i < 3; i++)
		assert_ptr_equal(got[i], f.objs[5 + i]);
	assert_int_equal(shared_avail(f.n), 5);
	assert_int_equal(shared_get(f.s, f.n, got, 3), 1);
	assert_ptr_equal(got[0], f.objs[4]);
	assert_int_equal(shared_get(f.s, f.n, got, NR), 4);
	assert_int_equal(shared_get(f.s, f.n, got, NR), 0);
	assert_int_equal(shared_avail(f.n), 0);
	assert_int_equal(f.n->shared_touched, 1);
}

/* A few are drained, then more than there are. Expect the oldest to go to their
 * slabs, the rest of their array to stay, and arrays without objects to be
 * freed. */
static void test_drain(void **state)
{
	struct array_cache *empty = (struct array_cache *)sheaf_get(f.s), *ac;
	uintptr_t *row;

	(void)state;
	put(0, 10);
	put(10, 10);
	row = f.n->shared->slot[0];
	shared_drain(f.s, f.n, 3);
	assert_int_equal(shared_avail(f.n), 17);
	assert_int_equal(f.s->in_use, NR - 3);
	free_array(expect_take(10, 10, empty));
	shared_drain(f.s, f.n, 0);
	assert_int_equal(row[1], 0);
	assert_int_equal(shared_avail(f.n), 7);
	ac = expect_take(3, 7, NULL);
	free_array(ac);
	put(3, 7);
	put(10, 10);
	shared_drain(f.s, f.n, 1000);
	slab_check(f.s);
	assert_int_equal(f.s->in_use, NR - 20);
	for (unsigned int i = 0; i < SHARED_MAX; i++)
		assert_int_equal(row[i], 0);
	take(0, 20);
}

/* A cache without shared arrays, and one that had some. Expect none to be
 * taken on, what there was not to be handed out, and a drain to find it. */
static void test_none(void **state)
{
	(void)state;
	open_cache(0);
	assert_false(shared_has_room(f.s, f.n));
	assert_int_equal(put_shared(0, 5), 0);
	assert_null(f.n->shared);
	assert_int_equal(shared_avail(f.n), 0);
	shared_drain(f.s, f.n, 5);
	f.s->shared = 1;
	put(0, 5);
	f.s->shared = 0;
	assert_false(shared_has_room(f.s, f.n));
	assert_int_equal(put_shared(5, 5), 0);
	shared_drain(f.s, f.n, NR);
	assert_int_equal(f.s->in_use, NR - 5);
	close_cache(5, NR);
}

/* No memory for the table of slots. Expect an array to be refused, and to be
 * taken on when there is. */
static void test_short(void **state)
{
	struct array_cache *empty = NULL;
	struct slab_sheaf *sheaf;

	(void)state;
	sheaf = sheaf_get(f.s);
	region_exhaust();
	assert_null(sheaf_alloc(f.s));
	sheaf->count = 1;
	assert_true(shared_has_room(f.s, f.n));
	assert_int_equal(shared_give(f.s, f.n, (struct array_cache *)sheaf,
				     &empty),
			 -E2BIG);
	assert_null(f.n->shared);
	region_restore();
	sheaf_free(sheaf);
	put(0, 1);
	free_array(expect_take(0, 1, NULL));
}

#if defined(SINGLE_STEP_FLAG) && !defined(__SANITIZE_ADDRESS__) && \
	!defined(__SANITIZE_THREAD__)
static struct array_cache *late[2]; /* what the other owner gives, or NULL */
static unsigned int steps, fire_at;

/* Another owner gives two arrays between two instructions of the taker. */
static void on_trap(int sig)
{
	(void)sig;
	if (steps++ != fire_at)
		return;
	for (unsigned int i = 0; i < 2; i++) {
		struct array_cache *empty = late[i];

		if (shared_give(f.s, f.n, late[i], &empty) || empty)
			abort();
	}
	late[0] = late[1] = NULL;
}

static struct array_cache *array_of(size_t from, unsigned int nr)
{
	struct slab_sheaf *sheaf = sheaf_get(f.s);

	assert_non_null(sheaf);
	memcpy(sheaf_objects(sheaf), f.objs + from, nr * sizeof(void *));
	sheaf->count = nr;
	return (struct array_cache *)sheaf;
}

/* Two arrays are given while a taker looks at a row that has none, at each of
 * its instructions. Expect none to be lost to later takers: a row with objects
 * has its bit, wherever it happened. */
static void test_give_while_taking(void **state)
{
	struct sigaction trap = { .sa_handler = on_trap };
	unsigned int took = 0, end = 1;

	(void)state;
	assert_int_equal(sigaction(SIGTRAP, &trap, NULL), 0);
	for (unsigned int at = 0; at < end; at++) {
		struct array_cache *got;
		unsigned int nr = 0;

		put(0, 1);
		free_array(expect_take(0, 1, NULL)); /* the bit is set */
		late[0] = array_of(0, 1);
		late[1] = array_of(1, 1);
		steps = 0;
		fire_at = at;
		single_step_on();
		got = shared_take(f.s, f.n, NULL);
		single_step_off();
		end = steps;
		if (late[0]) { /* the last place was the last of all */
			free_array(late[0]);
			free_array(late[1]);
			break;
		}
		took += got != NULL;
		slab_check(f.s);
		if (!got)
			got = shared_take(f.s, f.n, NULL);
		for (; got; got = shared_take(f.s, f.n, NULL), nr++)
			free_array(got);
		assert_int_equal(nr, 2);
	}
	assert_in_range(took, 1, steps);
}
#else
static void test_give_while_taking(void **state)
{
	(void)state;
	skip();
}
#endif

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, open_eight, close_eight)
	const struct CMUnitTest tests[] = {
		TEST(test_exchange),
		cmocka_unit_test(test_slots),
		TEST(test_cpus),
		TEST(test_rows),
		TEST(test_get),
		TEST(test_drain),
		cmocka_unit_test(test_none),
		TEST(test_short),
		TEST(test_give_while_taking),
	};

	return cmocka_run_group_tests(tests, slab_start, NULL);
}
