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
	struct vmap_area copy;

	REQUIRE(!vmap_area_find((void *)start, &copy));
	REQUIRE(copy.va_start == start);
	return va_size(&copy);
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
	struct vmap_area *va = vmap_area_alloc(size, PAGE_SIZE);
	uintptr_t start;

	REQUIRE(va);
	start = va->va_start; /* from here on this thread's alone */
	write_stamp(start, size);
	return start;
}

static void give(uintptr_t start)
{
	struct vmap_area *va;

	if (!start)
		return;
	check_stamp(start, size_of(start));
	va = vmap_area_unlink((void *)start);
	REQUIRE(va && va->va_start == start);
	vmap_area_free(va);
}

static uintptr_t resize(uintptr_t start, u64 *seed)
{
	struct vmap_area *va;
	size_t size;

	if (!start)
		return 0;
	check_stamp(start, size_of(start));
	va = vmap_area_unlink((void *)start);
	REQUIRE(va);
	size = (test_below(seed, 300) + 1) << PAGE_SHIFT;
	if (!vmap_area_resize(va, size))
		REQUIRE(*(uintptr_t *)va->va_start == start);
	start = va->va_start;
	size = va_size(va);
	write_stamp(start, size);
	vmap_area_link(va);
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
	struct vmap_stat stat;

	(void)arg;
	REQUIRE(!start_vmap("vmap.lazy_max=8M"));
	working = WORKERS;
	for (uintptr_t i = 0; i < WORKERS; i++)
		REQUIRE(!pthread_create(&threads[i], NULL, work,
					(void *)(i * 104729 + 7)));
	while (__atomic_load_n(&working, __ATOMIC_ACQUIRE)) {
		struct timespec pause = { 0, 300000 };

		if (turn % 3 == 0)
			vmap_purge(PURGE_ALL);
		else if (turn % 3 == 1)
			tick_run(turn);
		else
			vmap_check();
		turn++;
		nanosleep(&pause, NULL);
	}
	for (int i = 0; i < WORKERS; i++)
		REQUIRE(!pthread_join(threads[i], NULL));
	for (int i = 0; i < SHARED; i++)
		give(shared[i]);
	vmap_purge(PURGE_ALL);
	vmap_stat(&stat);
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
