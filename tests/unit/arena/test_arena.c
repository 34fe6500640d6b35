// SPDX-License-Identifier: MIT
/*
 * test_arena.c - the span of addresses, what of it is mapped, and its holes
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "arena/arena.h"
#include "diag/param.h"
#include "sys/os.h"
#include "support/child.h"

#define MIB (1UL << 20)
/* The shadow of a sanitizer is larger than any limit. */
#define NO_LIMITS (KM_SANITIZE_ADDRESS || KM_SANITIZE_THREAD)

#define SECTION (32 * MIB >> PAGE_SHIFT)

static unsigned long next, skipped; /* as a zone would keep them */

/* The next `nr` frames, past foreign mappings in the way: the first. */
static long online(unsigned long nr)
{
	int ret;

	do {
		spin_lock(&arena_lock);
		ret = arena_online(next, nr, 0);
		spin_unlock(&arena_lock);
		if (ret && ret != -EEXIST)
			return ret;
		next += nr;
		skipped += ret ? nr : 0;
	} while (ret);
	return (long)(next - nr);
}

/* ARENA3, and ARENA2 over the whole index. */
static void check_arena(void)
{
	unsigned long frames = 0;

	for (unsigned long pfn = 0; pfn < arena_nr_frames; pfn++) {
		if (pfn_online(pfn))
			frames++;
		else
			REQUIRE(arena_index[pfn] == 0);
	}
	REQUIRE(frames == arena.online_frames);
	REQUIRE(frames == arena.charged_frames);
	REQUIRE(frames + skipped >= arena_nr_frames);
}

/* Bring everything online and write to each frame and struct page. */
static void use_everything(unsigned long step)
{
	long pfn;

	while ((pfn = online(step)) >= 0) {
		for (unsigned long n = 0; n < step; n++) {
			unsigned long f = (unsigned long)pfn + n;
			unsigned long *word = pfn_to_virt(f);

			REQUIRE(*word == 0 && arena_index[f] == 0);
			REQUIRE(pfn_to_page(f)->type == PAGE_NONE);
			*word = f;
			pfn_to_page(f)->owner[0] = f;
			arena_index[f] = (u8)(f | 1);
		}
		check_arena();
	}
	REQUIRE(pfn == -ENOMEM);
}

/* Put a foreign mapping of a page at an address: it is there afterwards. */
static char *intrude(const void *at)
{
	char *p = mmap((void *)(uintptr_t)at, PAGE_SIZE, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1,
		       0);

	REQUIRE(p == at);
	*p = 0x55;
	return p;
}

/* A span by boot parameter. Expect that size, aligned to the largest block,
 * nothing online, and all of it to be brought online and used. */
static void child_span(void *arg)
{
	(void)arg;
	parse_args("arena=64M");
	REQUIRE(!arena_init());
	REQUIRE(arena.span_frames == 64 * MIB >> PAGE_SHIFT);
	REQUIRE(arena_base % MAX_BLOCK_SIZE == 0);
	REQUIRE(arena_nr_frames == 0);
	REQUIRE(arena.vmalloc_start ==
		arena_base + (arena.span_frames << PAGE_SHIFT));
	REQUIRE(arena.vmalloc_end - arena.vmalloc_start == 64 * MIB);
	use_everything(MAX_ORDER_NR_PAGES);
	REQUIRE(arena_nr_frames == arena.span_frames);
	REQUIRE(arena_fast_thread == arena_nr_frames && !arena_fast_cpu);
}

/* The same by steps of 512 KiB. Expect pageblocks that come online in parts,
 * and what was known of them kept. */
static void child_steps(void *arg)
{
	(void)arg;
	parse_args("arena=32M");
	REQUIRE(!arena_init());
	REQUIRE(online(ARENA_STEP) == 0 && arena_nr_frames == ARENA_STEP);
	REQUIRE(pfn_online(0) && !pfn_online(ARENA_STEP));
	arena_fast_by_cpu();
	REQUIRE(arena_fast_cpu == ARENA_STEP && !arena_fast_thread);
	arena.pageblocks[0] |= 1;
	REQUIRE(online(ARENA_STEP) == ARENA_STEP);
	REQUIRE(pfn_online(ARENA_STEP) && (arena.pageblocks[0] & PB_TYPE) == 1);
	use_everything(ARENA_STEP);
	REQUIRE(arena_nr_frames == arena.span_frames);
	REQUIRE(arena_fast_cpu == arena_nr_frames && !arena_fast_thread);
}

/* Bytes of address space that are mapped. */
static size_t mapped(void)
{
	return os_address_space_used();
}

/* No boot parameter. Expect 64 GiB or more, of which nothing is mapped but the
 * first bytes of the tables, and with a section what it needs. */
static void child_default_span(void *arg)
{
	size_t before = mapped();

	(void)arg;
	REQUIRE(!arena_init());
	REQUIRE(arena.span_frames >= 64UL << 30 >> PAGE_SHIFT);
	REQUIRE(mapped() - before <= 32 * PAGE_SIZE);
	REQUIRE(online(SECTION) == 0);
	REQUIRE(mapped() - before <= 33 * MIB);
	arena_index[SECTION - 1] = 1; /* the index comes with the section */
	pfn_to_page(SECTION - 1)->owner[0] = 1;
	REQUIRE(!pfn_online(SECTION));
	REQUIRE(!arena_contains(pfn_to_virt(SECTION)));
}

/* Frames far behind those that are online, then some between, as zones have
 * them. Expect an index that can be read in the gap, and written where frames
 * came online, with the bytes of others left alone. */
static void child_gap(void *arg)
{
	const unsigned long far = 1UL << 20, between = 6 * MAX_ORDER_NR_PAGES;

	(void)arg;
	REQUIRE(!arena_init());
	REQUIRE(online(SECTION) == 0);
	memset(arena_index, 1, SECTION);
	spin_lock(&arena_lock);
	REQUIRE(!arena_online(far, SECTION, 0));
	spin_unlock(&arena_lock);
	memset(arena_index + far, 2, SECTION);
	REQUIRE(arena_nr_frames == far + SECTION);
	for (unsigned long pfn = SECTION; pfn < far; pfn++)
		REQUIRE(!arena_index[pfn] && !pfn_online(pfn));
	spin_lock(&arena_lock);
	REQUIRE(!arena_online(SECTION + between, SECTION, 0));
	spin_unlock(&arena_lock);
	memset(arena_index + SECTION + between, 3, SECTION);
	REQUIRE(arena_nr_frames == far + SECTION);
	for (unsigned long pfn = 0; pfn < far + SECTION; pfn++)
		REQUIRE(!arena_index[pfn] == !pfn_online(pfn));
	REQUIRE(arena_index[0] == 1 && arena_index[far] == 2);
}

/* Frames, pages and addresses there and back. Expect the same again, and
 * nothing contained that is not online yet. */
static void child_conversions(void *arg)
{
	const unsigned long nr = MAX_ORDER_NR_PAGES;

	(void)arg;
	parse_args("arena=64M");
	REQUIRE(!arena_init());
	REQUIRE(online(nr) == 0);
	for (unsigned long pfn = 0; pfn < nr; pfn += 37) {
		char *addr = pfn_to_virt(pfn);

		REQUIRE(page_to_pfn(pfn_to_page(pfn)) == pfn);
		REQUIRE(virt_to_pfn(addr) == pfn);
		REQUIRE(virt_to_pfn(addr + PAGE_SIZE - 1) == pfn);
		REQUIRE(page_to_virt(__virt_to_page(addr)) == addr);
		REQUIRE(arena_contains(addr) && pfn_online(pfn));
	}
	REQUIRE(!pfn_online(nr));
	REQUIRE(arena_contains((char *)pfn_to_virt(nr) - 1));
	REQUIRE(!arena_contains(pfn_to_virt(nr)));
	REQUIRE(!arena_contains((char *)pfn_to_virt(0) - 1));
	REQUIRE(!arena_contains(NULL) && !arena_contains(&nr));
}

/* Another mapping in the way of frames, of struct pages, and of both. Expect
 * each to be passed over and left alone, the arena to grow behind, and the
 * place to be had once it is free. */
static void child_holes(void *arg)
{
	const unsigned long nr = MAX_ORDER_NR_PAGES;
	char *frames, *pages;

	(void)arg;
	parse_args("arena=64M");
	REQUIRE(!arena_init());
	REQUIRE(online(nr) == 0);
	frames = intrude((char *)pfn_to_virt(2 * nr) - PAGE_SIZE);
	REQUIRE(online(nr) == (long)(2 * nr) && skipped == nr);
	pages = intrude(pfn_to_page(3 * nr));
	REQUIRE(online(nr) == (long)(4 * nr) && skipped == 2 * nr);
	check_arena();
	REQUIRE(!pfn_online(nr) && !pfn_online(3 * nr));
	REQUIRE(*frames == 0x55 && *pages == 0x55);
	use_everything(nr);
	REQUIRE(skipped == 2 * nr && *frames == 0x55 && *pages == 0x55);
	munmap(frames, PAGE_SIZE);
	munmap(pages, PAGE_SIZE);
	for (unsigned long pfn = nr; pfn <= 3 * nr; pfn += 2 * nr) {
		spin_lock(&arena_lock);
		REQUIRE(!arena_online(pfn, nr, 0));
		spin_unlock(&arena_lock);
		pfn_to_page(pfn)->owner[0] = 1;
		*(char *)pfn_to_virt(pfn) = 1;
	}
	REQUIRE(arena.online_frames == arena.span_frames);
}

/* Another mapping in the way of index bytes. Expect -ENOMEM, with nothing
 * skipped, as long as it is there. */
static void child_index_in_way(void *arg)
{
	char *p;

	(void)arg;
	REQUIRE(!arena_init());
	while (next < arena.index_end)
		REQUIRE(online(MAX_ORDER_NR_PAGES) >= 0);
	p = intrude(arena_index + arena.index_end);
	REQUIRE(online(MAX_ORDER_NR_PAGES) == -ENOMEM && !skipped);
	munmap(p, PAGE_SIZE);
	REQUIRE(online(MAX_ORDER_NR_PAGES) >= 0);
	check_arena();
}

static void tell_base(void *arg)
{
	(void)arg;
	REQUIRE(!arena_init());
	fprintf(stderr, "%lx", (unsigned long)arena_base);
}

/* Eight starts. Expect spans whose addresses differ in many bits. */
static void test_random(void **state)
{
	unsigned long bits = 0, first = 0;

	(void)state;
	for (int i = 0; i < 8; i++) {
		struct child_end end;
		unsigned long base;

		child_run(tell_base, NULL, &end);
		assert_int_equal(end.status, 0);
		base = strtoul(end.err, NULL, 16);
		first = first ? first : base;
		bits |= first ^ base;
	}
	/* the chance that a bit is the same in all of 8 is 1 in 128 */
	if (!KM_SANITIZE_THREAD)
		assert_true(__builtin_popcountl(bits) >= 12);
}

static void touch_offline(void *arg)
{
	(void)arg;
	*(volatile char *)pfn_to_virt(arena_nr_frames);
}

/* A touch of memory that is not online. Expect a fault, not memory. */
static void child_offline(void *arg)
{
	struct child_end end;

	(void)arg;
	parse_args("arena=64M");
	REQUIRE(!arena_init());
	signal(SIGSEGV, SIG_DFL); /* a sanitizer's handler would explain it */
	child_run(touch_offline, NULL, &end);
	REQUIRE(WIFSIGNALED(end.status) && WTERMSIG(end.status) == SIGSEGV);
}

static void limit_address_space(size_t left)
{
	struct rlimit limit;

	REQUIRE(!getrlimit(RLIMIT_AS, &limit));
	limit.rlim_cur = 1UL << 40; /* so that what is used is counted */
	REQUIRE(!setrlimit(RLIMIT_AS, &limit));
	limit.rlim_cur -= os_address_space_left() - left;
	REQUIRE(!setrlimit(RLIMIT_AS, &limit));
}

/* RLIMIT_AS, hard, with 128 MiB left. Expect a span of no more than can be
 * used, small sections, and growth to nearly that. */
static void child_limited(void *arg)
{
	struct rlimit limit;

	(void)arg;
	if (NO_LIMITS)
		return;
	limit_address_space(128 * MIB);
	REQUIRE(!getrlimit(RLIMIT_AS, &limit));
	limit.rlim_max = limit.rlim_cur;
	REQUIRE(!setrlimit(RLIMIT_AS, &limit));
	REQUIRE(!arena_init());
	REQUIRE(arena.span_frames << PAGE_SHIFT <= limit.rlim_max + 32 * MIB);
	REQUIRE(arena.section_frames == MAX_ORDER_NR_PAGES);
	while (online(MAX_ORDER_NR_PAGES) >= 0)
		;
	REQUIRE(!skipped);
	REQUIRE(arena.online_frames << PAGE_SHIFT >= 110 * MIB);
	check_arena();
}

/* RLIMIT_AS reached, then raised. Expect -ENOMEM with nothing skipped, and
 * growth later: want of memory is not a place that is taken. */
static void child_limit_raised(void *arg)
{
	const unsigned long nr = MAX_ORDER_NR_PAGES;
	struct rlimit limit;

	(void)arg;
	if (NO_LIMITS)
		return;
	limit_address_space(128 * MIB);
	REQUIRE(!arena_init());
	REQUIRE(online(nr) == 0);
	limit_address_space(MIB);
	REQUIRE(online(nr) == -ENOMEM);
	REQUIRE(arena_nr_frames == nr && !skipped);
	REQUIRE(online(ARENA_STEP) == (long)nr);
	REQUIRE(!getrlimit(RLIMIT_AS, &limit));
	limit.rlim_cur = limit.rlim_max;
	REQUIRE(!setrlimit(RLIMIT_AS, &limit));
	REQUIRE(online(nr) >= 0);
	check_arena();
}

/* mlockall(MCL_FUTURE) by an ordinary user who may lock 4 MiB. Expect a large
 * section to be refused with nothing skipped, and small ones to come. */
static void child_locked(void *arg)
{
	struct rlimit limit;

	(void)arg;
	if (NO_LIMITS)
		return;
	REQUIRE(!arena_init());
	REQUIRE(!getrlimit(RLIMIT_MEMLOCK, &limit));
	limit.rlim_cur = limit.rlim_max = min(limit.rlim_max, 4 * MIB);
	REQUIRE(!setrlimit(RLIMIT_MEMLOCK, &limit));
	/* a namespace may have root alone; a machine may allow too little */
	if ((!geteuid() && setuid(65534)) || limit.rlim_cur < 2 * MIB ||
	    mlockall(MCL_FUTURE))
		return;
	REQUIRE(online(SECTION) < 0 && !skipped);
	REQUIRE(online(ARENA_STEP) >= 0);
	check_arena();
}

/* The n-th call of the OS fails while the arena starts and grows; arg is n.
 * Expect -ENOMEM or success, and a whole arena after success. */
static void fail_nth(void *arg)
{
	int ret;

	parse_args("arena=64M");
	os_fail_calls((unsigned long)arg, 1);
	ret = arena_init();
	REQUIRE(ret == 0 || ret == -ENOMEM);
	REQUIRE(!arena_nr_frames);
	if (ret)
		return;
	for (int i = 0; i < 8; i++) {
		long pfn = online(MAX_ORDER_NR_PAGES);

		REQUIRE(pfn >= 0 || pfn == -ENOMEM);
		REQUIRE(!skipped);
		check_arena();
		if (pfn >= 0)
			*(char *)pfn_to_virt((unsigned long)pfn) = 1;
	}
	os_fail_calls(0, 0);
	use_everything(MAX_ORDER_NR_PAGES);
	REQUIRE(arena_nr_frames == arena.span_frames);
}

/* Every call of the OS fails in turn. Expect fail_nth() to hold for each. */
static void test_every_failure(void **state)
{
	(void)state;
	for (unsigned long n = 1; n < 24; n++) {
		struct child_end end;

		child_run(fail_nth, (void *)n, &end);
		if (end.status)
			fail_msg("n=%lu status %#x: %s", n, end.status,
				 end.err);
	}
}

static void fail_all(void *arg)
{
	(void)arg;
	os_fail_calls(1, 1000);
	REQUIRE(arena_init() == -ENOMEM);
	REQUIRE(!arena_nr_frames);
	os_fail_calls(0, 0);
	REQUIRE(!arena_init()); /* a start that failed can be tried again */
	REQUIRE(online(SECTION) == 0);
}

static int offline(unsigned long pfn, unsigned long nr, unsigned int flags)
{
	int ret;

	spin_lock(&arena_lock);
	ret = arena_offline(pfn, nr, flags);
	spin_unlock(&arena_lock);
	return ret;
}

/* A block in the middle goes offline and comes back. Expect a fault in between
 * (child_offline's), zeros after, struct pages readable throughout. */
static void child_there_and_back(void *arg)
{
	const unsigned long nr = MAX_ORDER_NR_PAGES, pfn = 3 * nr;
	const unsigned long section = SECTION;

	(void)arg;
	parse_args("arena=64M");
	REQUIRE(!arena_init());
	REQUIRE(online(section) == 0);
	memset(pfn_to_virt(pfn), 0xee, nr << PAGE_SHIFT);
	pfn_to_page(pfn)->owner[0] = 1;
	REQUIRE(!offline(pfn, nr, 0));
	REQUIRE(!pfn_online(pfn) && pfn_online(pfn - 1) &&
		pfn_online(pfn + nr));
	REQUIRE(arena.online_frames == section - nr);
	REQUIRE(arena.charged_frames == section - nr);
	REQUIRE(!pfn_to_page(pfn)->owner[0]);
	spin_lock(&arena_lock);
	REQUIRE(!arena_online(pfn, nr, 0));
	spin_unlock(&arena_lock);
	check_arena();
	for (unsigned long n = 0; n < nr; n++)
		REQUIRE(!*(unsigned long *)pfn_to_virt(pfn + n));
	os_fail_calls(1, 100);
	REQUIRE(offline(pfn, nr, 0) == -ENOMEM && pfn_online(pfn));
	os_fail_calls(0, 0);
	check_arena();
}

/* Frames of the memfd. Expect a file that reaches to their end, no mapping,
 * and holes where they went offline. */
static void child_highmem(void *arg)
{
	const unsigned long nr = MAX_ORDER_NR_PAGES, pfn = 4 * nr;
	const size_t at = pfn << PAGE_SHIFT;
	char text[] = "high", back[sizeof(text)];

	(void)arg;
	parse_args("arena=64M");
	REQUIRE(!arena_init());
	spin_lock(&arena_lock);
	REQUIRE(!arena_online(pfn, nr, ARENA_HIGHMEM));
	spin_unlock(&arena_lock);
	REQUIRE(pfn_online(pfn) && arena.highmem_fd > 2);
	REQUIRE(fcntl(arena.highmem_fd, F_GETFD) & FD_CLOEXEC);
	REQUIRE(lseek(arena.highmem_fd, 0, SEEK_END) ==
		(off_t)((pfn + nr) << PAGE_SHIFT));
	REQUIRE(pwrite(arena.highmem_fd, text, sizeof(text), (off_t)at) ==
		sizeof(text));
	REQUIRE(!offline(pfn, nr, ARENA_HIGHMEM));
	REQUIRE(pread(arena.highmem_fd, back, sizeof(back), (off_t)at) ==
		sizeof(back));
	REQUIRE(!back[0] && !pfn_online(pfn));
}

/* mem=16M. Expect charges up to it and no further, and room told rightly. */
static void child_limit(void *arg)
{
	const unsigned long limit = 16 * MIB >> PAGE_SHIFT;

	(void)arg;
	parse_args("arena=64M mem=16M");
	REQUIRE(!arena_init());
	REQUIRE(arena_room() == limit && !arena.charged_frames);
	/* a low limit is used up in small steps */
	REQUIRE(arena.section_frames == MAX_ORDER_NR_PAGES);
	REQUIRE(!online(MAX_ORDER_NR_PAGES));
	REQUIRE(arena.charged_frames == MAX_ORDER_NR_PAGES);
	spin_lock(&arena_lock);
	REQUIRE(!arena_offline(0, MAX_ORDER_NR_PAGES, 0));
	spin_unlock(&arena_lock);
	REQUIRE(arena_room() == limit);
	REQUIRE(!arena_charge(limit - 1) && arena_room() == 1);
	REQUIRE(arena_charge(2) == -ENOMEM && arena_room() == 1);
	REQUIRE(!arena_charge(1) && arena_room() == 0);
	arena_uncharge(limit);
	spin_lock(&arena_lock);
	REQUIRE(!arena_online(0, limit, 0));
	REQUIRE(arena_online(limit, MAX_ORDER_NR_PAGES, 0) == -ENOMEM);
	spin_unlock(&arena_lock);
	REQUIRE(!pfn_online(limit) && arena.online_frames == limit);
}

/* Blocks side by side in one page of the index. Expect one that goes and comes
 * again to leave the index bytes of the others alone. */
static void child_index_shared(void *arg)
{
	const unsigned long step = MAX_ORDER_NR_PAGES, nr = 4 * step;

	(void)arg;
	REQUIRE(!arena_init());
	for (unsigned int i = 0; i < 4; i++)
		REQUIRE(online(step) >= 0);
	memset(arena_index, 1, nr);
	memset(arena_index + step, 0, step);
	spin_lock(&arena_lock);
	REQUIRE(!arena_offline(step, step, 0) && !arena_online(step, step, 0));
	spin_unlock(&arena_lock);
	for (unsigned long pfn = 0; pfn < nr; pfn++)
		REQUIRE(arena_index[pfn] == (pfn < step || pfn >= 2 * step));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		child_test(child_span),
		child_test(child_steps),
		child_test(child_default_span),
		child_test(child_gap),
		child_test(child_conversions),
		child_test(child_offline),
		child_test(child_holes),
		child_test(child_index_in_way),
		cmocka_unit_test(test_random),
		child_test(child_limited),
		child_test(child_limit_raised),
		child_test(child_locked),
		cmocka_unit_test(test_every_failure),
		child_test(fail_all),
		child_test(child_there_and_back),
		child_test(child_highmem),
		child_test(child_limit),
		child_test(child_index_shared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
