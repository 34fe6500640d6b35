// SPDX-License-Identifier: MIT
/*
 * test_stat.c - the counts of a cache over all CPUs (docs/kernel.md V8)
 */
#include <ctype.h>

#include "fake.h"
#include "kmem/stat.h"

static struct kmem_cache *s;

static int setup(void **state)
{
	(void)state;
	s = kmem_cache_create("counted", 64, 0, SLAB_NO_MERGE, NULL);
	assert_non_null(s);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	kmem_cache_destroy(s);
	return 0;
}

/* Another number for each count of each CPU. */
static unsigned long number(unsigned int cpu, unsigned int item)
{
	return cpu * 1000UL + item + 1;
}

static void fill(void)
{
	for (unsigned int cpu = 0; cpu < nr_cpu_ids; cpu++)
		for (unsigned int i = 0; i < NR_SLUB_STAT_ITEMS; i++)
			s->cpu_stat[cpu].v[i] = number(cpu, i);
}

static unsigned long expected(unsigned int item)
{
	unsigned long sum = 0;

	for (unsigned int cpu = 0; cpu < nr_cpu_ids; cpu++)
		sum += number(cpu, item);
	return sum;
}

/* A new cache. Expect every count to be zero. */
static void test_new(void **state)
{
	(void)state;
	assert_int_equal(kmem_cache_locks(s), 0);
	for (unsigned int i = 0; i < NR_SLUB_STAT_ITEMS; i++)
		assert_int_equal(kmem_stat_sum(s, (enum stat_item)i), 0);
}

/* Locks that are taken on a CPU, and others before. Expect each to be held, and
 * the sum over the CPUs. */
static void test_locks(void **state)
{
	spinlock_t lock = SPIN_LOCK_INIT(LOCK_BARN);

	(void)state;
	s->cpu_stat[nr_cpu_ids - 1].locks += 10;
	for (int i = 0; i < 3; i++) {
		kmem_cache_lock(s, &lock);
		lock_assert_held(&lock);
		spin_unlock(&lock);
	}
	assert_int_equal(kmem_cache_locks(s), 13);
}

/* Counts of every CPU, the last one too. Expect the sum of one item alone. */
static void test_sum(void **state)
{
	(void)state;
	fill();
	for (unsigned int i = 0; i < NR_SLUB_STAT_ITEMS; i++)
		assert_int_equal(kmem_stat_sum(s, (enum stat_item)i),
				 expected(i));
}

/* One item is cleared. Expect it to be zero on every CPU, and its neighbours to
 * be what they were. */
static void test_clear(void **state)
{
	(void)state;
	fill();
	kmem_stat_clear(s, BARN_GET_FAIL);
	for (unsigned int cpu = 0; cpu < nr_cpu_ids; cpu++)
		assert_int_equal(s->cpu_stat[cpu].v[BARN_GET_FAIL], 0);
	for (unsigned int i = 0; i < NR_SLUB_STAT_ITEMS; i++)
		if (i != BARN_GET_FAIL)
			assert_int_equal(kmem_stat_sum(s, (enum stat_item)i),
					 expected(i));
}

/* Counted here. Expect the counts of the CPU that this thread asked for last
 * to grow alone, by what was said. */
static void test_here(void **state)
{
	unsigned int cpu;

	(void)state;
	pin_to_first_cpu();
	cpu = smp_cpu();
	assert_int_equal(smp_cpu_seen(), cpu);
	kmem_stat(s, SHEAF_RETURN_SLOW);
	kmem_stat_n(s, SHEAF_RETURN_SLOW, 41);
	assert_int_equal(s->cpu_stat[cpu].v[SHEAF_RETURN_SLOW], 42);
	assert_int_equal(kmem_stat_sum(s, SHEAF_RETURN_SLOW), 42);
	assert_int_equal(kmem_stat_sum(s, SHEAF_RETURN_FAST), 0);
}

/* The names. Expect each item to have one, in small letters, that no other
 * has: they are names of files. */
static void test_names(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < NR_SLUB_STAT_ITEMS; i++) {
		const char *name = kmem_stat_names[i];

		assert_non_null(name);
		for (const char *c = name; *c; c++)
			assert_true(islower(*c) || *c == '_');
		for (unsigned int j = 0; j < i; j++)
			assert_string_not_equal(name, kmem_stat_names[j]);
	}
	assert_string_equal(kmem_stat_names[SHEAF_RETURN_SLOW],
			    "sheaf_return_slow");
	assert_string_equal(kmem_stat_names[ALLOC_FASTPATH], "alloc_fastpath");
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_new),	  TEST(test_locks), TEST(test_sum),
		TEST(test_clear), TEST(test_here),  TEST(test_names),
	};

	return cmocka_run_group_tests(tests, fake_start, NULL);
}
