// SPDX-License-Identifier: MIT
/*
 * test_charge.c - mem= and large areas: what is charged, what gives way
 */
#include <errno.h>

#include "reclaim/internal.h"
#include "reclaim/reclaim.h"
#include "support/backend.h"
#include "sys/os.h"

#define MIB (1UL << 20)
#define PAGES(size) ((size) >> PAGE_SHIFT)

static struct large_area *take(size_t size)
{
	struct large_area *area = large_area_alloc(size, PAGE_SIZE);

	check_space();
	return area;
}

static void give(struct large_area *area)
{
	REQUIRE(large_area_unlink((void *)area->va.va_start) == area);
	large_area_free(area);
	check_space();
}

/* mem=32M. Expect areas up to it and no further, and all of it again when one
 * is freed: lazy ranges go as soon as they are in the way. */
static void child_limit(void *arg)
{
	struct large_area *a, *b;

	(void)arg;
	REQUIRE(!start_vmap("mem=32M vmap.lazy_max=32M"));
	a = take(16 * MIB);
	REQUIRE(a && !take(16 * MIB));
	b = take(4 * MIB);
	REQUIRE(b && arena_room() < PAGES(12 * MIB));
	give(a);
	REQUIRE(vm_space.lazy_bytes == 16 * MIB); /* still charged */
	REQUIRE(arena_room() < PAGES(12 * MIB));
	a = large_area_alloc(24 * MIB, 2 * MIB); /* more than the lazy range */
	REQUIRE(a && !vm_space.lazy_bytes && arena_room() < PAGES(4 * MIB));
	check_space();
	give(a);
	give(b);
	large_purge(PURGE_ALL);
	check_space();
	REQUIRE(arena_room() ==
		PAGES(32 * MIB) - arena.online_frames - region_charged());
}

/* Resizing under a limit. Expect growth charged with what is added, whatever
 * way it goes, and refused beyond it with the area as it was. */
static void child_resize(void *arg)
{
	struct large_area *area, *behind;

	(void)arg;
	REQUIRE(!start_vmap("mem=32M"));
	area = take(8 * MIB);
	behind = take(4 * MIB); /* so that it cannot grow in place */
	REQUIRE(area && behind);
	REQUIRE(large_area_unlink((void *)area->va.va_start) == area);
	REQUIRE(large_area_resize(area, 30 * MIB) == -ENOMEM);
	REQUIRE(large_size(area) == 8 * MIB);
	REQUIRE(!large_area_resize(area, 20 * MIB)); /* moves */
	large_area_link(area);
	check_space();
	REQUIRE(large_area_unlink((void *)area->va.va_start) == area);
	REQUIRE(!large_area_resize(area, 22 * MIB)); /* in place */
	REQUIRE(!large_area_resize(area, 2 * MIB));
	large_area_link(area);
	check_space();
	give(area);
	give(behind);
	large_purge(PURGE_ALL);
	check_space();
}

/* The n-th system call fails, for each n. Expect the charge exact after it. */
static void fail_nth(void *arg)
{
	struct large_area *a, *b;

	REQUIRE(!start_vmap("mem=32M"));
	b = take(2 * MIB);
	os_fail_calls((unsigned long)arg, 1);
	a = take(8 * MIB);
	if (a) {
		REQUIRE(large_area_unlink((void *)a->va.va_start) == a);
		large_area_resize(a, 16 * MIB);
		large_area_resize(a, 4 * MIB);
		large_area_link(a);
		check_space();
		give(a);
	}
	give(b);
	large_purge(PURGE_ALL);
	os_fail_calls(0, 0);
	check_space();
}

static void test_every_failure(void **state)
{
	(void)state;
	for (uintptr_t n = 1; n <= 10; n++) {
		struct child_end end;

		child_run(fail_nth, (void *)n, &end);
		if (end.status)
			fail_msg("call %lu: status %#x, said: %s",
				 (unsigned long)n, end.status, end.err);
	}
}

/* Areas without vmalloc space. Expect them charged just so. */
static void child_direct(void *arg)
{
	struct large_area *area;

	(void)arg;
	REQUIRE(!start_vmap("mem=32M"));
	arena.vmalloc_end = arena.vmalloc_start;
	vm_space.free = (struct rb_root){ 0 };
	area = take(16 * MIB);
	REQUIRE(area && (area->va.flags & LARGE_AREA_DIRECT) &&
		!take(16 * MIB));
	REQUIRE(large_area_unlink((void *)area->va.va_start) == area);
	REQUIRE(large_area_resize(area, 40 * MIB) == -ENOMEM);
	REQUIRE(!large_area_resize(area, 20 * MIB));
	large_area_link(area);
	check_space();
	REQUIRE(large_area_unlink((void *)area->va.va_start) == area);
	REQUIRE(!large_area_resize(area, 4 * MIB));
	large_area_link(area);
	check_space();
	give(area);
	REQUIRE(arena.charged_frames == arena.online_frames + region_charged());
}

/* The shrinker. Expect lazy pages counted, given up oldest first as far as it
 * is asked to, and only for requests that may wait for IO. */
static void child_shrinker(void *arg)
{
	struct large_area *a, *b;
	unsigned long room;

	(void)arg;
	REQUIRE(!start_vmap("mem=32M"));
	a = take(4 * MIB);
	b = take(4 * MIB);
	REQUIRE(a && b);
	while (shrink_slab(GFP_KERNEL, 0, 0))
		;
	give(a);
	REQUIRE(reclaimable_pages(GFP_KERNEL, 0) >= PAGES(4 * MIB));
	REQUIRE(reclaimable_pages(GFP_NOIO, 0) < PAGES(4 * MIB));
	room = arena_room();
	shrink_slab(GFP_NOIO, 0, 0);
	REQUIRE(arena_room() == room);
	shrink_slab(GFP_KERNEL, 0, 0);
	REQUIRE(arena_room() == room + PAGES(4 * MIB) && !vm_space.lazy_bytes);
	give(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		child_test(child_limit),
		child_test(child_resize),
		cmocka_unit_test(test_every_failure),
		child_test(child_direct),
		child_test(child_shrinker),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
