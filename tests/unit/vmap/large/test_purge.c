// SPDX-License-Identifier: MIT
/*
 * test_purge.c - lazy ranges go back to the OS
 */
#include <signal.h>
#include <sys/wait.h>

#include "core/tick.h"
#include "sys/os.h"
#include "support/backend.h"

#define SIZE (64UL << 10)

static struct large_area *take(void)
{
	struct large_area *area = large_area_alloc(SIZE, PAGE_SIZE);

	REQUIRE(area);
	memset((void *)area->va.va_start, 1, SIZE);
	return area;
}

static void give(struct large_area *area)
{
	REQUIRE(large_area_unlink((void *)area->va.va_start) == area);
	large_area_free(area);
	check_space();
}

static void touch(void *arg)
{
	signal(SIGSEGV, SIG_DFL);
	*(volatile char *)arg = 1;
}

static int is_mapped(uintptr_t addr)
{
	struct child_end end;

	child_run(touch, (void *)addr, &end);
	return !end.status;
}

/* A freed area, then ticks. Expect it lazy and mapped for one tick, gone from
 * memory after the second, and zero when its place is used again. */
static void child_two_ticks(void *arg)
{
	struct large_area *area;
	uintptr_t start;

	(void)arg;
	REQUIRE(!start_vmap(""));
	area = take();
	start = area->va.va_start;
	give(area);
	tick_run(tick_last_ms + 1);
	REQUIRE(vm_space.lazy_bytes == SIZE && is_mapped(start));
	tick_run(tick_last_ms + 1);
	REQUIRE(vm_space.lazy_bytes == 0 && !is_mapped(start));
	check_space();
	area = large_area_alloc(SIZE, PAGE_SIZE);
	REQUIRE(area->va.va_start == start &&
		area->va.flags == LARGE_AREA_ZERO);
	REQUIRE(*(char *)start == 0);
}

/* A range that grew by a later free. Expect its age to be that of the last. */
static void child_age(void *arg)
{
	struct large_area *a, *b;

	(void)arg;
	REQUIRE(!start_vmap(""));
	a = take();
	b = take();
	give(a);
	tick_run(tick_last_ms + 1);
	give(b);
	tick_run(tick_last_ms + 1);
	REQUIRE(vm_space.lazy_bytes == 2 * SIZE);
	tick_run(tick_last_ms + 1);
	REQUIRE(vm_space.lazy_bytes == 0);
}

static void resize(struct large_area *area, size_t size)
{
	REQUIRE(large_area_unlink((void *)area->va.va_start) == area);
	REQUIRE(!large_area_resize(area, size));
	large_area_link(area);
}

/* An area that gave most of itself up, and that takes a little of it and gives
 * it up again before each tick. Expect the rest to go after two ticks all the
 * same. */
static void child_used_end(void *arg)
{
	struct large_area *area;

	(void)arg;
	REQUIRE(!start_vmap("vmap.lazy_max=64M"));
	area = large_area_alloc(100 * SIZE, PAGE_SIZE);
	REQUIRE(area);
	resize(area, SIZE);
	REQUIRE(vm_space.lazy_bytes == 99 * SIZE);
	for (int i = 0; i < 3; i++) {
		resize(area, 2 * SIZE);
		resize(area, SIZE);
		tick_run(tick_last_ms + 1);
	}
	REQUIRE(vm_space.lazy_bytes <= SIZE);
	check_space();
}

/* Many areas that were freed side by side. Expect one call for all of them. */
static void child_one_call(void *arg)
{
	struct large_area *areas[20];
	unsigned long calls;

	(void)arg;
	REQUIRE(!start_vmap(""));
	for (int i = 0; i < 20; i++)
		areas[i] = take();
	for (int i = 0; i < 20; i++)
		give(areas[(i * 7) % 20]);
	calls = os_mem_calls;
	REQUIRE(large_purge(PURGE_ALL) == 20 * SIZE);
	REQUIRE(os_mem_calls == calls + 1);
	REQUIRE(large_purge(PURGE_ALL) == 0);
	check_space();
}

/* The OS refuses. Expect an end, the range lazy still, and another time it
 * goes. */
static void child_refused(void *arg)
{
	(void)arg;
	REQUIRE(!start_vmap(""));
	give(take());
	os_fail_calls(1, 1000);
	REQUIRE(large_purge(PURGE_ALL) == 0);
	os_fail_calls(0, 0);
	REQUIRE(vm_space.lazy_bytes == SIZE);
	check_space();
	REQUIRE(large_purge(PURGE_ALL) == SIZE);
	check_space();
}

#define NO_BOUND "page_reporting.dirty_bytes=0 page_reporting.dirty_ratio=0 "

/* Areas freed at one tick each, apart from each other, until there are too
 * many. Expect the oldest to go, until what vmap.lazy_max says is left. */
static void child_surplus(void *arg)
{
	struct large_area *areas[6];
	uintptr_t starts[6];

	(void)arg;
	REQUIRE(!start_vmap(NO_BOUND "vmap.lazy_max=192K"));
	for (int i = 0; i < 6; i++) {
		areas[i] = take();
		starts[i] = areas[i]->va.va_start;
		REQUIRE(large_area_alloc(PAGE_SIZE, PAGE_SIZE));
	}
	for (int i = 0; i < 6; i++) {
		vm_space.epoch++;
		give(areas[(i * 5 + 3) % 6]); /* 3 2 1 0 5 4 */
		REQUIRE(vm_space.lazy_bytes == min(i + 1, 3) * SIZE);
	}
	REQUIRE(!range_at(&vm_space.lazy, starts[3]));
	REQUIRE(!range_at(&vm_space.lazy, starts[2]));
	REQUIRE(!range_at(&vm_space.lazy, starts[1]));
	REQUIRE(range_at(&vm_space.lazy, starts[0]));
	REQUIRE(range_at(&vm_space.lazy, starts[5]));
	REQUIRE(range_at(&vm_space.lazy, starts[4]));
}

/* A range larger than what is too much. Expect its end to go and the rest to
 * stay mapped, its age as it was. */
static void child_part(void *arg)
{
	struct large_area *area;
	uintptr_t start;

	(void)arg;
	REQUIRE(!start_vmap(NO_BOUND "vmap.lazy_max=192K"));
	area = large_area_alloc(16 * SIZE, PAGE_SIZE);
	REQUIRE(area);
	start = area->va.va_start;
	give(area);
	REQUIRE(vm_space.lazy_bytes == 3 * SIZE);
	REQUIRE(is_mapped(start) && is_mapped(start + 3 * SIZE - 1));
	REQUIRE(!is_mapped(start + 3 * SIZE));
	REQUIRE(range_at(&vm_space.lazy, start)->epoch == vm_space.epoch);
	REQUIRE(surplus_areas.turnover.returned == 13 * SIZE >> PAGE_SHIFT);
	area = large_area_alloc(12 * SIZE, PAGE_SIZE); /* joined */
	REQUIRE(area && area->va.va_start == start && !vm_space.lazy_bytes);
	REQUIRE(surplus_areas.turnover.refaulted == 9 * SIZE >> PAGE_SHIFT);
}

/* What is in use and what is lazy. Expect both in the sums of the bound, but
 * not what vmap.lazy_max allows. */
static void child_counts(void *arg)
{
	struct surplus_stat stat;
	struct large_area *areas[3];

	(void)arg;
	REQUIRE(!start_vmap("vmap.lazy_max=64K"));
	for (int i = 0; i < 3; i++)
		areas[i] = take();
	REQUIRE(surplus_areas.used == 3 * SIZE >> PAGE_SHIFT);
	surplus_stat(&stat);
	for (int i = 0; i < 3; i++)
		give(areas[i]);
	REQUIRE(surplus_areas.used == 0);
	REQUIRE(surplus_areas.lazy == 2 * SIZE >> PAGE_SHIFT);
	areas[0] = take();
	REQUIRE(surplus_areas.turnover.reused == SIZE >> PAGE_SHIFT);
	REQUIRE(surplus_areas.lazy == SIZE >> PAGE_SHIFT);
	tick_run(tick_last_ms + 1);
	tick_run(tick_last_ms + 1);
	REQUIRE(surplus_areas.lazy == 0 && !vm_space.lazy_bytes);
}

/* Ranges that went back, then ticks. Expect fewer of them to count as lately,
 * none after an idle time. What vmap.lazy_max allows, and too much free memory
 * in the zone: expect the range to stay. A new mapping with a limit on the
 * heap: expect the sums to be looked at. */
static void child_ticks(void *arg)
{
	struct turnover *t = &surplus_areas.turnover;
	struct large_area *area;

	(void)arg;
	REQUIRE(!start_vmap(NO_BOUND "vmap.lazy_max=64K "
				     "page_reporting.limit=64M"));
	surplus_wanted = 0;
	area = large_area_alloc(9 * SIZE, PAGE_SIZE);
	REQUIRE(area && surplus_wanted);
	give(area);
	REQUIRE(t->lately == 8 * SIZE >> PAGE_SHIFT);
	__free_pages(alloc_pages(QUIET, 8), 8);
	surplus_wanted = 1;
	surplus_poll();
	REQUIRE(vm_space.lazy_bytes == SIZE);
	tick_interval_ms = 500;
	tick_run(tick_last_ms + 1);
	REQUIRE(t->lately == 4 * SIZE >> PAGE_SHIFT);
	tick_run(tick_last_ms + 1000);
	REQUIRE(t->lately == 0);
}

static void shift_sum(void *arg)
{
	(void)arg;
	REQUIRE(!start_vmap(""));
	vm_space.lazy_bytes = PAGE_SIZE;
	space_check();
}

/* The sum of the lazy tree broken by hand. Expect space_check() to see it. */
static void test_check_sees(void **state)
{
	(void)state;
	assert_true(child_aborts(shift_sum, NULL, "kmalloc: BUG: "));
}

/* The lock as fork takes it. Expect it held, then free. */
static void child_fork_lock(void *arg)
{
	(void)arg;
	REQUIRE(!start_vmap(""));
	space_fork_take();
	REQUIRE(vm_space.lock.word);
	space_fork_release();
	REQUIRE(!vm_space.lock.word);
	give(take());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		child_test(child_two_ticks), child_test(child_age),
		child_test(child_used_end),  child_test(child_one_call),
		child_test(child_refused),   child_test(child_part),
		child_test(child_surplus),   child_test(child_counts),
		child_test(child_fork_lock), cmocka_unit_test(test_check_sees),
		child_test(child_ticks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
