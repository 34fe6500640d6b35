// SPDX-License-Identifier: MIT
/*
 * test_percpu_stress.c - threads that take and free percpu memory at once
 */
#include <pthread.h>
#include <time.h>

#include "support/percpu.h"

#define TURNS (IS_ENABLED(KM_SANITIZE_THREAD) ? 20000 : 300000)
#define WORKERS 2
#define LIVE 64
#define SHARED 8

struct held {
	unsigned char *ptr;
	size_t size;
	int mark;
};

static struct held *shared[SHARED]; /* atomic: handed from thread to thread */
static int working; /* atomic: workers that are not done */

static struct held *take(u64 *seed)
{
	struct held *h = malloc(sizeof(*h));
	size_t align = 1UL << test_below(seed, 8);
	gfp_t gfp = test_below(seed, 4) ? GFP_KERNEL : GFP_ATOMIC;

	REQUIRE(h);
	h->size = 1 + test_below(seed, 1UL << (2 + test_below(seed, 12)));
	h->mark = 1 + (int)test_below(seed, 255);
	h->ptr = __alloc_percpu_gfp(h->size, align, gfp);
	if (!h->ptr) {
		REQUIRE(gfp == GFP_ATOMIC);
		free(h);
		return NULL;
	}
	REQUIRE(copies_hold(h->ptr, h->size, 0));
	fill_copies(h->ptr, h->size, h->mark);
	return h;
}

static void give(struct held *h)
{
	if (!h)
		return;
	REQUIRE(pcpu_alloc_size(h->ptr) == ALIGN(h->size, 4UL));
	REQUIRE(copies_hold(h->ptr, h->size, h->mark));
	free_percpu(h->ptr);
	free(h);
}

static void *work(void *arg)
{
	struct held *live[LIVE] = { NULL };
	u64 seed = (u64)(uintptr_t)arg;

	for (int i = 0; i < TURNS; i++) {
		struct held **slot = &live[test_below(&seed, LIVE)];
		struct held **other = &shared[test_below(&seed, SHARED)];

		if (test_below(&seed, 5)) {
			give(*slot);
			*slot = *slot ? NULL : take(&seed);
		} else {
			*slot = __atomic_exchange_n(other, *slot,
						    __ATOMIC_ACQ_REL);
		}
	}
	for (int i = 0; i < LIVE; i++)
		give(live[i]);
	__atomic_sub_fetch(&working, 1, __ATOMIC_RELEASE);
	return NULL;
}

/* Two threads that take, hand over and free, with and without waiting, while a
 * third ticks, balances and checks. Expect every copy intact, nothing left. */
static void child_stress(void *arg)
{
	pthread_t threads[WORKERS];
	unsigned long turn = 0;

	(void)arg;
	start_percpu("");
	working = WORKERS;
	for (uintptr_t i = 0; i < WORKERS; i++)
		REQUIRE(!pthread_create(&threads[i], NULL, work,
					(void *)(i * 104729 + 7)));
	while (__atomic_load_n(&working, __ATOMIC_ACQUIRE)) {
		struct timespec pause = { 0, 300000 };

		if (turn % 3 == 0)
			tick_run(turn);
		else if (turn % 3 == 1)
			pcpu_balance();
		else
			percpu_check();
		turn++;
		nanosleep(&pause, NULL);
	}
	for (int i = 0; i < WORKERS; i++)
		REQUIRE(!pthread_join(threads[i], NULL));
	for (int i = 0; i < SHARED; i++)
		give(shared[i]);
	pcpu_balance();
	check_percpu();
	REQUIRE(pcpu.nr_chunks == 1 && vm_space.areas == 1);
	REQUIRE(pcpu.nr_empty_pop_pages == PCPU_EMPTY_POP_PAGES_HIGH);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		child_test(child_stress),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
