// SPDX-License-Identifier: MIT
/*
 * test_vmalloc_cases.c - the cases of the kernel's lib/test_vmalloc.c
 *
 * As many turns as take no time; how long each case took is said, not judged.
 */
#include <time.h>

#include <kmalloc/kmalloc.h>

#include "core/bitops.h"
#include "kmem/kmem.h"
#include "support/kmtest.h"

#define TURNS 100
#define AREAS 15000

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e6 + (double)ts.tv_nsec / 1e3;
}

static int begin(void **state)
{
	static double start;

	start = now();
	*state = &start;
	return 0;
}

static int end(void **state)
{
	print_message("           took %.0f us\n", now() - *(double *)*state);
	vm_unmap_aliases();
	km_check();
	return 0;
}

static void use(void *p)
{
	assert_non_null(p);
	*(volatile char *)p = 1;
	vfree(p);
}

/* One size, small and huge. Expect memory each time. */
static void test_fix_size(void **state)
{
	(void)state;
	for (int i = 0; i < TURNS; i++) {
		use(vmalloc(PAGE_SIZE));
		use(vmalloc_huge(1UL << 21, GFP_KERNEL));
	}
}

/* Half of many single pages freed, one by one. Expect single pages to fit in
 * the holes exactly. */
static void test_full_fit(void **state)
{
	unsigned long nr = 4000;
	void **areas = kvmalloc_array(nr, sizeof(void *), GFP_KERNEL);

	(void)state;
	for (unsigned long i = 0; i < nr; i++) {
		areas[i] = vmalloc(PAGE_SIZE);
		assert_non_null(areas[i]);
	}
	for (unsigned long i = 0; i < nr; i += 2)
		vfree(areas[i]);
	vm_unmap_aliases();
	for (unsigned long i = 0; i < nr; i += 2) {
		void *p = vmalloc(PAGE_SIZE);

		assert_true(p >= areas[0] && p < areas[nr - 1]);
		vfree(p);
	}
	for (unsigned long i = 1; i < nr; i += 2)
		vfree(areas[i]);
	kvfree(areas);
}

/* Large and small ones with 15,000 others alive. Expect memory each time; the
 * others may use up the mappings that there are. */
static void test_long_busy_list(void **state)
{
	void **areas = kvmalloc_array(AREAS, sizeof(void *), GFP_KERNEL);

	(void)state;
	for (unsigned long i = 0; i < AREAS; i++) {
		areas[i] = vmalloc(PAGE_SIZE);
		assert_non_null(areas[i]);
	}
	for (int i = 0; i < TURNS; i++) {
		use(vmalloc(100 * PAGE_SIZE));
		use(vmalloc(PAGE_SIZE));
	}
	for (unsigned long i = 0; i < AREAS; i++)
		vfree(areas[i]);
	kvfree(areas);
}

/* 1 to 100 pages. Expect memory each time. */
static void test_random_size(void **state)
{
	uint64_t seed = 4711;

	(void)state;
	for (int i = 0; i < 10 * TURNS; i++)
		use(vmalloc((test_rand(&seed) % 100 + 1) * PAGE_SIZE));
}

/* 5 pages at 32 KiB. Expect the alignment. */
static void test_fix_align(void **state)
{
	(void)state;
	for (int i = 0; i < TURNS; i++) {
		void *p = __vmalloc_node(5 * PAGE_SIZE, 32768,
					 GFP_KERNEL | __GFP_ZERO, 0, NULL);

		assert_int_equal((uintptr_t)p % 32768, 0);
		use(p);
	}
}

/* Alignments of 1 to 4 MiB. Expect them. */
static void test_random_size_align(void **state)
{
	uint64_t seed = 4712;

	(void)state;
	for (int i = 0; i < TURNS; i++) {
		size_t align = 1UL << test_rand(&seed) % 23;
		size_t size = (test_rand(&seed) % 10 + 1) * PAGE_SIZE;
		void *p = __vmalloc_node(size, align, GFP_KERNEL | __GFP_ZERO,
					 0, NULL);

		assert_int_equal((uintptr_t)p % align, 0);
		use(p);
	}
}

/* One page at each power of two. Expect memory while that can be, NULL from
 * some power on, and nothing broken. */
static void test_align_shift(void **state)
{
	int failed = 0;

	(void)state;
	for (unsigned int shift = 0; shift < 64; shift++) {
		void *p = __vmalloc_node(PAGE_SIZE, 1UL << shift,
					 GFP_KERNEL | __GFP_NOWARN | __GFP_ZERO,
					 0, NULL);

		assert_true(p || shift > 21);
		if (p)
			use(p);
		else
			failed++;
		assert_true(!p || ((uintptr_t)p & ((1UL << shift) - 1)) == 0);
	}
	assert_true(failed > 0);
}

struct with_rcu {
	struct rcu_head rcu;
	char bytes[PAGE_SIZE];
};

/* Freed after a grace period, with and without a head. Expect all of it
 * gone. */
static void test_kvfree_rcu(void **state)
{
	(void)state;
	for (int i = 0; i < TURNS; i++) {
		struct with_rcu *p = vmalloc(sizeof(*p)), *q;

		assert_non_null(p);
		p->bytes[0] = 1;
		kvfree_rcu(p, rcu);
		q = vmalloc(sizeof(*q));
		assert_non_null(q);
		q->bytes[0] = 1;
		kvfree_rcu_mightsleep(q);
	}
	kvfree_rcu_barrier();
	assert_int_equal(vmalloc_nr_pages(), 0);
}

/* Pages mapped for short. Expect a mapping each time. */
static void test_vm_map_ram(void **state)
{
	struct page *pages[100];

	(void)state;
	for (int i = 0; i < 100; i++) {
		pages[i] = alloc_page(GFP_KERNEL);
		assert_non_null(pages[i]);
	}
	for (unsigned int i = 0; i < TURNS; i++) {
		unsigned int nr = i % 100 + 1;
		char *p = vm_map_ram(pages, nr, NUMA_NO_NODE);

		assert_non_null(p);
		p[(nr - 1) * PAGE_SIZE] = 1;
		vm_unmap_ram(p, nr);
	}
	for (int i = 0; i < 100; i++)
		__free_page(pages[i]);
}

/* A request that may not wait. Expect memory, or NULL, no warning of a lock. */
static void test_no_block_alloc(void **state)
{
	(void)state;
	for (int i = 0; i < TURNS; i++) {
		void *p = __vmalloc(PAGE_SIZE * 2,
				    i % 2 ? GFP_ATOMIC : GFP_NOWAIT);

		if (p)
			use(p);
	}
}

int main(void)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, begin, end)
	const struct CMUnitTest tests[] = {
		TEST(test_fix_size),	   TEST(test_full_fit),
		TEST(test_long_busy_list), TEST(test_random_size),
		TEST(test_fix_align),	   TEST(test_random_size_align),
		TEST(test_align_shift),	   TEST(test_kvfree_rcu),
		TEST(test_vm_map_ram),	   TEST(test_no_block_alloc),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
