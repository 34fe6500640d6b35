// SPDX-License-Identifier: MIT
/*
 * core/lock.c - the waiting half of the locks, and the debug rank check
 *
 * A waiter spins for about a microsecond, since critical sections are short,
 * then sleeps in the kernel. On one CPU spinning is pointless but harmless.
 */
#include "core/lock.h"
#include "sys/os.h"

#define SPIN_TURNS 64

void *lock_fork_owner;

void spin_lock_slow(spinlock_t *lock)
{
	if (lock_is_fork_owner())
		return;
	for (int turn = 0; turn < SPIN_TURNS; turn++) {
		cpu_relax();
		if (!READ_ONCE(lock->word) && __lock_try(lock))
			return;
	}
	while (__atomic_exchange_n(&lock->word, 2, __ATOMIC_ACQUIRE))
		os_futex_wait(&lock->word, 2);
}

void spin_unlock_wake(spinlock_t *lock)
{
	os_futex_wake(&lock->word);
}

void lock_rank_check(const spinlock_t *lock)
{
	if (lock_is_fork_owner())
		return;
	BUG_ON(lock->rank >= NR_LOCK_RANKS);
	BUG_ON(lock_held >> lock->rank);
}

void lock_fork_take(spinlock_t *lock)
{
	if (!__lock_try(lock))
		spin_lock_slow(lock);
}

void lock_fork_release(spinlock_t *lock)
{
	if (__atomic_exchange_n(&lock->word, 0, __ATOMIC_RELEASE) == 2)
		os_futex_wake(&lock->word);
}

void lock_fork_begin(void)
{
	WRITE_ONCE(lock_fork_owner, __builtin_thread_pointer());
}

void lock_fork_end(void)
{
	WRITE_ONCE(lock_fork_owner, (void *)NULL);
	lock_held = 0;
}
