// SPDX-License-Identifier: MIT
/*
 * test_vm_migrate.c - compaction under areas that threads write to
 *
 * HighMem is 64 MiB, all of it taken page by page; every second page goes, an
 * area gets those, and the others go: no two frames of the area are neighbours,
 * and no two free ones.
 */
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>

#include <kmalloc/kmalloc.h>

#include "buddy/buddy.h"
#include "compaction/internal.h"
#include "core/tick.h"
#include "support/child.h"
#include "support/kmtest.h"
#include "vmap/vmalloc/internal.h"
#include "zone/sysctl.h"

#define MOST_PAGES (64UL << 20 >> 12)
#define GFP_MOVABLE_PAGE (GFP_HIGHUSER_MOVABLE | __GFP_NOWARN)

static struct page *pages[20 * MOST_PAGES];
static unsigned long *area; /* words */
static unsigned long area_pages;
static int stop; /* atomic */
static unsigned long nr_moved;
static unsigned long interval; /* of ticks */

static struct zone *highmem(void)
{
	return &NODE_DATA(0)->node_zones[ZONE_HIGHMEM];
}

/* The area of scattered frames. */
static void fragment(void)
{
	unsigned long nr = 0, from_zone = 0;

	for (; nr < ARRAY_SIZE(pages); nr++) {
		pages[nr] = alloc_page(GFP_MOVABLE_PAGE);
		REQUIRE(pages[nr]);
		if (!PageHighMem(pages[nr]))
			break;
	}
	__free_page(pages[nr]);
	REQUIRE(nr > MOST_PAGES / 2);
	from_zone = nr;
	for (unsigned long n = 0; n < nr; n++) {
		if (page_to_pfn(pages[n]) % 2)
			continue;
		__free_page(pages[n]);
		pages[n] = NULL;
		area_pages++;
	}
	area_pages -= 600; /* what the marks keep */
	area = vmalloc(area_pages * PAGE_SIZE);
	REQUIRE(area);
	for (unsigned long n = 0; n < from_zone; n++)
		if (pages[n])
			__free_page(pages[n]);
	drain_all_pages(highmem());
}

/* Of 2 MiB, whether two of them are one or not. */
static unsigned long free_blocks(void)
{
	return highmem()->free_area[9].nr_free +
	       2 * highmem()->free_area[10].nr_free;
}

/* Words i of every page with i % 4 == which: the writer's own, all counted
 * up. */
static void *writer(void *arg)
{
	unsigned long which = (unsigned long)(uintptr_t)arg, turns = 0;

	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED) || turns < 2) {
		turns++;
		for (unsigned long n = 0; n < area_pages; n++) {
			unsigned long *word = area + n * 512 + 128 + which;

			REQUIRE(*word == turns - 1);
			*word = turns;
			word[256] = ~turns;
		}
	}
	for (unsigned long n = 0; n < area_pages; n++) {
		REQUIRE(area[n * 512 + 128 + which] == turns);
		REQUIRE(area[n * 512 + 384 + which] == ~turns);
	}
	return NULL;
}

/* read(2) into an area that is pinned: expect no EFAULT, and the bytes
 * there. */
static void *reader(void *arg)
{
	char *p = arg;
	int fd = open("/proc/self/exe", O_RDONLY);
	char first[4096], last[4096];

	REQUIRE(fd >= 0 && pread(fd, first, 4096, 0) == 4096);
	REQUIRE(pread(fd, last, 4096, 63 * 4096) == 4096);
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED)) {
		memset(p, 0, 64 * 4096);
		REQUIRE(pread(fd, p, 64 * 4096, 0) == 64 * 4096);
		REQUIRE(!memcmp(p, first, 4096));
		REQUIRE(!memcmp(p + 63 * 4096, last, 4096));
	}
	close(fd);
	return NULL;
}

static unsigned long checksum(void)
{
	unsigned long sum = 0;

	for (unsigned long n = 0; n < area_pages; n++)
		for (unsigned long i = 0; i < 128; i++)
			sum = sum * 31 + area[n * 512 + i];
	return sum;
}

static void compact_while_written(void)
{
	pthread_t threads[3];
	unsigned long sum, before;
	char *pinned = vmalloc(64 * 4096);
	struct page *page;

	REQUIRE(pinned && !km_vmap_pin(pinned));
	for (unsigned long n = 0; n < area_pages * 512; n++)
		area[n] = n % 512 < 128 ? n * 0x9e3779b97f4a7c15 : 0;
	sum = checksum();
	before = free_blocks();
	REQUIRE(before < 8); /* what the marks keep */
	tick_interval_ms = interval;
	REQUIRE(!pthread_create(&threads[0], NULL, writer, (void *)0));
	REQUIRE(!pthread_create(&threads[1], NULL, writer, (void *)1));
	REQUIRE(!pthread_create(&threads[2], NULL, reader, pinned));
	REQUIRE(do_sysctl("vm.compact_memory", NULL, 0, "1") >= 0);
	__atomic_store_n(&stop, 1, __ATOMIC_RELAXED);
	for (int t = 0; t < 3; t++)
		REQUIRE(!pthread_join(threads[t], NULL));
	REQUIRE(free_blocks() >= before + 8);
	REQUIRE(checksum() == sum);
	page = alloc_pages(GFP_MOVABLE_PAGE & ~__GFP_DIRECT_RECLAIM, 9);
	REQUIRE(page && PageHighMem(page));
	__free_pages(page, 9);
	km_vmap_unpin(pinned);
	vfree(pinned);
	km_check();
	vm_check();
	vfree(area);
	vm_unmap_aliases();
	REQUIRE(!vmalloc_nr_pages() && !frames_charged());
	km_check();
}

/* ---- the budget ---------------------------------------------------------- */

#define BUDGET_PAGES (400UL << 20 >> 12)

/* The owner of what is between the free frames: their bytes mean nothing to
 * it. */
static bool isolate(struct page *page, isolate_mode_t mode)
{
	(void)mode;
	return page_private(page);
}

static int migrate(struct page *dst, struct page *src, enum migrate_mode mode);

static void putback(struct page *page)
{
	(void)page;
}

static const struct movable_operations mops = { isolate, migrate, putback };

static int migrate(struct page *dst, struct page *src, enum migrate_mode mode)
{
	unsigned long nr = page_private(src);

	(void)mode;
	get_page(dst);
	set_page_private(dst, nr);
	__SetPageMovable(dst, &mops);
	__ClearPageMovable(src);
	pages[nr] = dst;
	nr_moved++;
	__free_pages(src, 0);
	return 0;
}

/* No two free frames of HighMem are neighbours. */
static unsigned long take_every_second(void)
{
	unsigned long nr = 1;

	for (; nr < ARRAY_SIZE(pages); nr++) {
		pages[nr] = alloc_page(GFP_MOVABLE_PAGE);
		REQUIRE(pages[nr]);
		if (!PageHighMem(pages[nr]))
			break;
		set_page_private(pages[nr], nr);
		__SetPageMovable(pages[nr], &mops);
	}
	__free_page(pages[nr]);
	for (unsigned long n = 1; n < nr; n++) {
		if (page_to_pfn(pages[n]) % 2)
			continue;
		__ClearPageMovable(pages[n]);
		__free_page(pages[n]);
		pages[n] = NULL;
	}
	drain_all_pages(highmem());
	return nr;
}

static int run_budget(void)
{
	unsigned long nr = take_every_second(), mappings;
	char *p;

	REQUIRE(BUDGET_PAGES > frames_budget());
	p = vmalloc(BUDGET_PAGES * PAGE_SIZE);
	REQUIRE(p);
	mappings = frames_charged();
	REQUIRE(mappings < frames_budget() / 10 && nr_moved > 10000);
	for (unsigned long n = 0; n < BUDGET_PAGES; n += 1000) {
		REQUIRE(PageHighMem(vmalloc_to_page(p + n * PAGE_SIZE)));
		p[n * PAGE_SIZE] = 1;
	}
	vfree(p);
	for (unsigned long n = 1; n < nr; n++) {
		if (!pages[n])
			continue;
		__ClearPageMovable(pages[n]);
		__free_page(pages[n]);
	}
	vm_unmap_aliases();
	REQUIRE(!frames_charged());
	km_check();
	return 0;
}

/* ---- the program again --------------------------------------------------- */

/* Ticks compact as well: however long it takes, there are none until writers
 * write. */
static int run(void)
{
	vfree(vmalloc(1));
	interval = tick_interval_ms;
	tick_interval_ms = ULONG_MAX;
	fragment();
	compact_while_written();
	return 0;
}

static void run_with(const char *mode, const char *parameters)
{
	struct child_end end;
	char all[100];

	snprintf(all, sizeof(all), "vmalloc.lazy_max=0 %s", parameters);
	child_again(mode, all, &end);
	expect_quiet(&end);
}

/* Writes wait in the kernel. Expect many more free blocks of 2 MiB after
 * compaction, every write where it belongs, and the checksum as before. */
static void test_userfaultfd(void **state)
{
	(void)state;
	run_with("run", "highmem=64M vmap_migrate=userfaultfd");
}

/* Writes wait in a signal handler. Expect the same. */
static void test_mprotect(void **state)
{
	(void)state;
	run_with("run", "highmem=64M vmap_migrate=mprotect");
}

/* 512 MiB are free in HighMem, a page here and a page there, and 400 MiB are
 * wanted: more mappings than there may be. Expect them, in few runs, by
 * compaction. */
static void test_budget(void **state)
{
	(void)state;
	run_with("budget", "highmem=1G");
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_userfaultfd),
		cmocka_unit_test(test_mprotect),
		cmocka_unit_test(test_budget),
	};

	if (argc > 1 && !strcmp(argv[1], "run"))
		return run();
	if (argc > 1 && !strcmp(argv[1], "budget"))
		return run_budget();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
