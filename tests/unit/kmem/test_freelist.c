// SPDX-License-Identifier: MIT
/*
 * test_freelist.c - the numbers behind hard free lists (docs/kernel.md D6, D7)
 *
 * What SLUB makes of them is unit.slub.freelist.
 */
#include <errno.h>

#include "diag/param.h"
#include "fake.h"
#include "kmem/freelist.h"
#include "support/region.h"
#include "sys/os.h"

#define BOTH "slab_freelist_hardened slab_freelist_random"

static int setup(void **state)
{
	(void)state;
	parse_args(BOTH);
	os_random_seed(12345);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	parse_args("slab_freelist_hardened=1 slab_freelist_random=0");
	return 0;
}

static struct kmem_cache make(unsigned int objects)
{
	struct kmem_cache s = { .oo_objects = objects };

	assert_int_equal(kmem_freelist_init(&s), 0);
	return s;
}

/* RAND1 */
static void assert_permutation(const u16 *seq, unsigned int nr)
{
	unsigned char *seen = calloc(1, nr);

	assert_non_null(seen);
	for (unsigned int i = 0; i < nr; i++) {
		assert_true(seq[i] < nr);
		assert_int_equal(seen[seq[i]]++, 0);
	}
	free(seen);
}

/* Each switch alone, and none. Expect a number, a list, or neither. */
static void test_switches(void **state)
{
	struct kmem_cache s;

	(void)state;
	parse_args("slab_freelist_random=0");
	s = make(10);
	assert_int_not_equal(s.random, 0);
	assert_null(s.random_seq);
	kmem_freelist_release(&s);
	parse_args("slab_freelist_hardened=0 slab_freelist_random=1");
	s = make(10);
	assert_int_equal(s.random, 0);
	assert_non_null(s.random_seq);
	kmem_freelist_release(&s);
	parse_args("slab_freelist_random=0");
	s = make(10);
	assert_int_equal(s.random, 0);
	assert_null(s.random_seq);
	kmem_freelist_release(&s);
}

/* Slabs of one object up to more than a page of numbers. Expect no list for
 * one, permutations for the others, and the memory of them back. */
static void test_sizes(void **state)
{
	static const unsigned int sizes[] = { 1, 2, 3, 2048, 2049, 32767 };
	unsigned long before = region_used();

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct kmem_cache s = make(sizes[i]);

		if (sizes[i] == 1)
			assert_null(s.random_seq);
		else
			assert_permutation(s.random_seq, sizes[i]);
		kmem_freelist_release(&s);
	}
	assert_int_equal(region_used(), before);
}

/* Numbers for slabs. Expect them odd, and no two alike. */
static void test_salt(void **state)
{
	u32 before = 0;

	(void)state;
	for (unsigned int i = 0; i < 1000; i++) {
		u32 salt = kmem_freelist_salt();

		assert_int_equal(salt % 2, 1);
		assert_int_not_equal(salt, before);
		before = salt;
	}
}

/* 6000 lists of three. Expect each of the six orders about 1000 times; the seed
 * is fixed, so the counts are the same in every run. */
static void test_fair(void **state)
{
	unsigned int seen[3][3] = { 0 };

	(void)state;
	for (unsigned int i = 0; i < 6000; i++) {
		struct kmem_cache s = make(3);

		seen[s.random_seq[0]][s.random_seq[1]]++;
		kmem_freelist_release(&s);
	}
	for (unsigned int i = 0; i < 3; i++)
		for (unsigned int j = 0; j < 3; j++)
			if (i == j)
				assert_int_equal(seen[i][j], 0);
			else
				assert_in_range(seen[i][j], 850, 1150);
}

/* Two caches of one seed, and one more. Expect the same number and list, then
 * others. */
static void test_seed(void **state)
{
	struct kmem_cache s = make(50), t, u;

	(void)state;
	os_random_seed(12345);
	t = make(50);
	u = make(50);
	assert_int_equal(s.random, t.random);
	assert_memory_equal(s.random_seq, t.random_seq, 50 * sizeof(u16));
	assert_int_not_equal(u.random, t.random);
	assert_memory_not_equal(u.random_seq, t.random_seq, 50 * sizeof(u16));
	kmem_freelist_release(&s);
	kmem_freelist_release(&t);
	kmem_freelist_release(&u);
}

/* Places to begin at. Expect all of them to come, and none behind the list. */
static void test_start(void **state)
{
	const struct kmem_cache s = { .oo_objects = 7 };
	unsigned int seen = 0;

	(void)state;
	for (unsigned int i = 0; i < 1000; i++) {
		unsigned int start = kmem_freelist_start(&s);

		assert_true(start < 7);
		seen |= 1U << start;
	}
	assert_int_equal(seen, 0x7f);
}

/* A slab with fewer objects than the list has numbers, begun at each place.
 * Expect the numbers of that slab, each once, in the order of the list. */
static void test_small_slab(void **state)
{
	u16 seq[] = { 3, 0, 5, 1, 4, 2 };
	const struct kmem_cache s = { .oo_objects = 6, .random_seq = seq };
	static const unsigned int order[] = { 3, 0, 1, 2 };
	/* which of `order` comes first, from each place in seq */
	static const unsigned int first[] = { 0, 1, 2, 2, 3, 3 };

	(void)state;
	for (unsigned int start = 0; start < 6; start++) {
		unsigned int pos = start;

		for (unsigned int i = 0; i < 8; i++)
			assert_int_equal(kmem_next_freelist_entry(&s, 4, &pos),
					 order[(first[start] + i) % 4]);
	}
}

/* No memory for the list. Expect -ENOMEM, and nothing to release. */
static void test_short(void **state)
{
	struct kmem_cache s = { .oo_objects = 10 };

	(void)state;
	region_exhaust();
	assert_int_equal(kmem_freelist_init(&s), -ENOMEM);
	region_restore();
	assert_null(s.random_seq);
	kmem_freelist_release(&s);
	assert_int_equal(kmem_freelist_init(&s), 0);
	kmem_freelist_release(&s);
}

/* A pointer is stored at two places. Expect neither word to be the pointer, nor
 * the two to be the same, and the pointer back from each; without a number, the
 * pointer as it is. */
static void test_code(void **state)
{
	void *ptr = &state, *a, *b;
	struct kmem_cache s = make(2);

	a = freelist_ptr_code(s.random, ptr, &a);
	b = freelist_ptr_code(s.random, ptr, &b);
	assert_ptr_not_equal(a, ptr);
	assert_ptr_not_equal(a, b);
	assert_ptr_equal(freelist_ptr_code(s.random, a, &a), ptr);
	assert_ptr_equal(freelist_ptr_code(s.random, b, &b), ptr);
	assert_ptr_equal(freelist_ptr_code(0, ptr, &a), ptr);
	kmem_freelist_release(&s);
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_switches), TEST(test_sizes), TEST(test_fair),
		TEST(test_seed),     TEST(test_start), TEST(test_small_slab),
		TEST(test_short),    TEST(test_code),  TEST(test_salt),
	};

	return cmocka_run_group_tests(tests, fake_start, NULL);
}
