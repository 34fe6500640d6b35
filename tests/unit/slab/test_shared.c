// SPDX-License-Identifier: MIT
/*
 * test_shared.c - the array that the owners of a node share, by itself
 * (docs/kernel.md S1, S4)
 */
#include "diag/param.h"
#include "fixture.h"

#define NR 64
#define NO_PAGES                                                \
	"fail_page_alloc=1,100,0,-1 fail_page_alloc.verbose=0 " \
	"fail_page_alloc.min-order=0"
#define PAGES "fail_page_alloc.probability=0"

/* A cache whose shared array has room for `limit` objects; NR are out. */
static void open_cache(unsigned int limit)
{
	fixture_open(256, 0, NULL);
	f.s->batchcount = 1;
	f.s->shared = limit;
	take(0, NR);
}

/* Objects [from, to) were not put: they go back first. */
static void close_cache(unsigned int from, unsigned int to)
{
	give(from, to - from);
	shared_free(f.s, f.n);
	slab_check(f.s);
	assert_int_equal(f.s->in_use, 0);
	fixture_close();
}

static unsigned int put(unsigned int from, unsigned int nr)
{
	unsigned int done = shared_put(f.s, f.n, f.objs + from, nr);

	slab_check(f.s);
	return done;
}

/* More objects than there is room for, in three calls. Expect each to be told
 * how many went in, the first ones, and the slabs to see none of them. */
static void test_put(void **state)
{
	(void)state;
	open_cache(10);
	assert_int_equal(put(0, 4), 4);
	assert_int_equal(put(4, 8), 6);
	assert_int_equal(put(10, 1), 0);
	assert_int_equal(shared_avail(f.n), 10);
	assert_int_equal(f.s->in_use, NR);
	for (unsigned int i = 0; i < 10; i++)
		assert_ptr_equal(f.n->shared->entry[i], f.objs[i]);
	close_cache(10, NR);
}

/* Objects are taken out. Expect the newest, in their order, and no more than
 * there are. */
static void test_transfer(void **state)
{
	void *got[NR];

	(void)state;
	open_cache(10);
	assert_int_equal(put(0, 8), 8);
	spin_lock(&f.n->list_lock);
	assert_int_equal(transfer_objects(got, f.n->shared, 3), 3);
	assert_ptr_equal(got[0], f.objs[5]);
	assert_ptr_equal(got[2], f.objs[7]);
	assert_int_equal(transfer_objects(got + 3, f.n->shared, 9), 5);
	assert_ptr_equal(got[3], f.objs[0]);
	assert_int_equal(transfer_objects(got, f.n->shared, 9), 0);
	__shared_note(f.n);
	spin_unlock(&f.n->list_lock);
	assert_int_equal(f.n->shared_room, 10);
	close_cache(0, NR);
}

/* A few are drained, then more than there are, which is more than a batch.
 * Expect the oldest to go to their slabs, and room to be seen for as many. */
static void test_drain(void **state)
{
	(void)state;
	open_cache(50);
	assert_int_equal(put(0, 50), 50);
	shared_drain(f.s, f.n, 3);
	slab_check(f.s);
	assert_int_equal(shared_avail(f.n), 47);
	assert_int_equal(f.s->in_use, NR - 3);
	assert_int_equal(f.n->shared_room, 3);
	assert_ptr_equal(f.n->shared->entry[0], f.objs[3]);
	assert_ptr_equal(f.n->shared->entry[46], f.objs[49]);
	shared_drain(f.s, f.n, 0);
	assert_int_equal(shared_avail(f.n), 47);
	shared_drain(f.s, f.n, 1000);
	slab_check(f.s);
	assert_int_equal(shared_avail(f.n), 0);
	assert_int_equal(f.s->in_use, NR - 50);
	close_cache(50, NR);
}

/* A cache without a shared array, and one that had one. Expect objects to be
 * refused, and those that were in it to be in their slabs. */
static void test_none(void **state)
{
	(void)state;
	open_cache(0);
	assert_int_equal(put(0, 5), 0);
	assert_int_equal(shared_avail(f.n), 0);
	shared_drain(f.s, f.n, 5);
	f.s->shared = 10;
	assert_int_equal(put(0, 5), 5);
	f.s->shared = 0;
	assert_int_equal(put(5, 5), 0);
	assert_null(f.n->shared);
	assert_int_equal(f.s->in_use, NR - 5);
	close_cache(5, NR);
}

/* Pages in use beside those of the cache's slabs. */
static unsigned long other_pages(void)
{
	struct zone *zone = &node_data[0].node_zones[ZONE_NORMAL];
	struct zone_stat stat;

	zone_stat(zone, &stat);
	return stat.managed - stat.free - stat.pcp - f.n->nr_pages;
}

/* Another limit. Expect the next flush to make the array anew, empty, with what
 * was in the old one in the slabs, and its pages free. */
static void test_other_limit(void **state)
{
	unsigned long pages;

	(void)state;
	open_cache(10);
	pages = other_pages();
	assert_int_equal(put(0, 10), 10);
	f.s->shared = 600; /* two pages */
	assert_int_equal(put(10, 20), 20);
	assert_int_equal(f.n->shared->limit, 600);
	assert_int_equal(shared_avail(f.n), 20);
	assert_int_equal(f.s->in_use, NR - 10);
	assert_int_equal(other_pages(), pages + 2);
	f.s->shared = 2;
	assert_int_equal(put(30, 5), 2);
	assert_int_equal(other_pages(), pages + 1);
	assert_int_equal(f.s->in_use, NR - 30);
	close_cache(32, NR);
}

/* No page for the array, at first and for a larger one. Expect objects to be
 * refused; the old array to serve as it is; and the new one when there is
 * memory. */
static void test_short(void **state)
{
	(void)state;
	open_cache(10);
	parse_args(NO_PAGES);
	assert_int_equal(put(0, 5), 0);
	assert_null(f.n->shared);
	parse_args(PAGES);
	assert_int_equal(put(0, 5), 5);
	f.s->shared = 20;
	parse_args(NO_PAGES);
	assert_int_equal(put(5, 10), 5);
	assert_int_equal(f.n->shared->limit, 10);
	parse_args(PAGES);
	assert_int_equal(put(10, 1), 1);
	assert_int_equal(f.n->shared->limit, 20);
	assert_int_equal(shared_avail(f.n), 1);
	close_cache(11, NR);
}

/* An object of another cache among them. Expect none of the batch to go in:
 * what the array hands out was checked to be an object of the cache. */
static void test_stranger(void **state)
{
	struct kmem_cache *other = kmem_cache_create("other", 256, 0,
						     SLAB_NO_MERGE, NULL);
	void *obj = kmem_cache_alloc(other, GFP_KERNEL), *own;

	(void)state;
	open_cache(10);
	own = f.objs[1];
	f.objs[1] = obj;
	assert_int_equal(put(0, 3), 0);
	assert_int_equal(shared_avail(f.n), 0);
	f.objs[1] = own;
	close_cache(0, NR);
	kmem_cache_free(other, obj);
	kmem_cache_destroy(other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_put),
		cmocka_unit_test(test_transfer),
		cmocka_unit_test(test_drain),
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_other_limit),
		cmocka_unit_test(test_short),
		cmocka_unit_test(test_stranger),
	};

	return cmocka_run_group_tests(tests, slab_start, NULL);
}
