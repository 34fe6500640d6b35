// SPDX-License-Identifier: MIT
/*
 * test_highmem.c - the memory of HighMem goes back, and does not outlive exec
 */
#include <sys/stat.h>

#include <kmalloc/kmalloc.h>

#include "buddy/buddy.h"
#include "core/tick.h"
#include "support/kmtest.h"
#include "vmap/vmalloc/internal.h"
#include "zone/sysctl.h"

#define SIZE (8UL << 20)

/* Bytes of memory that the file has. */
static size_t file_bytes(void)
{
	struct stat st;

	assert_int_equal(fstat(arena.highmem_fd, &st), 0);
	return (size_t)st.st_blocks * 512;
}

/* 8 MiB are written and freed. Expect the file to have them until ticks have
 * passed that the reporting of free pages waits for, and nothing of them
 * after. */
static void test_goes_back(void **state)
{
	char *p = vmalloc(SIZE);
	unsigned int ticks = 0;

	(void)state;
	assert_true(do_sysctl("vm.free_dirty_bytes", NULL, 0, "67108864") >= 0);
	assert_non_null(p);
	if (!PageHighMem(vmalloc_to_page(p)))
		skip();
	memset(p, 1, SIZE);
	assert_true(file_bytes() >= SIZE);
	vfree(p);
	vm_unmap_aliases();
	drain_all_pages(&NODE_DATA(0)->node_zones[ZONE_HIGHMEM]);
	assert_true(file_bytes() >= SIZE);
	while (file_bytes() && ticks < 100) {
		ticks++;
		tick_run(os_now_ms());
	}
	assert_in_range(ticks, 1, 99);
	p = vmalloc(SIZE); /* and it can be had again */
	for (size_t at = 0; at < SIZE; at += PAGE_SIZE)
		assert_int_equal(p[at], 0);
	vfree(p);
	km_check();
}

static void list_files(void *arg)
{
	char *argv[] = { arg, (char[]){ "-l" }, (char[]){ "/proc/self/fd" },
			 NULL };

	dup2(2, 1);
	execv(arg, argv);
	_exit(127);
}

/* A program is executed while there is such a file. Expect it not to have
 * it. */
static void test_exec(void **state)
{
	struct child_end end;
	char program[] = "/bin/ls";
	char *p = vmalloc(SIZE);

	(void)state;
	child_run(list_files, program, &end);
	assert_int_equal(end.status, 0);
	assert_non_null(strstr(end.err, "0 -> "));
	assert_null(strstr(end.err, "libkmalloc"));
	vfree(p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_goes_back),
		cmocka_unit_test(test_exec),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
