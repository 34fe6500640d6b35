// SPDX-License-Identifier: MIT
/*
 * test_refill7.c - where objects come from in the form 7.0
 */
#include <pthread.h>
#include <signal.h>

#include "fixture.h"
#include "support/single_step.h"

static int setup(void **state)
{
	(void)state;
	fixture_open(512, 0, NULL);
	assert_null(f.c);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fixture_close();
	return 0;
}

static unsigned int inuse(const struct slab *slab)
{
	return slab->state.counters.inuse;
}

/* `nr` partial slabs with `nr_free` free objects each, the first ones. */
static void partial_slabs(unsigned int nr, unsigned int nr_free)
{
	take_full_slabs(nr);
	for (unsigned int i = 0; i < nr; i++)
		give((size_t)i * f.per_slab, nr_free);
	assert_int_equal(f.n->nr_partial, nr);
}

/* The first objects of a cache. Expect one new slab, its objects in the order
 * of their addresses, and the rest of it on the node's list: the next objects
 * come from there, and nothing was written to it. */
static void test_new_slab(void **state)
{
	struct slab *slab;
	const char *end;

	(void)state;
	take(0, 3);
	slab = slab_of(0);
	assert_int_equal(f.n->nr_slabs, 1);
	assert_int_equal(f.n->nr_partial, 1);
	assert_int_equal(f.s->in_use, 3);
	assert_int_equal(slab->state.counters.frozen, 0);
	assert_int_equal(inuse(slab), 3);
	assert_int_equal(slab->carved, 3);
	assert_ptr_equal(f.objs[0], slab_address(slab));
	slub_check(f.s);
	end = (char *)slab_address(slab) + f.per_slab * f.s->size;
	memset((char *)f.objs[2] + f.s->size, 0x77,
	       (size_t)(end - (char *)f.objs[2]) - f.s->size);
	take(3, f.per_slab - 3);
	for (unsigned int i = 1; i < f.per_slab; i++)
		assert_ptr_equal(f.objs[i], (char *)f.objs[i - 1] + f.s->size);
	for (const char *p = f.objs[3]; p < end; p++)
		assert_int_equal(*p, 0x77);
	assert_int_equal(f.n->nr_slabs, 1);
	assert_int_equal(f.n->nr_partial, 0);
	give(0, f.per_slab);
}

/* Freed and fresh objects of one slab. Expect the freed ones first, the last
 * freed of them first, and the slab on the list until it is full. */
static void test_freed_first(void **state)
{
	(void)state;
	take(0, 5);
	give(1, 2);
	take(100, 3);
	assert_ptr_equal(f.objs[100], f.objs[2]);
	assert_ptr_equal(f.objs[101], f.objs[1]);
	assert_ptr_equal(f.objs[102], (char *)f.objs[4] + f.s->size);
	assert_int_equal(inuse(slab_of(0)), 6);
	assert_int_equal(slab_of(0)->carved, 6);
	assert_int_equal(f.n->nr_partial, 1);
	slub_check(f.s);
	give(0, 1);
	give(3, 2);
	give(100, 3);
}

/* Fewer objects are free in partial slabs than are asked for, in more slabs
 * than one hold of the lock detaches. Expect them all, the first of the list
 * first, then one new slab; the used-up ones on no list. */
static void test_many_slabs(void **state)
{
	enum { SLABS = 37, FREE = 2 };
	struct slab *first;

	(void)state;
	partial_slabs(SLABS, FREE);
	first = list_first_entry(&f.n->partial, struct slab, list);
	take(MAX_OBJECTS - 100, SLABS * FREE + 3);
	assert_ptr_equal(slab_of(MAX_OBJECTS - 100), first);
	assert_int_equal(f.n->nr_slabs, SLABS + 1);
	assert_int_equal(f.n->nr_partial, 1);
	assert_int_equal(f.s->in_use, SLABS * f.per_slab + 3);
	for (unsigned int i = 0; i < SLABS; i++)
		assert_int_equal(inuse(slab_of((size_t)i * f.per_slab + FREE)),
				 f.per_slab);
	slub_check(f.s);
	give(MAX_OBJECTS - 100, SLABS * FREE + 3);
	for (unsigned int i = 0; i < SLABS; i++)
		give((size_t)i * f.per_slab + FREE, f.per_slab - FREE);
}

/* More objects are free in the first slab than are asked for. Expect the rest
 * of its list back, in its order, at the front of the node's list. */
static void test_rest(void **state)
{
	const unsigned int nr_free = f.per_slab - 2;
	void *free[MAX_OBJECTS];

	(void)state;
	partial_slabs(2, nr_free);
	for (unsigned int i = 0; i < nr_free; i++)
		free[i] = f.objs[nr_free - 1 - i];
	for (unsigned int at = 0; at < nr_free; at += 3) {
		unsigned int nr = min(3U, nr_free - at);

		take(1000, nr);
		for (unsigned int i = 0; i < nr; i++)
			assert_ptr_equal(f.objs[1000 + i], free[at + i]);
		assert_int_equal(inuse(slab_of(f.per_slab - 1)), 2 + at + nr);
		slub_check(f.s);
	}
	assert_int_equal(f.n->nr_partial, 1);
	for (unsigned int i = 0; i < nr_free; i++)
		slab_flush(f.s, &free[i], 1);
	give(nr_free, 2);
	give(f.per_slab + nr_free, 2);
}

/* All objects of a partial slab are free, in no order. Expect them by address
 * again, and one slab. */
static void test_carved_anew(void **state)
{
	char *base;

	(void)state;
	take(0, f.per_slab);
	base = slab_address(slab_of(0));
	for (unsigned int i = 0; i < f.per_slab; i++)
		give(i * 7 % f.per_slab, 1);
	assert_int_equal(f.n->nr_partial, 1);
	take(0, f.per_slab - 1);
	for (unsigned int i = 0; i < f.per_slab - 1; i++)
		assert_ptr_equal(f.objs[i], base + i * f.s->size);
	assert_int_equal(f.s->slabs_ever, 1);
	slub_check(f.s);
	give(0, f.per_slab - 1);
}

/* A batch of more than one new slab, with its caller's order: the last object
 * goes out first. Expect two slabs, both in rows, the rest of one listed. */
static void test_order_of_batch(void **state)
{
	const unsigned int nr = f.per_slab + 3;

	(void)state;
	assert_int_equal(slab_refill(f.s, GFP_KERNEL, NUMA_NO_NODE, f.objs, nr),
			 nr);
	assert_int_equal(f.n->nr_slabs, 2);
	assert_int_equal(f.n->nr_partial, 1);
	assert_ptr_equal(f.objs[nr - 1], slab_address(slab_of(nr - 1)));
	for (unsigned int i = 4; i < nr; i++)
		assert_ptr_equal(f.objs[i - 1], (char *)f.objs[i] + f.s->size);
	assert_ptr_equal(f.objs[2], slab_address(slab_of(0)));
	give(0, nr);
}

/* A request without memory for a new slab. Expect what the partial slabs have,
 * at the start of the array, and nothing the next time. */
static void test_no_grow(void **state)
{
	void *batch[40];

	(void)state;
	partial_slabs(1, 5);
	assert_int_equal(slab_refill(f.s, GFP_NOWAIT | __GFP_NO_GROW,
				     NUMA_NO_NODE, batch, 40),
			 5);
	for (int i = 0; i < 5; i++)
		assert_ptr_equal(virt_to_slab(batch[i]), slab_of(5));
	assert_int_equal(slab_refill(f.s, GFP_NOWAIT | __GFP_NO_GROW,
				     NUMA_NO_NODE, batch + 5, 1),
			 0);
	assert_int_equal(f.n->nr_slabs, 1);
	slab_flush(f.s, batch, 5);
	give(5, f.per_slab - 5);
}

/* ---- frees in the middle of a refill ------------------------------------- */

#if defined(__x86_64__) && !IS_ENABLED(KM_SANITIZE_THREAD)
static unsigned int steps, fire_at; /* of the handler; which one frees */
static void *late; /* what it frees */

/*
 * Frees one object behind instruction number fire_at, or the first one behind
 * it that is not under the lock.
 */
static void on_trap(int sig)
{
	void *obj = late;

	(void)sig;
	if (++steps < fire_at || !obj || READ_ONCE(f.n->list_lock.word))
		return;
	late = NULL;
	slab_flush(f.s, &obj, 1);
}

static void *sleeper(void *arg)
{
	pthread_mutex_lock(arg);
	pthread_mutex_unlock(arg);
	return NULL;
}

/*
 * A refill leaves a rest, and in its middle another object of the slab is
 * freed, at each of PLACES places of it that are outside of the lock. Expect no
 * object lost and none twice, wherever it happened.
 */
static void test_free_between(void **state)
{
	enum { WANTED = 4, FREE = 12, PLACES = 80 };
	struct sigaction trap = { .sa_handler = on_trap };
	pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	unsigned int all = 0, fired = 0; /* steps of a whole refill; frees */
	pthread_t other;

	(void)state;
	pthread_mutex_lock(&lock);
	assert_int_equal(pthread_create(&other, NULL, sleeper, &lock), 0);
	assert_int_equal(sigaction(SIGTRAP, &trap, NULL), 0);
	for (int place = -1; place < PLACES; place++) {
		void *batch[WANTED];
		unsigned int got;

		fire_at = place < 0 ? ~0U : (unsigned int)place * all / PLACES;
		partial_slabs(1, FREE);
		late = f.objs[FREE];
		steps = 0;
		single_step_on();
		got = slab_refill(f.s, GFP_KERNEL, NUMA_NO_NODE, batch, WANTED);
		single_step_off();
		if (place < 0) /* it fires in no place */
			all = steps;
		fired += !late;
		if (late)
			slab_flush(f.s, &late, 1);
		assert_int_equal(got, WANTED);
		slub_check(f.s);
		assert_int_equal(inuse(slab_of(f.per_slab - 1)),
				 f.per_slab - FREE - 1 + WANTED);
		slab_flush(f.s, batch, WANTED);
		give(FREE + 1, f.per_slab - FREE - 1);
		slub_check(f.s);
		slub_shrink(f.s, SHRINK_ALL);
	}
	assert_in_range(fired, PLACES / 2, PLACES);
	pthread_mutex_unlock(&lock);
	pthread_join(other, NULL);
}
#else
static void test_free_between(void **state)
{
	(void)state;
	skip();
}
#endif

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_new_slab),	TEST(test_freed_first),
		TEST(test_many_slabs),	TEST(test_rest),
		TEST(test_carved_anew), TEST(test_order_of_batch),
		TEST(test_no_grow),	TEST(test_free_between),
	};

	setenv("KMALLOC_CMDLINE", "slub=7.0", 1);
	return cmocka_run_group_tests(tests, slub_start, NULL);
}
