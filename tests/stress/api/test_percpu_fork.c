// SPDX-License-Identifier: MIT
/*
 * test_percpu_fork.c - fork while threads take and free percpu memory
 */
#include <pthread.h>

#include <kmalloc/kmalloc.h>

#include "core/lock.h"
#include "support/kmtest.h"
#include "vmap/percpu/internal.h"

#define THREADS 2
#define FORKS 100
#define KEEP 32

static bool stop;

static void step(void **kept, uint64_t *seed)
{
	uint64_t r = test_rand(seed);
	void **p = &kept[r % KEEP];
	size_t size = 1 + (r >> 24) % (r % 20 ? 500 : PCPU_MIN_UNIT_SIZE);

	free_percpu(*p);
	*p = __alloc_percpu_gfp(size, 8,
				r & (1 << 20) ? GFP_KERNEL : GFP_ATOMIC);
	if (!*p && r & (1 << 20))
		abort();
	if (*p)
		*(char *)this_cpu_ptr(*p) = 1;
}

static void give_all(void **kept)
{
	for (size_t i = 0; i < KEEP; i++)
		free_percpu(kept[i]);
}

static void *worker(void *arg)
{
	uint64_t seed = (uint64_t)(uintptr_t)arg;
	void *kept[KEEP] = { NULL };

	while (!READ_ONCE(stop))
		step(kept, &seed);
	give_all(kept);
	return NULL;
}

static void child(void *arg)
{
	uint64_t seed = (uint64_t)(uintptr_t)arg;
	void *kept[KEEP] = { NULL };

	km_check();
	for (int i = 0; i < 500; i++)
		step(kept, &seed);
	give_all(kept);
	pcpu_balance();
	km_check();
}

/* A process forks again and again while its threads are anywhere in there.
 * Expect each child to find sound structures and to be served, and the
 * parent's to be sound in the end. */
static void test_fork(void **state)
{
	pthread_t threads[THREADS];
	struct child_end end;

	(void)state;
	for (uintptr_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, worker,
						(void *)(i + 77)),
				 0);
	for (uintptr_t i = 1; i <= FORKS; i++) {
		child_run(child, (void *)i, &end);
		if (end.status)
			fail_msg("child %zu ended with %#x: %s", (size_t)i,
				 end.status, end.err);
	}
	WRITE_ONCE(stop, true);
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
	pcpu_balance();
	assert_int_equal(pcpu.nr_chunks, 1);
	km_check();
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_fork) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
