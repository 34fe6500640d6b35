// SPDX-License-Identifier: MIT
/*
 * core/lock.h - futex-backed locks with ranks, passed by the thread that forks
 *
 * The enum below is the lock order: a thread takes locks in rising rank only.
 * Debug builds check it on every spin_lock(); docs/locking.md has a paragraph
 * for each lock.
 *
 *	word	0 free   1 held   2 held, a thread sleeps on it
 *
 * fork: lock_fork_begin() makes the calling thread the fork owner after it
 * has taken every lock. From then to lock_fork_end() that thread passes
 * through all locks, because the atfork handlers of other libraries run then
 * and may allocate. No other thread can be inside, so no structure is torn.
 *
 * While LOCK_BARN, LOCK_LIST, LOCK_VMAP or LOCK_ZONE is held no system call is
 * made but futex.
 *
 * Invariants	LOCK1  at most one thread is between lock and unlock
 *		LOCK2  ranks held by one thread are distinct and rising
 *		(unit.core.lock checks LOCK1, lock_rank_check() LOCK2)
 * Source	no kernel counterpart; spinlock_t keeps its name and calls.
 */
#ifndef KM_CORE_LOCK_H
#define KM_CORE_LOCK_H

#include "core/bug.h"
#include "core/task.h"
#include "sys/compiler.h"

enum lock_rank {
	LOCK_RCU, /* the start of the RCU worker; its rest during fork */
	LOCK_INIT, /* one-time set-up */
	LOCK_TICK, /* one runner of the periodic work */
	LOCK_MIGRATE, /* one mover of pages: compaction, contig, hotplug */
	LOCK_MEMPOOL, /* the reserves of all mempools */
	LOCK_CLASSES, /* caches in static storage, made at first use */
	LOCK_SLAB_MUTEX, /* list of caches, creation, destruction */
	LOCK_OWNERS, /* list of object-cache owners */
	LOCK_OWNER, /* one owner: its sheaves of caches not in use */
	LOCK_SLAB_DEBUG, /* the slabs of one cache with slab_debug */
	LOCK_KMEM_CPU, /* one kmem_cache_cpu: cpu slab and partial list */
	LOCK_BARN, /* one node_barn */
	LOCK_ALIEN, /* one alien_cache of SLAB */
	LOCK_LIST, /* kmem_cache_node.list_lock */
	LOCK_INHERITED, /* maps of what a child frees of its parent's */
	LOCK_REGION, /* memory of sheaves, arrays and tables of cursors */
	LOCK_PCPU_ALLOC, /* pages of percpu chunks */
	LOCK_PCPU, /* percpu chunks and their maps */
	LOCK_VMAP_NODE, /* one vmap_node: areas in use, pooled areas */
	LOCK_VMAP, /* address trees and lazy list of vmalloc space */
	LOCK_FRAMES, /* frames that are moved into the memfd, or out of it */
	LOCK_SHRINKER, /* the list of shrinkers */
	LOCK_HOTPLUG, /* growth of the arena */
	LOCK_WMARK, /* watermarks and reserves of all zones */
	LOCK_PCP, /* one per_cpu_pages */
	LOCK_ZONE, /* zone->lock */
	NR_LOCK_RANKS
};

/* Taken before all others; threads that allocate or free only try them. */
#define LOCK_GATES (1U << LOCK_TICK | 1U << LOCK_MIGRATE)

typedef struct spinlock {
	u32 word;
	u32 rank;
} spinlock_t;

#define SPIN_LOCK_INIT(lock_rank) \
	{                         \
		0, (lock_rank)    \
	}

extern void *lock_fork_owner __hidden; /* thread pointer of the forker */
#define lock_held (current_task.locks)

void spin_lock_slow(spinlock_t *lock);
void spin_unlock_wake(spinlock_t *lock);
void lock_rank_check(const spinlock_t *lock);

static inline void spin_lock_init(spinlock_t *lock, enum lock_rank rank)
{
	lock->word = 0;
	lock->rank = rank;
}

static inline bool lock_is_fork_owner(void)
{
	return READ_ONCE(lock_fork_owner) == __builtin_thread_pointer();
}

static inline bool __lock_try(spinlock_t *lock)
{
	u32 expected = 0;

	return __atomic_compare_exchange_n(&lock->word, &expected, 1, false,
					   __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

static inline void spin_lock(spinlock_t *lock)
{
	if (IS_ENABLED(KM_DEBUG))
		lock_rank_check(lock);
	if (unlikely(!__lock_try(lock)))
		spin_lock_slow(lock);
	if (IS_ENABLED(KM_DEBUG))
		lock_held |= 1U << lock->rank;
}

/* Never waits, so the lock order does not apply. */
static inline bool spin_trylock(spinlock_t *lock)
{
	if (!__lock_try(lock) && !lock_is_fork_owner())
		return false;
	if (IS_ENABLED(KM_DEBUG))
		lock_held |= 1U << lock->rank;
	return true;
}

static inline void spin_unlock(spinlock_t *lock)
{
	if (IS_ENABLED(KM_DEBUG))
		lock_held &= ~(1U << lock->rank);
	if (unlikely(lock_is_fork_owner()))
		return;
	if (unlikely(__atomic_exchange_n(&lock->word, 0, __ATOMIC_RELEASE) ==
		     2))
		spin_unlock_wake(lock);
}

static inline void lock_assert_held(const spinlock_t *lock)
{
	VM_BUG_ON(!READ_ONCE(lock->word));
}

/*
 * For the fork handlers alone. lock_fork_take() takes a lock whatever ranks are
 * held. lock_fork_release() unlocks it; in the child its holder may not exist.
 */
void lock_fork_take(spinlock_t *lock);
void lock_fork_release(spinlock_t *lock);
void lock_fork_begin(void);
void lock_fork_end(void);

#endif
