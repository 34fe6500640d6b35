// SPDX-License-Identifier: MIT
/*
 * test_stackdepot.c - each trace once, by number
 */
#include <pthread.h>

#include "diag/unwind/stackdepot.h"
#include "diag/unwind/stacktrace.h"
#include "support/child.h"

#define NR_TRACES 20000
#define THREADS 4

/* Trace number n: 1 to 16 entries that no other number has. */
static unsigned int make(unsigned long n, unsigned long *entries)
{
	unsigned int nr = 1 + (unsigned int)(n % 16);

	for (unsigned int i = 0; i < nr; i++)
		entries[i] = 0x400000 + n * 64 + i;
	return nr;
}

static void expect_trace(depot_stack_handle_t handle, unsigned long n)
{
	unsigned long want[16];
	const unsigned long *entries;
	unsigned int nr = make(n, want);

	assert_int_equal(stack_depot_fetch(handle, &entries), nr);
	assert_memory_equal(entries, want, nr * sizeof(*want));
}

/* Many traces, each twice. Expect one handle for each, and the same entries
 * back, also when there is more than one pool. */
static void test_many(void **state)
{
	static depot_stack_handle_t handles[NR_TRACES];
	unsigned long entries[16], before, records, bytes;

	(void)state;
	stack_depot_stat(&before, &bytes);
	for (unsigned long n = 0; n < NR_TRACES; n++) {
		handles[n] = stack_depot_save(entries, make(n, entries));
		assert_int_not_equal(handles[n], 0);
	}
	for (unsigned long n = 0; n < NR_TRACES; n++) {
		assert_int_equal(stack_depot_save(entries, make(n, entries)),
				 handles[n]);
		expect_trace(handles[n], n);
	}
	stack_depot_stat(&records, &bytes);
	assert_int_equal(records - before, NR_TRACES);
	assert_true(bytes > 1UL << 20);
}

/* No entries, too many. Expect no handle, and no entries of that. */
static void test_nothing(void **state)
{
	unsigned long entries[STACK_TRACE_DEPTH + 1] = { 1 };
	const unsigned long *found = entries;

	(void)state;
	assert_int_equal(stack_depot_save(entries, 0), 0);
	assert_int_equal(stack_depot_save(entries, STACK_TRACE_DEPTH + 1), 0);
	assert_int_equal(stack_depot_fetch(0, &found), 0);
	assert_null(found);
}

/* Numbers that were never handed out, as a program that runs over its objects
 * leaves them. Expect no entries, or those of some trace. */
static void test_overwritten(void **state)
{
	unsigned long entries[16];
	uint64_t seed = 1;

	(void)state;
	for (unsigned long n = 0; n < 100; n++)
		stack_depot_save(entries, make(n, entries));
	for (unsigned int i = 0; i < 200000; i++) {
		const unsigned long *found;
		uint32_t handle = (uint32_t)test_rand(&seed);
		unsigned int nr = stack_depot_fetch(
			i % 2 ? handle : handle % 5000, &found);

		assert_true(nr <= STACK_TRACE_DEPTH);
		for (unsigned int k = 0; k < nr; k++)
			assert_true(found[k] >= 0x400000);
	}
}

static depot_stack_handle_t by_thread[THREADS][NR_TRACES];

static void *save_all(void *arg)
{
	depot_stack_handle_t *handles = arg;
	unsigned long entries[16];

	for (unsigned long n = 0; n < NR_TRACES; n++)
		handles[n] = stack_depot_save(entries,
					      make(n + NR_TRACES, entries));
	return NULL;
}

/* Threads that save the same traces at once. Expect each handle to be right;
 * the same trace may be there once for each. */
static void test_threads(void **state)
{
	pthread_t threads[THREADS];

	(void)state;
	for (int t = 0; t < THREADS; t++)
		assert_int_equal(pthread_create(&threads[t], NULL, save_all,
						by_thread[t]),
				 0);
	for (int t = 0; t < THREADS; t++)
		pthread_join(threads[t], NULL);
	for (int t = 0; t < THREADS; t++)
		for (unsigned long n = 0; n < NR_TRACES; n++)
			expect_trace(by_thread[t][n], n + NR_TRACES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_overwritten),
		cmocka_unit_test(test_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
