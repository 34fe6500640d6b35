// SPDX-License-Identifier: MIT
/*
 * test_collapse.c - which pageblocks are made huge pages, and when none is
 *
 * Slabs are made up: their bytes in the index are all that is looked at. The
 * system's setting is that of a file made up, and the kernel's answer that of a
 * filter, so that all machines do alike. On a kernel without huge pages, which
 * refuses each mark, nothing is looked for.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "support/folder.h"
#include "support/start.h"
#include "zone/collapse.h"
#include "zone/pageblock.h"
#include "zone/surplus.h"
#include "zone/thp.h"

#define MIB_PAGES (1UL << 20 >> PAGE_SHIFT)
#define FROM (24 * MIB_PAGES)
#define BLOCK(n) ((unsigned long)(n)*PAGEBLOCK_PAGES)

static int set_up(void **state)
{
	(void)state;
	folder_make();
	return 0;
}

static int take_down(void **state)
{
	(void)state;
	return folder_remove();
}

/*
 * Answers each call for a huge page with this error: EINVAL as an old kernel
 * does, 0 as one that always has one.
 */
static void answer_collapse(unsigned int error)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_madvise, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, args[2])),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 25, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { ARRAY_SIZE(code), code };

	REQUIRE(!prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	REQUIRE(!prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program));
}

/* A heap of which the frames from 16 MiB on are marked, and none below. */
static bool start_marked(const char *cmdline, unsigned int error)
{
	char words[128];
	struct zone *zone;

	folder_put("enabled", "always [madvise] never\n");
	thp_look_at(folder, "/nonexistent");
	snprintf(words, sizeof(words), "thp=auto %s", cmdline);
	zone = start_zone(words);
	grow_zone_to(zone, 16 * MIB_PAGES);
	surplus_areas.used = FROM;
	grow_zone_to(zone, 32 * MIB_PAGES);
	answer_collapse(error);
	return thp_has_marks();
}

/* Makes frames [pfn, pfn + nr) slabs that were written to. */
static void make_slabs(unsigned long pfn, unsigned long nr)
{
	memset(arena_index + pfn, 1, nr);
	memset(pfn_to_virt(pfn), 1, nr << PAGE_SHIFT);
}

static unsigned long calls_of_tick(void)
{
	unsigned long calls = os_mem_calls;

	thp_collapse_tick();
	return os_mem_calls - calls;
}

static bool is_marked(unsigned long pfn)
{
	return READ_ONCE(*pageblock_byte(pfn)) & PB_HUGE;
}

/* Two dense pageblocks, and one that is not quite. Expect the first to be
 * collapsed at the second tick, the other at the third, and no more; the
 * kernel's word on it to be kept in PB_HUGE. */
static void child_dense(void *arg)
{
	(void)arg;
	if (!start_marked("", 0))
		return;
	make_slabs(BLOCK(2), PAGEBLOCK_PAGES);
	make_slabs(BLOCK(4), PAGEBLOCK_PAGES - 16);
	make_slabs(BLOCK(5), PAGEBLOCK_PAGES - 17);
	REQUIRE(calls_of_tick() == 0);
	REQUIRE(calls_of_tick() == 1);
	REQUIRE(is_marked(BLOCK(2)) && !is_marked(BLOCK(4)));
	REQUIRE(calls_of_tick() == 1 && is_marked(BLOCK(4)));
	REQUIRE(calls_of_tick() == 0 && !is_marked(BLOCK(5)));
	REQUIRE(*(char *)pfn_to_virt(BLOCK(2) + 77) == 1);
}

/* A page of a dense pageblock goes back, before and after it is collapsed.
 * Expect it to be left alone for 120 ticks, and PB_HUGE to go. */
static void child_given(void *arg)
{
	(void)arg;
	if (!start_marked("", 0))
		return;
	make_slabs(BLOCK(3), PAGEBLOCK_PAGES);
	REQUIRE(calls_of_tick() == 0);
	REQUIRE(!arena_discard(BLOCK(3) + 5, 1));
	for (int i = 0; i < 121; i++)
		REQUIRE(calls_of_tick() == 0);
	REQUIRE(calls_of_tick() == 1 && is_marked(BLOCK(3)));
	REQUIRE(!arena_discard(BLOCK(2) + 511, 2));
	REQUIRE(calls_of_tick() == 0 && !is_marked(BLOCK(3)));
	for (int i = 0; i < 120; i++)
		REQUIRE(calls_of_tick() == 0);
	REQUIRE(calls_of_tick() == 1 && is_marked(BLOCK(3)));
}

/* A collapse that fails. Expect another pageblock to be tried, and this one
 * only when it has waited. */
static void child_fails(void *arg)
{
	(void)arg;
	if (!start_marked("", 0))
		return;
	make_slabs(BLOCK(2), PAGEBLOCK_PAGES);
	make_slabs(BLOCK(3), PAGEBLOCK_PAGES);
	calls_of_tick();
	os_fail_calls(1, 1);
	REQUIRE(calls_of_tick() == 1 && !is_marked(BLOCK(2)));
	os_fail_calls(0, 0);
	REQUIRE(calls_of_tick() == 1 && is_marked(BLOCK(3)));
	for (int i = 0; i < 119; i++)
		REQUIRE(calls_of_tick() == 0);
	REQUIRE(calls_of_tick() == 1 && is_marked(BLOCK(2)));
}

/* The first frames are not mapped. Expect that pageblock to be left alone. */
static void child_skipped(void *arg)
{
	(void)arg;
	if (!start_marked("", 0))
		return;
	node_data[0].node_zones[ZONE_NORMAL].first_frame = 3;
	make_slabs(BLOCK(0), PAGEBLOCK_PAGES);
	make_slabs(BLOCK(1), PAGEBLOCK_PAGES);
	calls_of_tick();
	REQUIRE(calls_of_tick() == 1 && !is_marked(BLOCK(0)));
	REQUIRE(is_marked(BLOCK(1)));
	REQUIRE(calls_of_tick() == 0);
}

static void expect_no_call(void)
{
	make_slabs(BLOCK(2), PAGEBLOCK_PAGES);
	for (int i = 0; i < 3; i++)
		REQUIRE(calls_of_tick() == 0);
}

/* A process that forks, its child, a heap without marks, and one near its
 * limit. Expect no call. */
static void child_forked(void *arg)
{
	(void)arg;
	start_marked("", 0);
	thp_collapse_fork_parent();
	expect_no_call();
}

static void child_child(void *arg)
{
	(void)arg;
	start_marked("", 0);
	thp_collapse_fork_child();
	expect_no_call();
	for (int i = 0; i < 200; i++)
		REQUIRE(calls_of_tick() == 0);
}

static void child_unmarked(void *arg)
{
	(void)arg;
	REQUIRE(!start_marked("thp=never", 0));
	expect_no_call();
}

static void child_near_limit(void *arg)
{
	(void)arg;
	if (!start_marked("page_reporting.limit=64M", 0))
		return;
	surplus_areas.used = 2 * FROM;
	expect_no_call();
	surplus_areas.used = FROM;
	calls_of_tick();
	REQUIRE(calls_of_tick() == 1);
}

/* A kernel without it. Expect it to be asked once. */
static void child_old_kernel(void *arg)
{
	(void)arg;
	if (!start_marked("", EINVAL))
		return;
	make_slabs(BLOCK(2), PAGEBLOCK_PAGES);
	make_slabs(BLOCK(3), PAGEBLOCK_PAGES);
	calls_of_tick();
	REQUIRE(calls_of_tick() == 2);
	for (int i = 0; i < 200; i++)
		REQUIRE(calls_of_tick() == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		child_test(child_dense),      child_test(child_given),
		child_test(child_fails),      child_test(child_skipped),
		child_test(child_forked),     child_test(child_child),
		child_test(child_unmarked),   child_test(child_near_limit),
		child_test(child_old_kernel),
	};

	return cmocka_run_group_tests(tests, set_up, take_down);
}
