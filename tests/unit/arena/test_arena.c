// SPDX-License-Identifier: MIT
/*
 * test_arena.c - the reservation and its growth, section by section
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "arena/arena.h"
#include "core/param.h"
#include "sys/os.h"
#include "support/child.h"

#define MIB (1UL << 20)
/* The shadow of a sanitizer is larger than any limit. */
#define NO_LIMITS (KM_SANITIZE_ADDRESS || KM_SANITIZE_THREAD)

static unsigned long next, skipped; /* as a zone would keep them */

/* The next section, past what somebody else has in the way: its first frame. */
static long online(unsigned long *nr)
{
	unsigned long frames = arena.section_frames;
	int ret;

	*nr = frames;
	do {
		spin_lock(&arena_lock);
		ret = arena_online(next, frames, 0);
		spin_unlock(&arena_lock);
		if (ret && ret != -EEXIST)
			return ret;
		next += frames;
		skipped += ret ? frames : 0;
	} while (ret);
	return (long)(next - frames);
}

/* N1, N3, and N2 over the whole index. */
static void check_arena(void)
{
	unsigned long frames = 0;

	for (unsigned long pfn = 0; pfn < arena_nr_frames; pfn++) {
		if (pfn_online(pfn))
			frames++;
		else
			REQUIRE(arena_index[pfn] == 0);
		REQUIRE(pfn_online(pfn) ==
			pfn_online(ALIGN_DOWN(pfn, MAX_ORDER_NR_PAGES)));
	}
	REQUIRE(frames == arena.online_frames);
	REQUIRE(frames == arena.charged_frames);
	REQUIRE(frames + skipped == arena.online_end);
}

/* Bring everything online and write to each frame and struct page. */
static void use_everything(void)
{
	unsigned long nr = 0;
	long pfn;

	while ((pfn = online(&nr)) >= 0) {
		REQUIRE(nr == arena.section_frames);
		for (unsigned long n = 0; n < nr; n++) {
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

/* A span by boot parameter. Expect that size, aligned to the largest block,
 * all of which can be brought online and used. */
static void child_span(void *arg)
{
	(void)arg;
	parse_args("arena=64M");
	REQUIRE(!arena_init());
	REQUIRE(arena_nr_frames == 64 * MIB >> PAGE_SHIFT);
	REQUIRE(arena_base % MAX_BLOCK_SIZE == 0);
	REQUIRE(arena.online_end == 0);
	REQUIRE(arena.vmalloc_start ==
		arena_base + (arena_nr_frames << PAGE_SHIFT));
	REQUIRE(arena.vmalloc_end - arena.vmalloc_start == 64 * MIB);
	check_arena();
	use_everything();
	REQUIRE(arena.online_end == arena_nr_frames);
}

/* No boot parameter. Expect 64 GiB or more, the tables not committed. */
static void child_default_span(void *arg)
{
	unsigned long nr = 0;

	(void)arg;
	REQUIRE(!arena_init());
	REQUIRE(arena_nr_frames >= 64UL << 30 >> PAGE_SHIFT);
	REQUIRE(online(&nr) == 0 && nr == 32 * MIB >> PAGE_SHIFT);
	arena_index[nr - 1] = 1; /* the index is committed with the section */
	pfn_to_page(nr - 1)->owner[0] = 1;
	REQUIRE(arena_index[arena_nr_frames - 1] == 0); /* and readable */
}

/* Frames, pages and addresses there and back. Expect the same again. */
static void child_conversions(void *arg)
{
	unsigned long nr = 0;

	(void)arg;
	parse_args("arena=64M");
	REQUIRE(!arena_init());
	REQUIRE(online(&nr) == 0);
	for (unsigned long pfn = 0; pfn < nr; pfn += 37) {
		char *addr = pfn_to_virt(pfn);

		REQUIRE(page_to_pfn(pfn_to_page(pfn)) == pfn);
		REQUIRE(virt_to_pfn(addr) == pfn);
		REQUIRE(virt_to_pfn(addr + PAGE_SIZE - 1) == pfn);
		REQUIRE(page_to_virt(__virt_to_page(addr)) == addr);
		REQUIRE(arena_contains(addr) && pfn_online(pfn));
	}
	REQUIRE(!pfn_online(nr));
	REQUIRE(arena_contains((char *)pfn_to_virt(arena_nr_frames) - 1));
	REQUIRE(!arena_contains(pfn_to_virt(arena_nr_frames)));
	REQUIRE(!arena_contains((char *)pfn_to_virt(0) - 1));
	REQUIRE(!arena_contains(NULL) && !arena_contains(&nr));
}

static void touch_offline(void *arg)
{
	(void)arg;
	*(volatile char *)pfn_to_virt(arena.online_end);
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

/* RLIMIT_AS with 128 MiB left. Expect a quarter reserved, no vmalloc space,
 * and growth beyond the reservation where nobody else is. */
static void child_limited(void *arg)
{
	unsigned long nr = 0;
	void *taken;

	(void)arg;
	if (NO_LIMITS)
		return;
	limit_address_space(128 * MIB);
	REQUIRE(!arena_init());
	REQUIRE(arena.reserved_frames << PAGE_SHIFT <= 32 * MIB);
	REQUIRE(arena_nr_frames << PAGE_SHIFT >= 64 * MIB);
	REQUIRE(arena.vmalloc_start == arena.vmalloc_end);
	while (arena.online_end < arena.reserved_frames)
		REQUIRE(online(&nr) >= 0);
	REQUIRE(!skipped);
	taken = mmap(pfn_to_virt(arena.online_end), PAGE_SIZE, PROT_READ,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	if (taken == pfn_to_virt(arena.online_end)) {
		unsigned long hole = arena.online_end;

		/* somebody else's page is in the way: it is passed over */
		REQUIRE(online(&nr) != (long)hole);
		REQUIRE(skipped >= arena.section_frames);
		REQUIRE(*(volatile char *)taken == 0);
	}
	check_arena();
}

/* RLIMIT_AS reached, then raised. Expect -ENOMEM with nothing skipped, and
 * growth later: want of memory is not a place that is taken. */
static void child_limit_raised(void *arg)
{
	struct rlimit limit;
	unsigned long nr = 0, end;

	(void)arg;
	if (NO_LIMITS)
		return;
	limit_address_space(128 * MIB);
	REQUIRE(!arena_init());
	while (arena.online_end < arena.reserved_frames)
		REQUIRE(online(&nr) >= 0);
	limit_address_space(MIB);
	end = arena.online_end;
	REQUIRE(end < arena_nr_frames);
	REQUIRE(online(&nr) == -ENOMEM);
	REQUIRE(arena.online_end == end && !skipped);
	REQUIRE(!getrlimit(RLIMIT_AS, &limit));
	limit.rlim_cur = limit.rlim_max;
	REQUIRE(!setrlimit(RLIMIT_AS, &limit));
	REQUIRE(online(&nr) >= 0);
	check_arena();
}

/* The n-th call of the OS fails while the arena starts and grows; arg is n.
 * Expect -ENOMEM or success, and a whole arena after success. */
static void fail_nth(void *arg)
{
	unsigned long nr = 0;
	int ret;

	parse_args("arena=64M");
	os_fail_calls((unsigned long)arg, 1);
	ret = arena_init();
	REQUIRE(ret == 0 || ret == -ENOMEM);
	if (ret) {
		REQUIRE(!arena_nr_frames);
		return;
	}
	check_arena();
	for (int i = 0; i < 8; i++) {
		long pfn = online(&nr);

		REQUIRE(pfn >= 0 || pfn == -ENOMEM);
		REQUIRE(!skipped);
		check_arena();
		if (pfn >= 0)
			*(char *)pfn_to_virt((unsigned long)pfn) = 1;
	}
	os_fail_calls(0, 0);
	use_everything();
	REQUIRE(arena.online_end == arena_nr_frames);
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
	unsigned long section = 0;

	(void)arg;
	parse_args("arena=64M");
	REQUIRE(!arena_init());
	REQUIRE(online(&section) == 0);
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
	unsigned long nr = 0;

	(void)arg;
	parse_args("arena=64M mem=16M");
	REQUIRE(!arena_init());
	REQUIRE(arena_room() == limit && !arena.charged_frames);
	/* a low limit is used up in small steps */
	REQUIRE(!online(&nr) && arena.charged_frames == MAX_ORDER_NR_PAGES);
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

/* mem=64M and the default span, whose index is committed bit by bit. Expect
 * all of it online in sections of 4 MiB, and a section that goes and comes again
 * to leave the index bytes of the others alone. */
static void child_small_sections(void *arg)
{
	const unsigned long step = MAX_ORDER_NR_PAGES;
	unsigned long nr = 0;

	(void)arg;
	parse_args("mem=64M");
	REQUIRE(!arena_init());
	while (online(&nr) >= 0)
		REQUIRE(nr == step);
	REQUIRE(arena.online_frames == 64 * MIB >> PAGE_SHIFT);
	memset(arena_index, 1, arena.online_frames);
	memset(arena_index + step, 0, step);
	spin_lock(&arena_lock);
	REQUIRE(!arena_offline(step, step, 0) && !arena_online(step, step, 0));
	spin_unlock(&arena_lock);
	for (unsigned long pfn = 0; pfn < arena.online_frames; pfn++)
		REQUIRE(arena_index[pfn] == (pfn < step || pfn >= 2 * step));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		child_test(child_span),
		child_test(child_default_span),
		child_test(child_conversions),
		child_test(child_offline),
		child_test(child_limited),
		child_test(child_limit_raised),
		cmocka_unit_test(test_every_failure),
		child_test(fail_all),
		child_test(child_there_and_back),
		child_test(child_highmem),
		child_test(child_limit),
		child_test(child_small_sections),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
