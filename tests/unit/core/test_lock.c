// SPDX-License-Identifier: MIT
/*
 * test_lock.c - locks: exclusion, ranks, and the passage through fork
 */
#include <pthread.h>
#include <sys/wait.h>
#include <time.h>

#include "core/lock.h"
#include "support/child.h"

#define THREADS 4
#define TURNS 20000

static spinlock_t lock = SPIN_LOCK_INIT(LOCK_VMAP);
static spinlock_t inner = SPIN_LOCK_INIT(LOCK_ZONE);
static long counter; /* lock */
static int arrived; /* atomic */

static void *count_up(void *arg)
{
	(void)arg;
	for (int i = 0; i < TURNS; i++) {
		if (i % 3 == 0) {
			while (!spin_trylock(&lock))
				cpu_relax();
		} else {
			spin_lock(&lock);
		}
		spin_lock(&inner);
		counter++;
		spin_unlock(&inner);
		spin_unlock(&lock);
	}
	return NULL;
}

/* Threads that add to one number under the lock. Expect no lost addition. */
static void child_exclusion(void *arg)
{
	pthread_t threads[THREADS];

	(void)arg;
	for (int i = 0; i < THREADS; i++)
		REQUIRE(!pthread_create(&threads[i], NULL, count_up, NULL));
	for (int i = 0; i < THREADS; i++)
		REQUIRE(!pthread_join(threads[i], NULL));
	REQUIRE(counter == (long)THREADS * TURNS);
	REQUIRE(!lock.word && !inner.word && !lock_held);
}

static void *take_once(void *arg)
{
	(void)arg;
	spin_lock(&lock);
	counter = 1;
	__atomic_store_n(&arrived, 1, __ATOMIC_RELEASE);
	spin_unlock(&lock);
	return NULL;
}

static void nap(void)
{
	struct timespec ms = { 0, 1000000 };

	nanosleep(&ms, NULL);
}

/* A waiter that went to sleep. Expect word 2 meanwhile, and a wake-up. */
static void child_sleeper(void *arg)
{
	pthread_t thread;

	(void)arg;
	spin_lock(&lock);
	REQUIRE(lock.word == 1);
	REQUIRE(!pthread_create(&thread, NULL, take_once, NULL));
	while (READ_ONCE(lock.word) != 2)
		nap();
	REQUIRE(!__atomic_load_n(&arrived, __ATOMIC_ACQUIRE));
	spin_unlock(&lock);
	REQUIRE(!pthread_join(thread, NULL));
	REQUIRE(counter == 1 && !lock.word);
}

/* A trylock of a held lock. Expect false at once, and nothing changed. */
static void child_trylock(void *arg)
{
	(void)arg;
	REQUIRE(spin_trylock(&lock));
	REQUIRE(!spin_trylock(&lock));
	REQUIRE(lock.word == 1);
	spin_unlock(&lock);
	REQUIRE(spin_trylock(&lock));
	spin_unlock(&lock);
}

static void take_falling(void *arg)
{
	(void)arg;
	spin_lock(&inner);
	spin_lock(&lock);
}

static spinlock_t other = SPIN_LOCK_INIT(LOCK_VMAP);

static void take_equal(void *arg)
{
	(void)arg;
	spin_lock(&lock);
	spin_lock(&other);
}

static void take_unranked(void *arg)
{
	(void)arg;
	other.rank = NR_LOCK_RANKS;
	spin_lock(&other);
}

static void assert_unheld(void *arg)
{
	(void)arg;
	lock_assert_held(&lock);
}

/* Ranks that fall, are equal or unknown, and an assertion about a lock that
 * is not held. Expect a debug build to abort on each. */
static void test_ranks(void **state)
{
	(void)state;
	if (!IS_ENABLED(KM_DEBUG))
		skip();
	assert_true(child_aborts(take_falling, NULL, "kmalloc: BUG: "));
	assert_true(child_aborts(take_equal, NULL, "kmalloc: BUG: "));
	assert_true(child_aborts(take_unranked, NULL, "kmalloc: BUG: "));
	assert_true(child_aborts(assert_unheld, NULL, "kmalloc: BUG: "));
}

/* Rising ranks, given back in any order, and a trylock against the order.
 * Expect no complaint. */
static void child_rising(void *arg)
{
	(void)arg;
	spin_lock(&lock);
	spin_lock(&inner);
	spin_unlock(&lock);
	spin_unlock(&inner);
	spin_lock(&inner);
	REQUIRE(spin_trylock(&lock));
	lock_assert_held(&lock);
	spin_unlock(&inner);
	spin_unlock(&lock);
	REQUIRE(!lock_held);
}

/* The fork owner locks and unlocks what it holds; another thread waits.
 * Expect it to pass, the lock to stay held, and the other to come last. */
static void child_pass_through(void *arg)
{
	pthread_t thread;

	(void)arg;
	lock_fork_take(&lock);
	lock_fork_take(&inner);
	lock_fork_begin();
	REQUIRE(lock_is_fork_owner());
	REQUIRE(!pthread_create(&thread, NULL, take_once, NULL));
	for (int i = 0; i < 100; i++) {
		spin_lock(&inner); /* falling rank: allowed here */
		spin_lock(&lock);
		REQUIRE(spin_trylock(&lock));
		spin_unlock(&lock);
		spin_unlock(&inner);
		REQUIRE(READ_ONCE(lock.word) && inner.word);
	}
	while (READ_ONCE(lock.word) != 2)
		nap();
	REQUIRE(!__atomic_load_n(&arrived, __ATOMIC_ACQUIRE));
	lock_fork_release(&inner);
	lock_fork_release(&lock);
	lock_fork_end();
	REQUIRE(!lock_is_fork_owner());
	REQUIRE(!pthread_join(thread, NULL));
	REQUIRE(arrived && !lock.word && !inner.word && !lock_held);
}

/* A fork while a thread sleeps on a lock that the forking thread took.
 * Expect the child to find the lock usable, and the parent too. */
static void child_fork(void *arg)
{
	pthread_t thread;
	int status;
	pid_t pid;

	(void)arg;
	lock_fork_take(&lock);
	lock_fork_begin();
	REQUIRE(!pthread_create(&thread, NULL, take_once, NULL));
	while (READ_ONCE(lock.word) != 2)
		nap();
	pid = fork();
	REQUIRE(pid >= 0);
	lock_fork_release(&lock);
	lock_fork_end();
	if (!pid) {
		spin_lock(&lock);
		spin_unlock(&lock);
		_exit(lock.word ? 1 : 0);
	}
	REQUIRE(!pthread_join(thread, NULL));
	REQUIRE(waitpid(pid, &status, 0) == pid && !status);
	REQUIRE(!lock.word);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		child_test(child_exclusion), child_test(child_sleeper),
		child_test(child_trylock),   cmocka_unit_test(test_ranks),
		child_test(child_rising),    child_test(child_pass_through),
		child_test(child_fork),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
