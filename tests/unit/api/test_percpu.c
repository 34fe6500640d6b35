// SPDX-License-Identifier: MIT
/*
 * test_percpu.c - percpu memory as programs use it
 */
#include <kmalloc/kmalloc.h>

#include "support/kmtest.h"
#include "vmap/percpu/internal.h"

#define OBJECTS 35000

static unsigned char *objects[OBJECTS];

static size_t size_of(int i, uint64_t seed)
{
	uint64_t mixed = seed + (uint64_t)i * 0x9e3779b97f4a7c15;

	return 1 + test_rand(&mixed) % (PAGE_SIZE / 4);
}

static bool ends_hold(unsigned char *p, size_t size, unsigned char value)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu)
	{
		unsigned char *copy = per_cpu_ptr(p, cpu);

		if (copy[0] != value || copy[size - 1] != value)
			return false;
	}
	return true;
}

static void mark_ends(unsigned char *p, size_t size, unsigned char value)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu)
	{
		per_cpu_ptr(p, cpu)[0] = value;
		per_cpu_ptr(p, cpu)[size - 1] = value;
	}
}

/* As test_vmalloc's pcpu_alloc: 35000 objects at once of 1 byte to a quarter
 * of a page, aligned to 2 up to 2048. Expect all of them aligned, zero, apart
 * from each other, and their memory back when they are freed. */
static void test_pcpu_alloc(void **state)
{
	uint64_t seed = 0x2545f4914f6cdd1d;

	(void)state;
	for (int i = 0; i < OBJECTS; i++) {
		size_t align = 2UL << test_rand(&seed) % 11;
		size_t size = size_of(i, 1);

		objects[i] = __alloc_percpu(size, align);
		assert_non_null(objects[i]);
		assert_int_equal((uintptr_t)per_cpu_ptr(objects[i], 0) % align,
				 0);
		assert_true(ends_hold(objects[i], size, 0));
		mark_ends(objects[i], size, (unsigned char)(i % 255 + 1));
	}
	assert_true(pcpu_nr_pages() * PAGE_SIZE >
		    OBJECTS * (PAGE_SIZE / 8) * num_possible_cpus());
	km_check();
	for (int i = 0; i < OBJECTS; i++) {
		assert_true(ends_hold(objects[i], size_of(i, 1),
				      (unsigned char)(i % 255 + 1)));
		free_percpu(objects[i]);
	}
	assert_int_equal(pcpu.nr_chunks, 1);
	assert_true(pcpu_nr_pages() <= PCPU_UNIT_PAGES * num_possible_cpus());
	km_check();
}

static long *counter;

static void count_in_child(void *arg)
{
	long *mine;

	(void)arg;
	if (*per_cpu_ptr(counter, 0) != 5)
		_exit(1);
	*per_cpu_ptr(counter, 0) = 6;
	mine = alloc_percpu(long);
	if (!mine || mine == counter || *this_cpu_ptr(mine))
		_exit(2);
	free_percpu(counter);
	free_percpu(mine);
	km_check();
}

/* A child of fork writes to its copies and frees them. Expect it to have found
 * what was in them, and the parent's to be as they were. */
static void test_fork(void **state)
{
	struct child_end end;

	(void)state;
	counter = alloc_percpu(long);
	*per_cpu_ptr(counter, 0) = 5;
	child_run(count_in_child, NULL, &end);
	assert_int_equal(end.status, 0);
	assert_int_equal(*per_cpu_ptr(counter, 0), 5);
	free_percpu(counter);
	km_check();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pcpu_alloc),
		cmocka_unit_test(test_fork),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
