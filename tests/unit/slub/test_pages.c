// SPDX-License-Identifier: MIT
/*
 * test_pages.c - pages inside slabs in use go to the OS, and come back
 */
#include "fixture.h"
#include "kmem/boot.h"
#include "slub/away.h"
#include "support/resident.h"

#define CLASS 7
#define SIZE_SMALL 1024

static struct kmem_cache *class_before;

/* Slabs of f.s have a class in the frame index, as malloc's have. */
static void open_class(unsigned int size)
{
	fixture_open(size, 0, NULL);
	class_before = kmem_classes[CLASS];
	kmem_classes[CLASS] = f.s;
	f.s->class = CLASS;
	assert_int_not_equal(f.s->random, 0); /* free pointers are encoded */
	assert_true(f.s->oo_order >= 1);
}

static void close_class(void)
{
	slub_check(f.s);
	slub_shrink(f.s, SHRINK_ALL);
	f.s->class = 0;
	kmem_classes[CLASS] = class_before;
	fixture_close();
}

static int setup(void **state)
{
	(void)state;
	open_class(SIZE_SMALL);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	close_class();
	return 0;
}

static unsigned int pages_of(const struct slab *slab)
{
	return 1U << slab->order;
}

static bool resident(const struct slab *slab, unsigned int page)
{
	return resident_in((char *)slab_address(slab) + page * PAGE_SIZE, 1);
}

static unsigned int resident_pages(const struct slab *slab)
{
	return (unsigned int)resident_in(slab_address(slab), pages_of(slab));
}

/* Touches all of a slab's objects. */
static void fill(size_t from, unsigned int nr)
{
	for (size_t i = from; i < from + nr; i++)
		memset(f.objs[i], (int)i + 1, f.s->size);
}

static unsigned int index_of(size_t i)
{
	return (unsigned int)(((char *)f.objs[i] -
			       (char *)slab_address(slab_of(i))) /
			      f.s->size);
}

/* All objects of one slab, in the order of addresses, but the first are free;
 * so all its pages but the first can go. */
static struct slab *one_in_use(void)
{
	struct slab *slab;

	take_full_slabs(1);
	slab = slab_of(0);
	fill(0, f.per_slab);
	give(1, f.per_slab - 1);
	flush_cpu();
	assert_int_equal(resident_pages(slab), pages_of(slab));
	return slab;
}

/* A slab with one object in use, at its start. Expect all pages but the first
 * to go, the frames without a class, and the count to be told. */
static void test_goes(void **state)
{
	struct slab *slab = one_in_use();
	unsigned long pfn = page_to_pfn(slab_page(slab));

	(void)state;
	assert_int_equal(slub_give_pages(f.s, SHRINK_ALL), pages_of(slab) - 1);
	slub_check(f.s);
	assert_true(resident(slab, 0));
	assert_int_equal(resident_pages(slab), 1);
	assert_int_equal(slab->state.counters.inuse, 1);
	assert_int_equal(f.n->nr_partial, 1);
	assert_int_equal(arena_index[pfn], CLASS);
	assert_int_equal(*(char *)f.objs[0], 1);
	give(0, 1);
}

/* The last objects of a slab are away. Expect them to count as never carved;
 * and that all of it are, if the one object is freed. */
static void test_carved_lowered(void **state)
{
	struct slab *slab = one_in_use();

	(void)state;
	slub_give_pages(f.s, SHRINK_ALL);
	assert_int_equal(slab->away, 0);
	assert_int_equal(slab->carved, PAGE_SIZE / f.s->size);
	give(0, 1);
	slub_check(f.s);
}

/* All but the last object are free. Expect the pages before to be away, their
 * frames without a class, a refill to bring one page at a time, the objects in
 * the order of addresses, and the class to come back with them. */
static void test_comes_back(void **state)
{
	const unsigned int each = (unsigned int)(PAGE_SIZE / f.s->size);
	struct slab *slab;
	unsigned long pfn;
	unsigned int last = f.per_slab - 1, nr;

	(void)state;
	take_full_slabs(1);
	slab = slab_of(0);
	pfn = page_to_pfn(slab_page(slab));
	nr = pages_of(slab);
	assert_int_equal(nr * each, f.per_slab);
	fill(0, f.per_slab);
	give(0, last - 1);
	flush_cpu();
	assert_int_equal(slub_give_pages(f.s, SHRINK_ALL), nr - 1);
	assert_int_equal(slab->away, (1U << (nr - 1)) - 1);
	assert_int_equal(slab->state.counters.inuse, 2);
	for (unsigned int page = 0; page < nr - 1; page++)
		assert_true(arena_index[pfn + page] >= INDEX_OTHER);
	assert_int_equal(arena_index[pfn + nr - 1], CLASS);
	slub_check(f.s);
	take(100, each - 2); /* what is left of the last page */
	assert_int_equal(resident_pages(slab), 1);
	for (unsigned int page = 0; page < nr - 1; page++) {
		take(200 + page * each, each);
		assert_int_equal(resident_pages(slab), page + 2);
		assert_int_equal(arena_index[pfn + page], CLASS);
		for (unsigned int i = 0; i < each; i++)
			assert_int_equal(index_of(200 + page * each + i),
					 page * each + i);
		slub_check(f.s);
	}
	assert_int_equal(f.n->nr_slabs, 1);
	assert_int_equal(slab->away, 0);
	flush_cpu();
	assert_int_equal(slab->state.counters.inuse, f.per_slab);
	give(last - 1, 2);
	give(100, each - 2);
	give(200, (nr - 1) * each);
}

/* The object in use is freed while pages are away. Expect an empty slab, and
 * that all of its objects can be had. */
static void test_emptied(void **state)
{
	struct slab *slab;

	(void)state;
	take_full_slabs(1);
	slab = slab_of(0);
	fill(0, f.per_slab);
	give(0, f.per_slab - 1);
	flush_cpu();
	slub_give_pages(f.s, SHRINK_ALL);
	assert_int_not_equal(slab->away, 0);
	give(f.per_slab - 1, 1);
	slub_check(f.s);
	assert_int_equal(slab->state.counters.inuse, 0);
	take(0, f.per_slab);
	assert_int_equal(f.n->nr_slabs, 1);
	assert_int_equal(slab->away, 0);
	for (unsigned int i = 0; i < f.per_slab; i++) {
		assert_int_equal(index_of(i), i);
		assert_int_equal(arena_index[virt_to_pfn(f.objs[i])], CLASS);
	}
	give(0, f.per_slab);
}

/* ---- any objects, any size ------------------------------------------------*/

/* Returns the pages that only free objects touch. */
static unsigned int naive_idle(const struct slab *slab, const bool *used)
{
	unsigned int idle = (1U << pages_of(slab)) - 1;

	for (unsigned int i = 0; i < f.per_slab; i++) {
		unsigned long start = (unsigned long)i * f.s->size;

		for (unsigned long at = start;
		     used[i] && at < start + f.s->size; at++)
			idle &= ~(1U << at / PAGE_SIZE);
	}
	return idle;
}

/* Takes what is free of the slab, and checks that it is what is not used. */
static void take_rest(const bool *used, bool *got)
{
	unsigned int nr = 0;

	for (unsigned int i = 0; i < f.per_slab; i++) {
		got[i] = used[i];
		nr += !used[i];
	}
	for (unsigned int i = 0; i < nr;) {
		unsigned int some = min(nr - i, 1 + i % 5);

		take(1000 + i, some);
		i += some;
		if (i % 2) { /* the slab leaves the CPU before it is used up */
			flush_cpu();
			slub_check(f.s);
		}
	}
	for (unsigned int i = 0; i < nr; i++) {
		unsigned int index = index_of(1000 + i);

		assert_ptr_equal(slab_of(1000 + i), slab_of(0));
		assert_false(got[index]);
		got[index] = true;
	}
	flush_cpu();
	assert_int_equal(f.n->nr_slabs, 1);
}

static void check_used(const bool *used)
{
	for (unsigned int i = 0; i < f.per_slab; i++)
		for (unsigned int k = 0; used[i] && k < f.s->size; k++)
			assert_int_equal(((u8 *)f.objs[i])[k], (u8)(i + 1));
}

/* One slab with any objects in use; pages go, some more objects are freed, and
 * more pages go; then all is taken and freed. */
static void random_round(uint64_t *seed, unsigned int keep)
{
	static bool used[MAX_OBJECTS], got[MAX_OBJECTS];
	struct slab *slab = slab_of(0);

	fill(0, f.per_slab);
	for (unsigned int i = 0; i < f.per_slab; i++)
		used[i] = true;
	for (int turn = 0; turn < 2; turn++) {
		unsigned int left = 0;

		for (unsigned int i = 0; i < f.per_slab; i++) {
			unsigned int at = (i * 7 + 3) % f.per_slab;

			if (used[at] && test_rand(seed) % 16 >= keep &&
			    left + 1 < f.per_slab) {
				used[at] = false;
				give(at, 1);
			}
		}
		for (unsigned int i = 0; i < f.per_slab; i++)
			left += used[i];
		if (!left)
			break;
		flush_cpu();
		slub_give_pages(f.s, SHRINK_ALL);
		slub_check(f.s);
		for (unsigned int i = 0; i < pages_of(slab); i++)
			if (naive_idle(slab, used) & 1U << i)
				assert_false(resident(slab, i) &&
					     left < f.per_slab - 1);
		check_used(used);
	}
	take_rest(used, got);
	check_used(used);
	slub_check(f.s);
	for (unsigned int i = 0, k = 1000; i < f.per_slab; i++)
		if (!used[i])
			f.objs[i] = f.objs[k++];
	give(0, f.per_slab);
	slub_check(f.s);
	take(0, f.per_slab);
	flush_cpu();
}

/* Objects that lie on two pages, or three; any of them in use. Expect exactly
 * the pages without such objects to go, objects in use to keep their bytes,
 * all others to be handed out again, each once, and none to seem free already
 * when it is freed. */
static void test_random(void **state)
{
	static const unsigned int sizes[] = { 1024, 1536, 704,	1032,
					      3000, 5008, 6000, 2040 };
	uint64_t seed = 7;

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++) {
		close_class();
		open_class(sizes[i]);
		take_full_slabs(1);
		for (int round = 0; round < 60; round++)
			random_round(&seed, (unsigned int)round % 8);
		give(0, f.per_slab);
	}
}

/* ---- mistakes of the program ----------------------------------------------*/

/* All objects but the last three of a slab are free, and the pages before are
 * away; objects of 1536 bytes, so that some lie on two pages. */
static struct slab *last_in_use(void)
{
	close_class();
	open_class(1536);
	take_full_slabs(2);
	fill(0, f.per_slab);
	give(0, f.per_slab - 3);
	flush_cpu();
	slub_give_pages(f.s, SHRINK_ALL);
	assert_int_not_equal(slab_of(0)->away, 0);
	return slab_of(0);
}

static void free_one(void *arg)
{
	void *obj = arg;

	f.s->ops->flush(f.s, &obj, 1);
}

/* With an object in use in front of it, which finds the slab. */
static void free_behind(void *arg)
{
	void *objs[] = { f.objs[f.per_slab - 1], arg };

	f.s->ops->flush(f.s, objs, 2);
}

static void store_behind(void *arg)
{
	void *objs[] = { f.objs[f.per_slab - 1], arg };

	slub_mark_stored(f.s, objs, 2);
}

static void verify_one(void *arg)
{
	void *obj = arg;

	f.s->ops->verify(f.s, &obj, 1);
}

/* Frees of each object that is away: alone, in a batch, and on its way to a
 * barn. Expect the end of the program, as for each other double free. */
static void test_double_free(void **state)
{
	struct slab *slab = last_in_use();
	unsigned int nr = 0;

	(void)state;
	for (unsigned int i = 0; i < f.per_slab - 3; i++) {
		if (!(pieces_of(f.s, slab, i) & slab->away))
			continue;
		expect_abort(free_one, f.objs[i], "double free of");
		expect_abort(free_behind, f.objs[i], "double free of");
		expect_abort(store_behind, f.objs[i], "double free of");
		expect_abort(verify_one, f.objs[i], "double free of");
		nr++;
	}
	assert_true(nr > f.per_slab / 2);
	give(f.per_slab - 3, 3 + f.per_slab);
}

static void wrong_away(void *arg)
{
	struct slab *slab = arg;

	slab->away &= (u8)(slab->away - 1);
	slub_check(f.s);
}

static void wrong_index(void *arg)
{
	struct slab *slab = arg;

	arena_index[page_to_pfn(slab_page(slab))] = CLASS;
	slub_check(f.s);
}

static void not_carved(void *arg)
{
	struct slab *slab = arg;

	slab->carved = 1;
	slub_check(f.s);
}

static void listed_and_away(void *arg)
{
	struct slab *slab = arg;

	slab->state.freelist = f.objs[1];
	slub_check(f.s);
}

/* AWAY1 and AWAY2 are broken. Expect slub_check() to end the program. */
static void test_check_fails(void **state)
{
	struct slab *slab = last_in_use();

	(void)state;
	expect_abort(wrong_away, slab, "BUG: slab->state.counters.inuse");
	expect_abort(wrong_index, slab, "BUG: arena_index");
	expect_abort(not_carved, slab, "BUG: i >= slab->carved");
	expect_abort(listed_and_away, slab, "double free of");
	give(f.per_slab - 3, 3 + f.per_slab);
}

/* ---- which slabs ----------------------------------------------------------*/

/* The OS refuses, as it does when a program has locked its memory. Expect 0,
 * pages that read as zero, and objects that are handed out again. */
static void test_refused(void **state)
{
	static bool used[MAX_OBJECTS], got[MAX_OBJECTS];
	struct slab *slab = one_in_use();
	const u8 *end = (u8 *)slab_address(slab) + (PAGE_SIZE << slab->order);

	(void)state;
	os_fail_calls(1, 1000000);
	assert_int_equal(slub_give_pages(f.s, SHRINK_ALL), 0);
	os_fail_calls(0, 0);
	assert_int_equal(resident_pages(slab), pages_of(slab));
	slub_check(f.s);
	for (const u8 *p = end - PAGE_SIZE; p < end; p++)
		assert_int_equal(*p, 0);
	memset(used, 0, sizeof(used));
	used[0] = true;
	take_rest(used, got);
	give(0, 1);
	give(1000, f.per_slab - 1);
}

/* A slab is looked at two times, then after one more free, and after it was
 * taken from. Expect the second look not to walk the free list, which leads
 * nowhere then. */
static void test_looked(void **state)
{
	struct slab *slab;
	void *word;

	(void)state;
	take_full_slabs(1);
	slab = slab_of(0);
	fill(0, f.per_slab);
	give(1, f.per_slab - 2);
	flush_cpu();
	assert_int_equal(slub_give_pages(f.s, SHRINK_ALL), pages_of(slab) - 2);
	word = *(void **)((char *)f.objs[2] + f.s->offset);
	*(void **)((char *)f.objs[2] + f.s->offset) = &slab;
	assert_int_equal(slub_give_pages(f.s, SHRINK_ALL), 0);
	*(void **)((char *)f.objs[2] + f.s->offset) = word;
	give(f.per_slab - 1, 1);
	flush_cpu();
	assert_int_equal(slub_give_pages(f.s, SHRINK_ALL), 1);
	take(100, 1);
	give(100, 1);
	flush_cpu();
	assert_int_equal(slab->looked, 0);
	slub_give_pages(f.s, SHRINK_ALL);
	assert_int_not_equal(slab->looked, 0);
	give(0, 1);
}

/* A slab that has not the order its cache prefers, so its frames never have a
 * class. Expect them to get none when pages come back. */
static void test_other_order(void **state)
{
	struct slab *slab = last_in_use();
	const unsigned long pfn = page_to_pfn(slab_page(slab));
	const unsigned int away = slab->away;

	(void)state;
	f.s->oo_order--;
	set_away(f.s, slab, 0);
	f.s->oo_order++;
	assert_true(arena_index[pfn] >= INDEX_OTHER);
	set_away(f.s, slab, 0);
	assert_int_equal(arena_index[pfn], CLASS);
	set_away(f.s, slab, away);
	give(f.per_slab - 3, 3 + f.per_slab);
}

/* Slabs of which a little more than half is in use, and half. Expect
 * an idle look to give pages of the second alone, and a full one of both. */
static void test_idle(void **state)
{
	const unsigned int half = f.per_slab / 2;
	struct slab *more, *less;

	(void)state;
	take_full_slabs(2);
	more = slab_of(0);
	less = slab_of(f.per_slab);
	fill(0, 2 * f.per_slab);
	give(half + 1, f.per_slab - half - 1);
	give(f.per_slab + half, f.per_slab - half);
	flush_cpu();
	slub_give_pages(f.s, SHRINK_IDLE);
	assert_int_equal(resident_pages(more), pages_of(more));
	assert_true(resident_pages(less) < pages_of(less));
	slub_give_pages(f.s, SHRINK_ALL);
	assert_true(resident_pages(more) < pages_of(more));
	give(0, half + 1);
	give(f.per_slab, half);
}

/* Sparse slabs, which were looked at, in front of fuller ones on the list.
 * Expect a look to put them behind, so that the others are used first. */
static void test_sparse_last(void **state)
{
	enum { SLABS = 6 };
	struct slab *slab;
	unsigned int i = 0;

	(void)state;
	take_full_slabs(SLABS);
	for (size_t k = 0; k < SLABS; k++)
		give(k * f.per_slab, k % 2 ? 2 : f.per_slab - 1);
	flush_cpu();
	slub_give_pages(f.s, SHRINK_ALL);
	slub_give_pages(f.s, SHRINK_ALL);
	slub_check(f.s);
	assert_int_equal(f.n->nr_partial, SLABS);
	list_for_each_entry(slab, &f.n->partial, list)
		assert_int_equal(slab->state.counters.inuse,
				 i++ < SLABS / 2 ? f.per_slab - 2 : 1);
	for (size_t k = 0; k < SLABS; k++)
		give(k * f.per_slab + (k % 2 ? 2 : f.per_slab - 1),
		     k % 2 ? f.per_slab - 2 : 1);
}

/* More slabs than are looked at under one hold of the lock, of which every
 * fifth can give pages. Expect these, all of them. */
static void test_many(void **state)
{
	enum { SLABS = 150 };
	unsigned int pages;

	(void)state;
	take_full_slabs(SLABS);
	pages = pages_of(slab_of(0));
	fill(0, SLABS * f.per_slab);
	for (size_t i = 0; i < SLABS; i++)
		give(i * f.per_slab, i % 5 ? 2 : f.per_slab - 1);
	flush_cpu();
	assert_int_equal(slub_give_pages(f.s, SHRINK_ALL),
			 SLABS / 5 * (pages - 1));
	assert_int_equal(f.n->nr_partial, SLABS);
	slub_check(f.s);
	for (size_t i = 0; i < SLABS; i++)
		give(i * f.per_slab + (i % 5 ? 2 : f.per_slab - 1),
		     i % 5 ? f.per_slab - 2 : 1);
}

static void ctor_of_one(void *obj)
{
	memset(obj, 0x33, SIZE_SMALL);
}

/* Caches whose free objects keep their bytes, and one whose order is a secret.
 * Expect no page to go. */
static void test_not_these(void **state)
{
	u16 order[MAX_OBJECTS] = { 0 };
	struct slab *slab;

	(void)state;
	slab = one_in_use();
	f.s->random_seq = order;
	assert_int_equal(slub_give_pages(f.s, SHRINK_ALL), 0);
	f.s->random_seq = NULL;
	f.s->flags |= SLAB_TYPESAFE_BY_RCU;
	assert_int_equal(slub_give_pages(f.s, SHRINK_ALL), 0);
	f.s->flags &= ~SLAB_TYPESAFE_BY_RCU;
	f.s->ctor = ctor_of_one;
	assert_int_equal(slub_give_pages(f.s, SHRINK_ALL), 0);
	f.s->ctor = NULL;
	assert_int_equal(resident_pages(slab), pages_of(slab));
	give(0, 1);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_goes),	TEST(test_carved_lowered),
		TEST(test_comes_back),	TEST(test_emptied),
		TEST(test_random),	TEST(test_double_free),
		TEST(test_check_fails), TEST(test_refused),
		TEST(test_looked),	TEST(test_idle),
		TEST(test_many),	TEST(test_not_these),
		TEST(test_other_order), TEST(test_sparse_last),
	};

	return cmocka_run_group_tests(tests, slub_start, NULL);
}
