// SPDX-License-Identifier: MIT
/*
 * test_move.c - pages that move from one mapping, and from several
 *
 * A stretch that is not inherited by fork is a mapping of its own on every
 * kernel, so mappings are made of pages of which every second stretch is so.
 */
#include <errno.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "support/backend.h"
#include "sys/os.h"

#define NR 60UL /* pages that move */
#define MORE 20UL /* that come behind them */
#define PAGES(n) ((n)*OS_PAGE_SIZE)

/* Makes a range of NR pages with text in each, cut at every `step` pages. */
static uintptr_t make_old(unsigned long step)
{
	char *p = os_map(PAGES(NR));

	REQUIRE(p);
	for (unsigned long at = 0; at < NR; at += 2 * step)
		REQUIRE(!madvise(p + PAGES(at), PAGES(min(step, NR - at)),
				 MADV_DONTFORK));
	for (unsigned long n = 0; n < NR; n++)
		p[PAGES(n)] = p[PAGES(n) + OS_PAGE_SIZE - 1] = (char)(n + 1);
	return (uintptr_t)p;
}

static uintptr_t make_target(void)
{
	void *to = os_place(PAGES(NR + MORE));

	REQUIRE(to && !os_reserve(to, PAGES(NR + MORE)));
	return (uintptr_t)to;
}

static bool has_bytes(uintptr_t at)
{
	const char *p = (const char *)at;

	for (unsigned long n = 0; n < NR; n++)
		if (p[PAGES(n)] != (char)(n + 1) ||
		    p[PAGES(n) + OS_PAGE_SIZE - 1] != (char)(n + 1))
			return false;
	return true;
}

/* The bytes have come, zeros are behind them, and the old place is free. */
static void require_moved(uintptr_t old, uintptr_t to)
{
	char *p = (char *)to;

	REQUIRE(has_bytes(to));
	for (size_t at = PAGES(NR); at < PAGES(NR + MORE); at++)
		REQUIRE(!p[at]);
	memset(p, 1, PAGES(NR + MORE));
	REQUIRE(!os_reserve((void *)old, PAGES(NR)));
	os_release((void *)old, PAGES(NR));
	os_release((void *)to, PAGES(NR + MORE));
}

static unsigned long page_faults(void)
{
	struct rusage usage;

	getrusage(RUSAGE_SELF, &usage);
	return (unsigned long)usage.ru_minflt;
}

/* Returns how many mappings lie in a range. */
static unsigned int mappings_in(uintptr_t start, size_t size)
{
	FILE *f = fopen("/proc/self/maps", "r");
	unsigned long from, to;
	unsigned int nr = 0;
	char line[512];

	REQUIRE(f);
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "%lx-%lx ", &from, &to) == 2)
			nr += from < start + size && to > start;
	fclose(f);
	return nr;
}

/* One mapping. Expect one call. */
static void child_one(void *arg)
{
	uintptr_t old = make_old(NR), to = make_target();
	unsigned long calls = os_mem_calls;

	(void)arg;
	REQUIRE(!move_pages(old, PAGES(NR), to, PAGES(NR + MORE)));
	REQUIRE(os_mem_calls == calls + 1);
	require_moved(old, to);
}

/* Mappings of all lengths, from one page on. Expect them to move without a
 * fault of each page, as a copy has, while they are few; and few mappings. */
static void child_pieces(void *arg)
{
	(void)arg;
	for (unsigned long step = 1; step < NR; step++) {
		uintptr_t old = make_old(step), to = make_target();
		unsigned long faults = page_faults();

		REQUIRE(!move_pages(old, PAGES(NR), to, PAGES(NR + MORE)));
		faults = page_faults() - faults;
		REQUIRE(NR / step >= 8 || faults < NR / 3);
		REQUIRE(mappings_in(to, PAGES(NR + MORE)) <= 9);
		require_moved(old, to);
	}
}

/* A lazy range beside mappings that move. Expect them to stay while it has room
 * for what was asked for: a copy is made then. */
static void child_lazy(void *arg)
{
	struct large_area *area;
	uintptr_t old, to;

	(void)arg;
	REQUIRE(!start_vmap(""));
	area = large_area_alloc(PAGES(NR + MORE), OS_PAGE_SIZE);
	REQUIRE(area && large_area_unlink((void *)area->va.va_start) == area);
	large_area_free(area);
	old = make_old(9);
	to = make_target();
	REQUIRE(move_pages(old, PAGES(NR), to, PAGES(NR + MORE)) == -EFAULT);
	REQUIRE(has_bytes(old));
	os_release((void *)to, PAGES(NR + MORE));
	to = (uintptr_t)os_place(PAGES(NR + MORE + 1));
	REQUIRE(to && !os_reserve((void *)to, PAGES(NR + MORE + 1)));
	REQUIRE(!move_pages(old, PAGES(NR), to, PAGES(NR + MORE + 1)));
	require_moved(old, to);
}

static void child_fail(void *arg)
{
	uintptr_t old = make_old(9), to = make_target();
	int ret;

	os_fail_calls((unsigned long)arg, 1);
	ret = move_pages(old, PAGES(NR), to, PAGES(NR + MORE));
	os_fail_calls(0, 0);
	REQUIRE(has_bytes(ret ? old : to));
	REQUIRE(ret || (unsigned long)arg > 3);
}

/* Each call of the OS fails in its turn. Expect all bytes
 * at one of the two places, and once the new one is committed at that. */
static void test_fail(void **state)
{
	(void)state;
	for (long n = 1; n < 14; n++) {
		struct child_end end;

		child_run(child_fail, (void *)n, &end);
		if (end.status)
			fail_msg("n=%ld status %#x: %s", n, end.status,
				 end.err);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		child_test(child_one),
		child_test(child_pieces),
		child_test(child_lazy),
		cmocka_unit_test(test_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
