// SPDX-License-Identifier: MIT
/*
 * test_fork.c - fork while threads allocate and free
 */
#include <pthread.h>

#include <kmalloc/kmalloc.h>

#include "core/lock.h"
#include "support/kmtest.h"

#define THREADS 3
#define FORKS 100
#define KEEP 64

static struct kmem_cache *s;
static bool stop;

static void step(void **kept, uint64_t *seed)
{
	uint64_t r = test_rand(seed);
	void **p = &kept[r % KEEP];

	kfree(*p);
	if (r & (1 << 20))
		*p = kmem_cache_alloc(s, GFP_KERNEL);
	else
		*p = kmalloc((r >> 24) % (r % 40 ? 1000 : 50000), GFP_KERNEL);
	if (!*p)
		abort();
	if (*p != ZERO_SIZE_PTR)
		memset(*p, 1, 8);
}

static void give_all(void **kept)
{
	for (size_t i = 0; i < KEEP; i++) {
		kfree(kept[i]);
		kept[i] = NULL;
	}
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

/* All there is to do, in the child of a process whose threads were anywhere. */
static void child(void *arg)
{
	void *kept[KEEP] = { NULL };
	uint64_t seed = (uint64_t)(uintptr_t)arg;

	km_check();
	for (int i = 0; i < 2000; i++)
		step(kept, &seed);
	km_check();
	give_all(kept);
	kmem_cache_shrink(s);
	km_reclaim();
	km_check();
}

/* A process forks again and again under load. Expect every child to find sound
 * structures, to be served, and the parent to be as sound in the end. */
static void test_fork(void **state)
{
	pthread_t threads[THREADS];
	struct child_end end;

	(void)state;
	assert_non_null(km_version());
	s = kmem_cache_create("fork", 120, 0, 0, NULL);
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
	km_check();
	assert_int_equal(kmem_cache_shrink(s), 0);
	kmem_cache_destroy(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_fork) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
