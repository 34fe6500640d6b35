// SPDX-License-Identifier: MIT
/*
 * test_region_map.c - the address space of the region: guards, place, growth
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "buddy/buddy.h"
#include "fake.h"
#include "kmem/internal.h"
#include "kmem/region.h"
#include "kmem/region_map.h"
#include "sys/os.h"

struct mapping {
	uintptr_t start, end;
	char access[5];
};

/* The mapping at an address, or the first one above it. */
static struct mapping mapping_at(uintptr_t addr)
{
	struct mapping at = { 0 };
	FILE *maps = fopen("/proc/self/maps", "r");
	char line[512];

	assert_non_null(maps);
	while (fgets(line, sizeof(line), maps)) {
		assert_int_equal(sscanf(line, "%lx-%lx %4s", &at.start, &at.end,
					at.access),
				 3);
		if (at.end > addr)
			break;
	}
	fclose(maps);
	return at;
}

/* ThreadSanitizer takes all of the middle and maps memory of its own beside. */
static void needs_room(void)
{
	if (IS_ENABLED(KM_SANITIZE_THREAD))
		skip();
}

static void *grow(size_t size)
{
	void *start;

	spin_lock(&region_lock);
	start = __region_grow(&size);
	spin_unlock(&region_lock);
	return start;
}

static size_t room(void)
{
	size_t bytes;

	spin_lock(&region_lock);
	bytes = __region_room();
	spin_unlock(&region_lock);
	return bytes;
}

/* The writable mapping at an address has a guard on either side, and nothing
 * beside these. */
static void check_guards(void *p)
{
	struct mapping self = mapping_at((uintptr_t)p), low, high;

	assert_true(self.start <= (uintptr_t)p);
	assert_string_equal(self.access, "rw-p");
	low = mapping_at(self.start - 1);
	assert_int_equal(low.end, self.start);
	assert_int_equal(low.end - low.start, REGION_GUARD);
	assert_string_equal(low.access, "---p");
	high = mapping_at(self.end);
	assert_int_equal(high.start, self.end);
	assert_int_equal(high.end - high.start, REGION_GUARD);
	assert_string_equal(high.access, "---p");
}

/* Growth by many steps. Expect each behind the last, one mapping in all, and a
 * guard on either side. */
static void test_guards(void **state)
{
	char *first = grow(OS_PAGE_MOST), *next;

	(void)state;
	needs_room();
	assert_non_null(first);
	check_guards(first);
	for (int i = 1; i < 40; i++) {
		next = grow(min(i * 2 * OS_PAGE_SIZE, room()));
		assert_non_null(next);
		*next = 1;
		check_guards(next);
	}
	assert_int_equal(mapping_at((uintptr_t)first).start,
			 mapping_at((uintptr_t)next).start);
}

/* Steps that fill a block. Expect the room to be what is left of it. */
static void test_room(void **state)
{
	size_t left = room();

	(void)state;
	needs_room();
	assert_in_range(left, OS_PAGE_SIZE, REGION_BLOCK);
	if (left > OS_PAGE_SIZE) {
		assert_non_null(grow(OS_PAGE_SIZE));
		assert_int_equal(room(), left - OS_PAGE_SIZE);
	}
	if (room() < REGION_BLOCK)
		assert_non_null(grow(room()));
	assert_int_equal(room(), REGION_BLOCK);
}

/* The first place. Expect it outside of the span of the arena, and blocks
 * aligned. */
static void test_apart(void **state)
{
	uintptr_t at = mapping_at((uintptr_t)grow(OS_PAGE_SIZE)).start;

	(void)state;
	needs_room();
	assert_int_equal(at % REGION_BLOCK, 0);
	assert_true(at < (uintptr_t)arena.vmemmap || at >= arena.vmalloc_end);
	for (int i = 0; i < 1000; i++) {
		at = arena_place_apart(REGION_BLOCK);
		assert_true(at + REGION_BLOCK <= (uintptr_t)arena.vmemmap ||
			    at >= arena.vmalloc_end);
	}
}

/* A mapping of the program right behind the guard. Expect growth at another
 * place by all that is asked for, with guards, and the mapping untouched. */
static void test_in_the_way(void **state)
{
	char *last = grow(OS_PAGE_SIZE), *next, *other;
	uintptr_t end = mapping_at((uintptr_t)last).end;

	(void)state;
	other = mmap((void *)(end + REGION_GUARD), OS_PAGE_SIZE,
		     PROT_READ | PROT_WRITE,
		     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
	assert_ptr_equal(other, end + REGION_GUARD);
	*other = 5;
	assert_true(room() < REGION_BLOCK);
	next = grow(REGION_BLOCK);
	assert_non_null(next);
	assert_ptr_not_equal(next, end);
	assert_int_equal((uintptr_t)next % REGION_BLOCK, 0);
	assert_int_equal(mapping_at((uintptr_t)next).end,
			 (uintptr_t)next + REGION_BLOCK);
	check_guards(next);
	assert_int_equal(*other, 5);
	munmap(other, OS_PAGE_SIZE);
}

/* Each memory call of a step fails, of the first place as well. Expect NULL,
 * and mappings and charge as before. */
static void test_failures(void **state)
{
	unsigned long charged = arena.charged_frames;
	struct mapping before, after;
	char *last = grow(OS_PAGE_SIZE);

	(void)state;
	charged = arena.charged_frames;
	before = mapping_at((uintptr_t)last);
	for (unsigned long n = 1; n < 3; n++) {
		os_fail_calls(n, 1);
		assert_null(grow(min(2 * OS_PAGE_SIZE, room())));
		os_fail_calls(0, 0);
		assert_int_equal(arena.charged_frames, charged);
		after = mapping_at((uintptr_t)last);
		assert_int_equal(after.end, before.end);
		check_guards(last);
	}
	assert_ptr_equal(grow(OS_PAGE_SIZE), before.end);
	assert_int_equal(arena.charged_frames,
			 charged + OS_PAGE_SIZE / PAGE_SIZE);
}

/* Free pages, with those of CPUs' lists put back. */
static unsigned long free_pages_now(void)
{
	unsigned long nr = 0;
	struct zone *zone;

	for_each_zone(zone) {
		drain_all_pages(zone);
		nr += zone->free_pages;
	}
	return nr;
}

/* mem= is reached. Expect free frames to go out of use, and NULL when there is
 * none; a failed step gives them back. */
static void test_limit(void **state)
{
	unsigned long nr = OS_PAGE_SIZE / PAGE_SIZE, free;

	(void)state;
	__free_pages(alloc_pages(GFP_KERNEL, 4), 4);
	grow(min(OS_PAGE_SIZE, room()));
	arena.limit_frames = arena.charged_frames;
	free = free_pages_now();
	assert_true(free > nr);
	os_fail_calls(1, ~0UL);
	assert_null(grow(OS_PAGE_SIZE));
	assert_int_equal(free_pages_now(), free);
	os_fail_calls(0, 0);
	assert_non_null(grow(OS_PAGE_SIZE));
	assert_int_equal(os_mem_calls, 3); /* the last discards the frames */
	assert_int_equal(free_pages_now(), free - nr);
	arena.limit_frames = 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_guards),
		cmocka_unit_test(test_room),
		cmocka_unit_test(test_apart),
		cmocka_unit_test(test_in_the_way),
		cmocka_unit_test(test_failures),
		cmocka_unit_test(test_limit),
	};

	return cmocka_run_group_tests(tests, fake_start, NULL);
}
