// SPDX-License-Identifier: MIT
/*
 * test_frames.c - what the OS does with frames
 *
 * Ranges here are OS_PAGE_MOST, whole pages of any machine.
 */
#include <errno.h>
#include <string.h>

#include "arena/arena.h"
#include "diag/param.h"
#include "support/child.h"
#include "sys/os.h"

#define NR (OS_PAGE_MOST >> PAGE_SHIFT)

static unsigned long pfn; /* the first of the test's */

/* Brings frames online, at the first step that is free. */
static void start(unsigned int flags)
{
	int ret;

	parse_args("arena=64M");
	REQUIRE(!arena_init());
	do {
		spin_lock(&arena_lock);
		ret = arena_online(pfn, PAGEBLOCK_PAGES, flags);
		spin_unlock(&arena_lock);
		pfn += ret ? PAGEBLOCK_PAGES : 0;
	} while (ret == -EEXIST);
	REQUIRE(!ret);
}

static bool all_are(const unsigned char *p, unsigned char value)
{
	for (size_t at = 0; at < OS_PAGE_MOST; at++)
		if (p[at] != value)
			return false;
	return true;
}

/* Frames with something in them are discarded. Expect zeros, and the frames
 * behind them as they were. */
static void child_discard(void *arg)
{
	unsigned char *p;

	(void)arg;
	start(0);
	p = pfn_to_virt(pfn);
	memset(p, 7, 2 * OS_PAGE_MOST);
	REQUIRE(!arena_discard(pfn, NR));
	REQUIRE(all_are(p, 0) && all_are(p + OS_PAGE_MOST, 7));
}

/* Access is denied and allowed again. Expect that to be so, to a byte, and the
 * contents to stay. */
static void child_access(void *arg)
{
	unsigned char *p;

	(void)arg;
	start(0);
	p = pfn_to_virt(pfn);
	memset(p, 7, 2 * OS_PAGE_MOST);
	REQUIRE(!arena_deny(pfn, NR));
	REQUIRE(!os_readable(p) && !os_readable(p + OS_PAGE_MOST - 8));
	REQUIRE(os_readable(p + OS_PAGE_MOST));
	REQUIRE(!arena_allow(pfn, NR));
	REQUIRE(all_are(p, 7));
}

/* One frame of a page that is denied is allowed. Expect access to it, however
 * large the page is. */
static void child_allow_part(void *arg)
{
	unsigned char *p;

	(void)arg;
	start(0);
	p = pfn_to_virt(pfn);
	REQUIRE(!arena_deny(pfn, NR));
	REQUIRE(!arena_allow(pfn + 1, 1));
	REQUIRE(os_readable(p + PAGE_SIZE));
}

/* Frames of the memfd are written, mapped, viewed, zeroed and punched. Expect
 * each to show what the last one left there. */
static void child_memfd(void *arg)
{
	static unsigned char text[OS_PAGE_MOST];
	unsigned char *view, *p;

	(void)arg;
	start(ARENA_HIGHMEM);
	memset(text, 7, sizeof(text));
	REQUIRE(!arena_write(pfn, NR, text));
	p = os_map(OS_PAGE_MOST);
	REQUIRE(p && !arena_map(p, pfn, NR, OS_PROT_RW));
	REQUIRE(all_are(p, 7));
	view = arena_view(arena.highmem_fd, pfn, NR);
	REQUIRE(view && all_are(view, 7));
	REQUIRE(!arena_zero(pfn, 1));
	REQUIRE(!p[0] && !view[PAGE_SIZE - 1] && view[PAGE_SIZE] == 7);
	memset(p, 9, OS_PAGE_MOST);
	REQUIRE(all_are(view, 9));
	REQUIRE(!arena_punch(pfn, NR));
	REQUIRE(all_are(p, 0) && all_are(view, 0));
	arena_view_end(view, NR);
	REQUIRE(!os_readable(view));
}

/* A file's frames at their own addresses are made private, then hidden. Expect
 * zeros that the file does not see, and then no access. */
static void child_private(void *arg)
{
	static unsigned char text[OS_PAGE_MOST];
	unsigned char *p;

	(void)arg;
	start(0);
	p = pfn_to_virt(pfn);
	spin_lock(&arena_lock);
	REQUIRE(!arena_grow_highmem(pfn + NR));
	spin_unlock(&arena_lock);
	memset(text, 7, sizeof(text));
	REQUIRE(!arena_write(pfn, NR, text));
	REQUIRE(!arena_map(p, pfn, NR, OS_PROT_RW) && all_are(p, 7));
	REQUIRE(!arena_dont_fork(pfn, NR));
	REQUIRE(!arena_make_private(pfn, NR) && all_are(p, 0));
	memset(p, 1, OS_PAGE_MOST);
	REQUIRE(!arena_map(p, pfn, NR, OS_PROT_RW) && all_are(p, 7));
	REQUIRE(!arena_hide(pfn, NR) && !os_readable(p));
}

/* A call of the OS fails. Expect its error. */
static void child_fails(void *arg)
{
	(void)arg;
	start(0);
	os_fail_calls(1, 100);
	REQUIRE(arena_discard(pfn, NR) == -ENOMEM);
	REQUIRE(arena_deny(pfn, NR) == -ENOMEM);
	REQUIRE(arena_punch(pfn, NR) == -ENOMEM);
	REQUIRE(!arena_view(arena.highmem_fd, pfn, NR));
}

/* Frames are marked for huge pages, from the middle of a pageblock to that of
 * another, and later on. Expect the bits of those that are marked whole by
 * then, if the kernel has huge pages. */
static void child_mark_huge(void *arg)
{
	unsigned long half = PAGEBLOCK_PAGES / 2;
	const u8 *byte;
	int ret;

	(void)arg;
	start(0);
	spin_lock(&arena_lock);
	REQUIRE(!arena_online(pfn + PAGEBLOCK_PAGES, 2 * PAGEBLOCK_PAGES, 0));
	ret = arena_mark_huge(pfn + half, 2 * PAGEBLOCK_PAGES);
	REQUIRE(!ret || ret == -EINVAL);
	byte = &arena.pageblocks[pfn >> PAGEBLOCK_ORDER];
	REQUIRE(!(byte[0] & PB_HUGE) && !(byte[2] & PB_HUGE));
	REQUIRE(!(byte[1] & PB_HUGE) == (ret != 0));
	REQUIRE(byte[1] & PB_ONLINE);
	os_fail_calls(1, 1);
	REQUIRE(arena_mark_huge(pfn, PAGEBLOCK_PAGES) == -ENOMEM);
	REQUIRE(!(byte[0] & PB_HUGE));
	os_fail_calls(0, 0);
	arena_mark_huge(pfn + 2 * PAGEBLOCK_PAGES + half, half);
	REQUIRE(!(byte[2] & PB_HUGE) == (ret != 0));
	arena_mark_huge(pfn, half); /* apart, and no whole one */
	arena_mark_huge(pfn + half, half);
	REQUIRE(!(byte[0] & PB_HUGE) == (ret != 0));
	spin_unlock(&arena_lock);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		child_test(child_mark_huge), child_test(child_discard),
		child_test(child_access),    child_test(child_allow_part),
		child_test(child_memfd),     child_test(child_private),
		child_test(child_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
