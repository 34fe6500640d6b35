/* SPDX-License-Identifier: MIT */
/*
 * tests/support/inherited.h - frees in slabs of a parent, on either backend
 *
 * No process forks: a slab is inherited once kmem_forks is larger than when it
 * was made. Included behind a backend's fixture.h, by a test that says how the
 * backend marks objects and how a slab comes to be on its node's lists:
 * inherited_mark(), inherited_clear(), inherited_list().
 */
#ifndef TEST_INHERITED_H
#define TEST_INHERITED_H

#include <errno.h>

#include "kmem/cache.h"
#include "kmem/inherited.h"
#include "kmem/shrink.h"

#define INHERITED_PATTERN 0xab

static unsigned int inherited_size; /* of the objects of the next cache */
static char *inherited_copy; /* of one slab */
static struct page inherited_page;

/* Whole slabs that the process inherited, filled with a pattern. */
static inline void inherit_slabs(unsigned int nr)
{
	kmem_forks = 0;
	fixture_open(inherited_size, 0, NULL);
	take_full_slabs(nr);
	for (size_t i = 0; i < (size_t)nr * f.per_slab; i++)
		memset(f.objs[i], INHERITED_PATTERN, inherited_size);
	kmem_forks = 1;
}

static inline void inherit_end(void)
{
	f.s->ops->check(f.s);
	kmem_inherited_check(f.s);
	kmem_inherited_settle(f.s);
	fixture_close();
	kmem_forks = 0;
}

static inline struct page *page_of(size_t i)
{
	return virt_to_slab_page(f.objs[i]);
}

static inline size_t slab_bytes(void)
{
	return PAGE_SIZE << f.s->oo_order;
}

static inline void remember_slab(size_t i)
{
	free(inherited_copy);
	inherited_copy = malloc(slab_bytes());
	assert_non_null(inherited_copy);
	memcpy(inherited_copy, page_to_virt(page_of(i)), slab_bytes());
	inherited_page = *page_of(i);
}

/* Is each byte of the slab and of its struct page as it was? */
static inline void expect_untouched(size_t i)
{
	assert_memory_equal(inherited_copy, page_to_virt(page_of(i)),
			    slab_bytes());
	assert_memory_equal(&inherited_page, page_of(i), sizeof(struct page));
}

static inline bool is_among(const void *obj, size_t from, unsigned int nr)
{
	for (size_t i = from; i < from + nr; i++)
		if (f.objs[i] == obj)
			return true;
	return false;
}

/* Objects of an inherited slab are freed, and as many taken. Expect nothing of
 * slab and struct page to change, the counts to, and the objects to come back
 * before all others. */
static inline void inherited_free_and_take(void **state)
{
	unsigned long used;
	size_t at, from;

	(void)state;
	inherit_slabs(2);
	at = 2UL * f.per_slab;
	from = f.per_slab + 3; /* the second slab: SLAB gives it a colour */
	used = f.s->in_use;
	remember_slab(from);
	give(from, 5);
	assert_int_equal(kmem_inherited_count(f.s), 5);
	assert_int_equal(f.s->in_use, used - 5);
	f.s->ops->check(f.s);
	kmem_inherited_check(f.s);
	take(at, 5);
	for (size_t i = at; i < at + 5; i++)
		assert_true(is_among(f.objs[i], from, 5));
	for (size_t i = at + 1; i < at + 5; i++)
		assert_false(is_among(f.objs[i], at, (unsigned int)(i - at)));
	expect_untouched(from);
	assert_int_equal(kmem_inherited_count(f.s), 0);
	assert_int_equal(f.s->in_use, used);
	give(0, 2 * f.per_slab);
	inherit_end();
}

/* All objects of a slab are freed, of one that was full and of one that had
 * free objects before. Expect both to go to the page allocator, and no object
 * to be written to. */
static inline void inherited_empty(void **state)
{
	u64 word;

	(void)state;
	inherit_slabs(3);
	kmem_forks = 0;
	give(f.per_slab, 3);
	inherited_list();
	kmem_forks = 1;
	give(f.per_slab + 3, f.per_slab - 3);
	assert_int_equal(f.n->nr_slabs, 2);
	give(0, f.per_slab - 1);
	assert_int_equal(f.n->nr_slabs, 2);
	give(f.per_slab - 1, 1);
	assert_int_equal(f.n->nr_slabs, 1);
	assert_int_equal(kmem_inherited_count(f.s), 0);
	assert_int_equal(f.s->in_use, f.per_slab);
	for (size_t i = 0; i < f.per_slab; i++)
		for (size_t at = 0; at < inherited_size; at += 8) {
			memcpy(&word, (char *)f.objs[i] + at, 8);
			assert_true(!word || word == 0xabababababababab);
		}
	give(2UL * f.per_slab, f.per_slab);
	inherit_end();
}

/* A slab that is made after the fork. Expect its objects to be freed to it. */
static inline void inherited_own(void **state)
{
	size_t at;

	(void)state;
	inherit_slabs(1);
	at = f.per_slab;
	take(at, 2);
	assert_int_equal(page_slab_born(page_of(at)), 1);
	give(at, 2);
	assert_int_equal(kmem_inherited_count(f.s), 0);
	give(0, f.per_slab);
	inherit_end();
}

/* Objects are freed, and all pages are asked for, as by malloc_trim(). Expect
 * them to be free in their slabs, these to be no longer inherited, and nothing
 * of it at an idle tick. */
static inline void inherited_settle(void **state)
{
	(void)state;
	inherit_slabs(2);
	give(0, 4);
	kmem_give_pages(SHRINK_IDLE);
	assert_int_equal(kmem_inherited_count(f.s), 4);
	kmem_give_pages(SHRINK_ALL);
	assert_int_equal(kmem_inherited_count(f.s), 0);
	assert_int_equal(page_slab_born(page_of(0)), 1);
	assert_int_equal(f.s->in_use, 2 * f.per_slab - 4);
	assert_null(f.s->ops->slab_of_used(f.s, f.objs[2]));
	assert_ptr_equal(f.s->ops->slab_of_used(f.s, f.objs[4]), page_of(4));
	f.s->ops->check(f.s);
	give(4, 2);
	assert_int_equal(kmem_inherited_count(f.s), 0);
	give(6, 2 * f.per_slab - 6);
	inherit_end();
}

static inline void destroy_cache(void *arg)
{
	kmem_cache_destroy(arg);
}

/* A cache is destroyed whose objects lie in a map, but for one. Expect a report
 * of that one alone, and the end of the cache when it is freed too. */
static inline void inherited_leak(void **state)
{
	char text[8192];

	(void)state;
	inherit_slabs(1);
	give(1, 3);
	kmem_forks = 0;
	give(4, f.per_slab - 4);
	capture_stderr(destroy_cache, f.s, text, sizeof(text));
	assert_int_equal(count_phrase(text, "Object 0x"), 1);
	give(0, 1);
	kmem_cache_destroy(f.s);
}

/* Objects go to a barn, or a shared array, where they would be marked. Expect a
 * refusal, nothing written, and no refusal of a slab's that is not inherited.
 */
static inline void inherited_stored(void **state)
{
	void *copy[2];

	(void)state;
	inherit_slabs(1);
	memcpy(copy, f.objs, sizeof(copy));
	remember_slab(0);
	assert_int_equal(inherited_mark(f.s, copy, 2), -EINVAL);
	expect_untouched(0);
	kmem_forks = 0;
	assert_int_equal(inherited_mark(f.s, copy, 2), 0);
	kmem_forks = 1;
	assert_null(f.s->ops->slab_of_used(f.s, copy[0]));
	inherited_clear(f.s, copy, 2);
	give(0, f.per_slab);
	inherit_end();
}

static inline void free_twice_in_map(void *arg)
{
	(void)arg;
	give(2, 2);
	give(3, 1);
}

static inline void free_of_free(void *arg)
{
	(void)arg;
	kmem_forks = 0;
	give(0, 1);
	kmem_forks = 1;
	give(0, 1);
}

static inline void free_of_stored(void *arg)
{
	void *copy = f.objs[0];

	(void)arg;
	kmem_forks = 0;
	inherited_mark(f.s, &copy, 1);
	kmem_forks = 1;
	give(0, 1);
}

static inline void free_inside(void *arg)
{
	(void)arg;
	f.objs[0] = (char *)f.objs[0] + 8;
	give(0, 1);
}

/* An inherited object is freed twice, or was free before the fork, or lies in a
 * barn; and an address inside one is freed. Expect the same ends as in a
 * process that is no child. */
static inline void inherited_misuse(void **state)
{
	(void)state;
	inherit_slabs(1);
	assert_true(child_aborts(free_twice_in_map, NULL, "double free"));
	assert_true(child_aborts(free_of_free, NULL, "double free"));
	assert_true(child_aborts(free_of_stored, NULL, "double free"));
	assert_true(child_aborts(free_inside, NULL, "is not the start"));
	give(0, f.per_slab);
	inherit_end();
}

static inline int inherited_large(void **state)
{
	(void)state;
	inherited_size = 200;
	return 0;
}

static inline int inherited_small(void **state)
{
	(void)state;
	inherited_size = 32;
	return 0;
}

#define INHERITED_BOTH(fn)                                          \
	cmocka_unit_test_setup_teardown(fn, inherited_large, NULL), \
		cmocka_unit_test_setup_teardown(fn, inherited_small, NULL)
#define INHERITED_TESTS                           \
	INHERITED_BOTH(inherited_free_and_take),  \
		INHERITED_BOTH(inherited_empty),  \
		INHERITED_BOTH(inherited_own),    \
		INHERITED_BOTH(inherited_settle), \
		INHERITED_BOTH(inherited_leak),   \
		INHERITED_BOTH(inherited_stored), \
		INHERITED_BOTH(inherited_misuse)

#endif
