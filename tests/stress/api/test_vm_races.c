// SPDX-License-Identifier: MIT
/*
 * test_vm_races.c - threads look at areas while pages of them move or are
 * unmapped
 */
#include <pthread.h>

#include <kmalloc/kmalloc.h>

#include "diag/fmt.h"
#include "support/child.h"
#include "support/kmtest.h"
#include "vmap/vmalloc/internal.h"
#include "zone/sysctl.h"

#define NR_PAGES 12000
#define NR_AREAS 1200
#define GFP_HIGH (GFP_HIGHUSER_MOVABLE | __GFP_NOWARN)

static int stop; /* atomic */
static char *areas[NR_AREAS];

static bool stopped(void)
{
	return __atomic_load_n(&stop, __ATOMIC_RELAXED);
}

static void *namer(void *arg)
{
	u32 seed = (u32)(uintptr_t)arg;

	while (!stopped()) {
		char *p =
			areas[(seed = seed * 1664525 + 1013904223) % NR_AREAS];

		for (int n = 0; n < 4; n++)
			REQUIRE(vmalloc_to_page(p + n * PAGE_SIZE));
	}
	return NULL;
}

/* Areas of four pages in frames of which every second was in other use. */
static void scatter(void)
{
	static struct page *pages[NR_PAGES];

	for (int n = 0; n < NR_PAGES; n++)
		pages[n] = alloc_page(GFP_HIGH);
	for (int n = 0; n < NR_PAGES; n += 2)
		if (pages[n])
			__free_page(pages[n]);
	for (int n = 0; n < NR_AREAS; n++) {
		areas[n] = vmalloc(4 * PAGE_SIZE);
		REQUIRE(areas[n]);
		memset(areas[n], n, 4 * PAGE_SIZE);
	}
	for (int n = 1; n < NR_PAGES; n += 2)
		if (pages[n])
			__free_page(pages[n]);
}

static void name_and_move(void *arg)
{
	char cmdline[120];

	km_snprintf(cmdline, sizeof(cmdline),
		    "arena=512M highmem=64M vmap_migrate=%s",
		    (const char *)arg);
	setenv("KMALLOC_CMDLINE", cmdline, 1);
	for (u32 round = 0; round < 8; round++) {
		pthread_t thread;

		scatter();
		stop = 0;
		REQUIRE(!pthread_create(&thread, NULL, namer,
					(void *)(uintptr_t)round));
		for (int n = 0; n < 3; n++)
			REQUIRE(do_sysctl("vm.compact_memory", NULL, 0, "1") >=
				0);
		__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
		REQUIRE(!pthread_join(thread, NULL));
		for (int n = 0; n < NR_AREAS; n++) {
			REQUIRE(areas[n][4 * PAGE_SIZE - 1] == (char)n);
			vfree(areas[n]);
		}
		vm_unmap_aliases();
		km_check();
	}
}

/* Pages are named while compaction moves their blocks. Expect no report of a
 * bad page, every page its area's, and every byte there. */
static void test_name_and_move(void **state)
{
	struct child_end end;

	(void)state;
	child_run(name_and_move, (void *)(uintptr_t) "auto", &end);
	expect_quiet(&end);
	child_run(name_and_move, (void *)(uintptr_t) "mprotect", &end);
	expect_quiet(&end);
}

static char *mapped; /* atomic */

static void *reader(void *arg)
{
	char buf[PAGE_SIZE];

	while (!stopped()) {
		const char *p = __atomic_load_n(&mapped, __ATOMIC_RELAXED);
		long n = p ? km_vread(buf, p, PAGE_SIZE) : 0;

		REQUIRE(n == 0 || (n == PAGE_SIZE && buf[8] == 1));
	}
	return arg;
}

static void read_and_unmap(void *arg)
{
	struct page *page = alloc_page(GFP_HIGH);
	pthread_t thread;
	char *p = vmap(&page, 1, VM_MAP, PAGE_KERNEL);

	(void)arg;
	REQUIRE(page && p);
	p[8] = 1;
	REQUIRE(!pthread_create(&thread, NULL, reader, NULL));
	for (int n = 0; n < 20000; n++) {
		char *at = vm_map_ram(&page, 1, NUMA_NO_NODE);

		REQUIRE(at);
		__atomic_store_n(&mapped, at, __ATOMIC_RELAXED);
		vm_unmap_ram(at, 1);
	}
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	REQUIRE(!pthread_join(thread, NULL));
	vunmap(p);
	__free_page(page);
	km_check();
}

/* Short mappings end while they are read. Expect zeros or the page, and no
 * fault. */
static void test_read_and_unmap(void **state)
{
	struct child_end end;

	(void)state;
	setenv("KMALLOC_CMDLINE", "arena=512M highmem=64M", 1);
	child_run(read_and_unmap, NULL, &end);
	expect_quiet(&end);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read_and_unmap),
		cmocka_unit_test(test_name_and_move),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
