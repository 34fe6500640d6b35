// SPDX-License-Identifier: MIT
/*
 * test_shrinker.c - how much is asked of each shrinker (docs/kernel.md K5)
 */
#include <pthread.h>

#include "reclaim/internal.h"
#include "reclaim/reclaim.h"
#include "support/short.h"
#include "zone/vmstat.h"

/* A shrinker of numbers: what it is told, and what it was asked. */
static struct {
	unsigned long freeable, ret, scanned;
	unsigned long calls, last, sum;
	int nid;
} fake;

static unsigned long fake_count(struct shrinker *s, struct shrink_control *sc)
{
	(void)s;
	fake.nid = sc->nid;
	return fake.freeable;
}

static unsigned long fake_scan(struct shrinker *s, struct shrink_control *sc)
{
	(void)s;
	fake.calls++;
	fake.last = sc->nr_to_scan;
	fake.sum += sc->nr_to_scan;
	if (fake.scanned)
		sc->nr_scanned = fake.scanned;
	return fake.ret == SHRINK_STOP ? SHRINK_STOP : sc->nr_to_scan;
}

static struct shrinker *start_fake(unsigned int flags)
{
	struct shrinker *s;

	start_zone("numa=fake=2");
	s = shrinker_alloc(flags, "fake-%d", 7);
	REQUIRE(s && s->seeks == DEFAULT_SEEKS);
	REQUIRE(!strcmp(s->name, "fake-7"));
	s->count_objects = fake_count;
	s->scan_objects = fake_scan;
	shrinker_register(s);
	return s;
}

static unsigned long ask(struct shrinker *s, int priority)
{
	(void)s;
	fake.calls = fake.sum = 0;
	return shrink_slab(GFP_KERNEL, 0, priority);
}

/* 10000 objects at falling priority. Expect (n >> priority) * 2 in batches of
 * 128, the rest of a batch carried over, and twice what there is at most. */
static void child_pressure(void *arg)
{
	struct shrinker *s = start_fake(0);

	(void)arg;
	fake.freeable = 10000;
	REQUIRE(ask(s, 12) == 0 && !fake.calls); /* 2 * 2: no batch */
	REQUIRE(s->nr_deferred[0] == 4);
	REQUIRE(ask(s, 6) == 256 && fake.calls == 2); /* 156 * 2 = 312 */
	REQUIRE(s->nr_deferred[0] == 4 + 312 - 256);
	s->nr_deferred[0] = 0;
	REQUIRE(ask(s, 0) == 19968 && fake.calls == 156); /* of 20000 */
	REQUIRE(fake.last == 128 && s->nr_deferred[0] == 32);
	s->nr_deferred[0] = 1000000;
	REQUIRE(ask(s, 0) == 19968);
	REQUIRE(s->nr_deferred[0] == 20000); /* capped by what there is */
	REQUIRE(ask(s, 6) == 512 && fake.calls == 4); /* 20000 >> 6, and 312 */
}

/* Few objects: less than a batch. Expect them asked for as soon as the target
 * reaches what there is; with seeks 0 half at once; a batch of one's own. */
static void child_few(void *arg)
{
	struct shrinker *s = start_fake(0);

	(void)arg;
	fake.freeable = 10;
	REQUIRE(ask(s, 3) == 0); /* 1 * 2 */
	s->nr_deferred[0] = 0;
	REQUIRE(ask(s, 1) == 10 && fake.calls == 1);
	s->seeks = 0;
	s->batch = 2;
	REQUIRE(ask(s, 12) == 4 && fake.calls == 2); /* 5: two batches */
	REQUIRE(s->nr_deferred[0] == 1);
	s->seeks = 8;
	s->nr_deferred[0] = 0;
	REQUIRE(ask(s, 0) == 4 && fake.calls == 2); /* 10 * 4 / 8 = 5 */
}

/* Nothing, SHRINK_EMPTY and SHRINK_STOP. Expect no scan, no scan, one. */
static void child_stop(void *arg)
{
	struct shrinker *s = start_fake(0);

	(void)arg;
	fake.freeable = 0;
	REQUIRE(ask(s, 0) == 0 && !fake.calls);
	fake.freeable = SHRINK_EMPTY;
	REQUIRE(ask(s, 0) == 0 && !fake.calls);
	REQUIRE(!s->nr_deferred[0]);
	fake.freeable = 1000;
	fake.ret = SHRINK_STOP;
	REQUIRE(ask(s, 0) == 0 && fake.calls == 1);
	REQUIRE(s->nr_deferred[0] == 2000);
	fake.ret = 0;
	fake.scanned = 1000; /* it looks at more than it was told */
	s->nr_deferred[0] = 0;
	REQUIRE(ask(s, 0) == 256 && fake.calls == 2);
}

/* Two nodes. Expect one carry for all, or one a node if it knows of nodes;
 * slabs_scanned counts what was looked at. */
static void child_nodes(void *arg)
{
	struct shrinker *s = start_fake(SHRINKER_NUMA_AWARE);
	unsigned long events[NR_VM_EVENT_ITEMS], before;

	(void)arg;
	all_vm_events(events);
	before = events[SLABS_SCANNED];
	fake.freeable = 1000;
	REQUIRE(!shrink_slab(GFP_KERNEL, 1, 8) && fake.nid == 1);
	REQUIRE(s->nr_deferred[1] == 6 && !s->nr_deferred[0]);
	s->flags &= ~SHRINKER_NUMA_AWARE;
	REQUIRE(!shrink_slab(GFP_KERNEL, 1, 8));
	REQUIRE(s->nr_deferred[1] == 6 && s->nr_deferred[0] == 6);
	REQUIRE(shrink_slab(GFP_KERNEL, 0, 0) == 1920); /* of 2000 */
	all_vm_events(events);
	REQUIRE(events[SLABS_SCANNED] - before == 1920);
}

/* KM_SHRINKER_IO and _FS. Expect them passed over for requests without. */
static void child_gates(void *arg)
{
	struct shrinker *s = start_fake(KM_SHRINKER_IO);

	(void)arg;
	fake.freeable = 128;
	REQUIRE(!shrink_slab(GFP_NOIO, 0, 0));
	REQUIRE(shrink_slab(GFP_NOFS, 0, 0) == 256);
	s->flags |= KM_SHRINKER_FS;
	REQUIRE(!shrink_slab(GFP_NOFS, 0, 0));
	REQUIRE(!shrink_slab(GFP_NOIO | __GFP_FS, 0, 0));
	REQUIRE(shrink_slab(GFP_KERNEL, 0, 0));
}

/* After shrinker_free(). Expect it asked no more, and its page back. */
static void child_freed(void *arg)
{
	struct shrinker *s = start_fake(0);
	struct zone *zone = page_zone(__virt_to_page(s));

	(void)arg;
	fake.freeable = 128;
	REQUIRE(ask(s, 0) == 256);
	shrinker_free(s);
	ask(NULL, 0);
	REQUIRE(!fake.calls);
	shrinker_free(NULL);
	check_conservation(zone, 0);
	s = shrinker_alloc(0, "never registered");
	REQUIRE(s);
	shrinker_free(s);
	check_conservation(zone, 0);
}

static u32 inside, leave, freed;

static unsigned long slow_count(struct shrinker *s, struct shrink_control *sc)
{
	(void)s;
	(void)sc;
	__atomic_store_n(&inside, 1, __ATOMIC_SEQ_CST);
	while (!__atomic_load_n(&leave, __ATOMIC_SEQ_CST))
		usleep(100);
	REQUIRE(!__atomic_load_n(&freed, __ATOMIC_SEQ_CST));
	return 0;
}

static void *shrink_thread(void *arg)
{
	shrink_slab(GFP_KERNEL, 0, 0);
	return arg;
}

static void *free_thread(void *arg)
{
	shrinker_free(arg);
	__atomic_store_n(&freed, 1, __ATOMIC_SEQ_CST);
	return NULL;
}

/* A shrinker freed while another thread is in it. Expect that to wait. */
static void child_waits(void *arg)
{
	pthread_t user, owner;
	struct shrinker *s;

	(void)arg;
	start_zone("");
	s = shrinker_alloc(0, "slow");
	s->count_objects = slow_count;
	s->scan_objects = fake_scan;
	shrinker_register(s);
	REQUIRE(!pthread_create(&user, NULL, shrink_thread, NULL));
	while (!__atomic_load_n(&inside, __ATOMIC_SEQ_CST))
		usleep(100);
	REQUIRE(!pthread_create(&owner, NULL, free_thread, s));
	usleep(2000);
	REQUIRE(!__atomic_load_n(&freed, __ATOMIC_SEQ_CST));
	__atomic_store_n(&leave, 1, __ATOMIC_SEQ_CST);
	pthread_join(user, NULL);
	pthread_join(owner, NULL);
	REQUIRE(freed);
}

/* The fork owner, between the handlers. Expect the program's shrinkers left
 * alone, since they may wait for a lock, and the engine's asked. */
static void child_in_fork(void *arg)
{
	struct shrinker *s = start_fake(0);

	(void)arg;
	fake.freeable = 128;
	shrinker_fork_take();
	lock_fork_begin();
	REQUIRE(!ask(s, 0));
	s->flags |= SHRINKER_ENGINE;
	REQUIRE(ask(s, 0) == 256);
	s->flags &= ~SHRINKER_ENGINE;
	lock_fork_end();
	shrinker_fork_release();
	REQUIRE(ask(s, 0) == 256);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		child_test(child_pressure), child_test(child_few),
		child_test(child_stop),	    child_test(child_nodes),
		child_test(child_gates),    child_test(child_freed),
		child_test(child_waits),    child_test(child_in_fork),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
