// SPDX-License-Identifier: MIT
/*
 * test_migrate.c - what a run of moves costs, and moves that fail on the way
 */
#include <dirent.h>

#include "support/vmscatter.h"

#define NR 500UL
#define CALLS 20UL /* memory calls of which each is made to fail once */

static unsigned long open_files(void)
{
	DIR *dir = opendir("/proc/self/fd");
	unsigned long nr = 0;

	REQUIRE(dir);
	while (readdir(dir))
		nr++;
	closedir(dir);
	return nr;
}

/* A run of compaction moves hundreds of pages whose writers wait by
 * userfaultfd. Expect one such for the whole run, and no file of it left
 * open. */
static void child_one_userfaultfd(void *arg)
{
	unsigned long moved, files;
	char *p;

	scatter_start("vmap_migrate=userfaultfd", arg);
	for (unsigned long run = 1; run <= 3; run++) {
		p = scattered_area(NR, PAGE_KERNEL);
		stamp_pages(p, NR, run);
		files = open_files();
		moved = moves_of(p);
		REQUIRE(has_stamp(p, NR, run));
		REQUIRE(open_files() == files);
		vfree(p);
		vm_unmap_aliases();
		if (!os_wp_opened) {
			REQUIRE(!moved); /* not on this system */
			return;
		}
		REQUIRE(moved > NR / 2 && os_wp_opened == run);
	}
	vm_books();
}

/* Pages whose writers wait by signals, and pages that are not writable. Expect
 * them to move without a userfaultfd. */
static void child_none(void *arg)
{
	char *p;

	scatter_start("vmap_migrate=mprotect", arg);
	p = scattered_area(NR, PAGE_KERNEL);
	REQUIRE(moves_of(p) > NR / 2);
	vfree(p);
	p = scattered_area(NR, PAGE_KERNEL_RO);
	REQUIRE(moves_of(p) > NR / 2);
	vfree(p);
	REQUIRE(!os_wp_opened);
}

/* A block of eight pages comes first, and single pages alone are free for it to
 * move to. Expect it to stay, and the single pages behind it to move. */
static void child_block(void *arg)
{
	struct page *first;
	char *p;

	scatter_start("", arg);
	p = scattered_behind(8, NR, PAGE_KERNEL);
	first = find_vm_area(p)->pages[0];
	REQUIRE(page_to_pfn(first) ==
		NODE_DATA(0)->node_zones[ZONE_HIGHMEM].zone_start_pfn);
	REQUIRE(first->order == 3);
	stamp_pages(p, NR, 1);
	REQUIRE(moves_of(p) > NR / 2);
	REQUIRE(find_vm_area(p)->pages[0] == first && has_stamp(p, NR, 1));
	vfree(p);
	vm_books();
}

static void fail_each(const char *how, const char *backend)
{
	scatter_start(how, backend);
	for (unsigned long call = 0; call < CALLS; call++) {
		char *p = scattered_area(NR, PAGE_KERNEL);

		stamp_pages(p, NR, call);
		os_fail_calls(os_mem_calls + call, 1 + call % 3);
		moves_of(p);
		os_fail_calls(0, 0);
		REQUIRE(has_stamp(p, NR, call));
		stamp_pages(p, NR, call + 1); /* writable as it was */
		REQUIRE(has_stamp(p, NR, call + 1));
		vfree(p);
		vm_unmap_aliases();
	}
	vm_books();
}

/* A call to the OS fails in the middle of a run, then the next one. Expect
 * every byte where it was, and every page writable. */
static void child_fail(void *arg)
{
	fail_each("vmap_migrate=auto", arg);
}

static void child_fail_mprotect(void *arg)
{
	fail_each("vmap_migrate=mprotect", arg);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		vm_tests(child_one_userfaultfd), vm_tests(child_none),
		vm_tests(child_block),		 vm_tests(child_fail),
		vm_tests(child_fail_mprotect),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
