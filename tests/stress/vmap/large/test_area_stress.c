// SPDX-License-Identifier: MIT
/*
 * test_area_stress.c - threads on vmalloc space, handing areas to each other
 */
#include <pthread.h>
#include <time.h>

#include "support/backend.h"

#define TURNS 100000
#define WORKERS 2
#define LIVE 16
#define SHARED 8

static uintptr_t shared[SHARED]; /* atomic: areas exchanged, by address */
static int working; /* atomic: workers that are not done */

static size_t size_of(uintptr_t start)
{
	struct large_area copy;

	REQUIRE(!large_area_find((void *)start, &copy));
	REQUIRE(copy.va.va_start == start);
	return large_size(&copy);
}

/* The address in the first and last word names the area. */
static void write_stamp(uintptr_t start, size_t size)
{
	*(uintptr_t *)start = start;
	*(uintptr_t *)(start + size - sizeof(start)) = ~start;
}

static void check_stamp(uintptr_t start, size_t size)
{
	REQUIRE(*(uintptr_t *)start == start);
	REQUIRE(*(uintptr_t *)(start + size - sizeof(start)) == ~start);
}

static uintptr_t take(u64 *seed)
{
	size_t size = (test_below(seed, 200) + 1) << PAGE_SHIFT;
	struct large_area *area = large_area_alloc(size, PAGE_SIZE);
	uintptr_t start;

	REQUIRE(area);
	start = area->va.va_start; /* from here on this thread's alone */
	write_stamp(start, size);
	return start;
}

static void give(uintptr_t start)
{
	struct large_area *area;

	if (!start)
		return;
	check_stamp(start, size_of(start));
	area = large_area_unlink((void *)start);
	REQUIRE(area && area->va.va_start == start);
	large_area_free(area);
}

static uintptr_t resize(uintptr_t start, u64 *seed)
{
	struct large_area *area;
	size_t size;

	if (!start)
		return 0;
	check_stamp(start, size_of(start));
	area = large_area_unlink((void *)start);
	REQUIRE(area);
	size = (test_below(seed, 300) + 1) << PAGE_SHIFT;
	if (!large_area_resize(area, size))
		REQUIRE(*(uintptr_t *)area->va.va_start == start);
	start = area->va.va_start;
	size = large_size(area);
	write_stamp(start, size);
	large_area_link(area);
	return start;
}

static void *work(void *arg)
{
	uintptr_t live[LIVE] = { 0 };
	u64 seed = (u64)(uintptr_t)arg;

	for (int i = 0; i < TURNS; i++) {
		uintptr_t *slot = &live[test_below(&seed, LIVE)];
		uintptr_t *other = &shared[test_below(&seed, SHARED)];

		switch (test_below(&seed, 6)) {
		case 0:
			*slot = __atomic_exchange_n(other, *slot,
						    __ATOMIC_ACQ_REL);
			break;
		case 1:
			*slot = resize(*slot, &seed);
			break;
		default:
			give(*slot);
			*slot = *slot ? 0 : take(&seed);
		}
	}
	for (int i = 0; i < LIVE; i++)
		give(live[i]);
	__atomic_sub_fetch(&working, 1, __ATOMIC_RELEASE);
	return NULL;
}

/* Two threads that take, resize, hand over and free areas, while a third
 * purges, ticks and checks. Expect every stamp intact and nothing left. */
static void child_stress(void *arg)
{
	pthread_t threads[WORKERS];
	unsigned long turn = 0;
	struct large_area_stat stat;

	(void)arg;
	REQUIRE(!start_vmap("vmap.lazy_max=8M"));
	working = WORKERS;
	for (uintptr_t i = 0; i < WORKERS; i++)
		REQUIRE(!pthread_create(&threads[i], NULL, work,
					(void *)(i * 104729 + 7)));
	while (__atomic_load_n(&working, __ATOMIC_ACQUIRE)) {
		struct timespec pause = { 0, 300000 };

		if (turn % 3 == 0)
			large_purge(PURGE_ALL);
		else if (turn % 3 == 1)
			tick_run(turn);
		else
			space_check();
		turn++;
		nanosleep(&pause, NULL);
	}
	for (int i = 0; i < WORKERS; i++)
		REQUIRE(!pthread_join(threads[i], NULL));
	for (int i = 0; i < SHARED; i++)
		give(shared[i]);
	large_purge(PURGE_ALL);
	large_area_stat(&stat);
	REQUIRE(!stat.areas && !stat.busy && !stat.lazy);
	check_space();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		child_test(child_stress),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
