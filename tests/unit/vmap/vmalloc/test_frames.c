// SPDX-License-Identifier: MIT
/*
 * test_frames.c - runs of frames, the budget of mappings, and runs that are
 * mapped
 */
#include <fcntl.h>

#include "support/vmtest.h"

#define HIGH (GFP_KERNEL | __GFP_HIGHMEM)
#define NR 8

/* Arrays of pages. Expect the length of the first run, and how many there are;
 * descending frames, the same frame twice and a single page are no run. */
static void test_runs(void **state)
{
	static const struct {
		unsigned int frames[NR], nr, first, runs;
	} rows[] = {
		{ { 5 }, 1, 1, 1 },
		{ { 5, 6, 7, 8 }, 4, 4, 1 },
		{ { 5, 6, 7, 8 }, 3, 3, 1 },
		{ { 7, 8, 9, 40, 12, 13 }, 6, 3, 3 },
		{ { 3, 2, 1 }, 3, 1, 3 },
		{ { 4, 4, 5 }, 3, 1, 2 },
		{ { 1, 3, 5, 7, 9, 11, 13, 15 }, 8, 1, 8 },
	};
	static struct page frames[64];

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(rows); i++) {
		struct page *pages[NR];

		for (unsigned int n = 0; n < rows[i].nr; n++)
			pages[n] = &frames[rows[i].frames[n]];
		assert_int_equal(frames_run(pages, rows[i].nr), rows[i].first);
		assert_int_equal(frames_runs(pages, rows[i].nr), rows[i].runs);
	}
	assert_int_equal(frames_runs(NULL, 0), 0);
}

/* A budget of ten mappings. Expect ten to be had and not one more, nothing
 * charged by a refusal, and a charge that must not fail to go beyond. */
static void child_budget(void *arg)
{
	(void)arg;
	parse_args("vmap.max_mappings=10");
	REQUIRE(frames_budget() == 10);
	REQUIRE(frames_charge(4) == 0);
	REQUIRE(frames_charge(7) == -ENOMEM);
	REQUIRE(frames_charged() == 4);
	REQUIRE(frames_charge(6) == 0);
	REQUIRE(frames_charge(1) == -ENOMEM);
	REQUIRE(frames_charge(0) == 0);
	frames_charge_beyond(5);
	REQUIRE(frames_charged() == 15);
	REQUIRE(frames_charge(0) == -ENOMEM);
	frames_uncharge(6);
	REQUIRE(frames_charge(1) == 0);
	REQUIRE(frames_charge(1) == -ENOMEM);
}

/* No parameter. Expect half of what the system allows. */
static void child_default(void *arg)
{
	(void)arg;
	REQUIRE(frames_budget() == os_max_map_count() / 2);
}

static void set(void *line)
{
	parse_args(line);
}

/* Values of the three parameters, good ones and others. Expect these to be
 * named, and what was set to stay. */
static void child_parameters(void *arg)
{
	static const char *const bad[] = { "vmap=mmaps", "vmap_fork=",
					   "vmap.max_mappings=0" };
	char said[512];

	(void)arg;
	REQUIRE(vmap_backend == VMAP_MMAP && vmap_fork == VMAP_FORK_COPY);
	parse_args("vmap=remap_file_pages vmap_fork=none");
	REQUIRE(vmap_backend == VMAP_REMAP_FILE_PAGES);
	REQUIRE(vmap_fork == VMAP_FORK_NONE);
	parse_args("vmap_fork=share");
	REQUIRE(vmap_fork == VMAP_FORK_SHARE);
	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++) {
		char line[32];

		strcpy(line, bad[i]);
		capture_stderr(set, line, said, sizeof(said));
		REQUIRE(strstr(said, bad[i]));
	}
	REQUIRE(vmap_backend == VMAP_REMAP_FILE_PAGES);
	REQUIRE(vmap_fork == VMAP_FORK_SHARE);
}

/* Two runs of two frames of HighMem; returns a place for four pages. */
static uintptr_t scattered(struct page **pages)
{
	struct space_want want = { .size = 4 * PAGE_SIZE,
				   .align = PAGE_SIZE,
				   .start = VMALLOC_START,
				   .end = VMALLOC_END };
	struct page *block = alloc_pages(HIGH, 3);
	struct vmap_area *va = va_struct_alloc();

	REQUIRE(block && va);
	pages[0] = block + 6;
	pages[1] = block + 7;
	pages[2] = block;
	pages[3] = block + 1;
	REQUIRE(frames_runs(pages, 4) == 2);
	REQUIRE(space_hold(va, &want));
	return va->va_start;
}

/* Asks the system to write a zero there: a child would not have the mapping. */
static bool is_writable(uintptr_t at)
{
	int fd = open("/dev/zero", O_RDONLY);
	bool written = read(fd, (void *)at, 1) == 1;

	REQUIRE(fd >= 0 && (written || errno == EFAULT));
	close(fd);
	return written;
}

/* Two runs are mapped, twice. Expect each page at its place, one memory under
 * both, and no access once they are unmapped. */
static void child_map(void *arg)
{
	struct page *pages[4];
	uintptr_t at, other;

	vm_start("", arg);
	at = scattered(pages);
	other = at + 2 * PAGE_SIZE;
	REQUIRE(!frames_map(at, pages, 2, OS_PROT_READ | OS_PROT_WRITE));
	memset((void *)at, 6, PAGE_SIZE);
	memset((void *)(at + PAGE_SIZE), 7, PAGE_SIZE);
	REQUIRE(!frames_unmap(at, 2 * PAGE_SIZE));
	REQUIRE(!frames_map(at, pages, 4, OS_PROT_READ | OS_PROT_WRITE));
	REQUIRE(*(char *)at == 6 && *(char *)(at + PAGE_SIZE) == 7);
	memset((void *)other, 1, PAGE_SIZE);
	REQUIRE(!frames_unmap(other, 2 * PAGE_SIZE));
	REQUIRE(!frames_map(other, pages + 2, 1, OS_PROT_READ));
	REQUIRE(*(char *)other == 1);
	REQUIRE(!is_writable(other));
	REQUIRE(is_writable(at));
	REQUIRE(!frames_unmap(at, 4 * PAGE_SIZE));
	REQUIRE(!is_writable(at) && !os_readable((void *)at));
}

/* Each call of the system that the mapping makes fails, in turn. Expect -ENOMEM
 * and no page mapped; and the mapping when none fails. */
static void child_map_short(void *arg)
{
	struct page *pages[4];
	unsigned int failed = 0;
	uintptr_t at;
	int ret;

	vm_start("", arg);
	at = scattered(pages);
	for (unsigned long n = 1;; n++) {
		os_fail_calls(n, 1);
		ret = frames_map(at, pages, 4, OS_PROT_READ | OS_PROT_WRITE);
		os_fail_calls(0, 0);
		if (!ret)
			break;
		REQUIRE(ret == -ENOMEM);
		failed++;
		for (unsigned int i = 0; i < 4; i++)
			REQUIRE(!is_writable(at + i * PAGE_SIZE));
	}
	REQUIRE(failed >= 3); /* two runs, and not for children of fork() */
	for (unsigned int i = 0; i < 4; i++)
		REQUIRE(is_writable(at + i * PAGE_SIZE));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_runs), child_test(child_budget),
		child_test(child_default),   child_test(child_parameters),
		vm_tests(child_map),	     vm_tests(child_map_short),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
