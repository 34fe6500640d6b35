// SPDX-License-Identifier: MIT
/*
 * api/rcu.c - a queue of functions that wait for a grace period of liburcu
 *
 *	kmem_rcu->call()   any lock may be held	   worker thread
 *	   queue <- head <- head <- head	     |  takes all of it
 *						     |  synchronize_rcu()
 *						     |  runs them, oldest first
 *						     `- sleeps until the next
 *
 * liburcu has a queue of its own, call_rcu(). But that takes mutexes of liburcu
 * at a thread's first call, which fork holds while it waits for our locks; and
 * slabs are freed with locks held. This queue needs one compare and exchange.
 *
 * The flavour is bp: its readers register themselves, and only this flavour
 * supports a child of fork, in which the other threads do not exist.
 *
 *	fork	prepare	the worker comes to rest, then liburcu's locks are
 *			taken; all before the locks of the engine
 *		parent	the worker goes on
 *		child	liburcu forgets the other threads; a new worker
 *
 * Locking	rcu_lock for the start of the worker, so that there is at most
 *		one, and for fork; the queue is lock-free
 * Invariants	RCU1  functions that are queued when the worker has come to
 *		    rest are run by the next worker
 *					(unit.api.rcu checks it)
 * Source	Linux v6.18 for the names; liburcu 0.13 (urcu/urcu-bp.h)
 */
#include <errno.h>
#include <string.h>
#include <urcu/urcu-bp.h>

#include <kmalloc/rcu.h>

#include "api/rcu.h"
#include "core/lock.h"
#include "core/start.h"
#include "kmem/held.h"
#include "kmem/rcu.h"
#include "kmem/thread.h"
#include "sys/os.h"

enum worker_state { WORKER_NONE, WORKER_RUNS, WORKER_TO_REST, WORKER_RESTS };

static spinlock_t rcu_lock = SPIN_LOCK_INIT(LOCK_RCU);
static struct rcu_head *rcu_queue; /* atomic: the newest first */
static u32 bell; /* futex: rung when there is something to do */
static u32 worker; /* futex: enum worker_state; rcu_lock, and the worker */
static bool fork_locked; /* rcu_lock: between prepare and its end */

/* ---- for ThreadSanitizer, which does not see into liburcu ---------------- */

void __tsan_acquire(void *addr) __attribute__((weak));
void __tsan_release(void *addr) __attribute__((weak));

static char sections; /* stands for all readers' sections */

static void tsan_section_ended(void)
{
	if (IS_ENABLED(KM_SANITIZE_THREAD))
		__tsan_release(&sections);
}

static void tsan_all_ended(void)
{
	if (IS_ENABLED(KM_SANITIZE_THREAD))
		__tsan_acquire(&sections);
}

/* ---- liburcu ------------------------------------------------------------- */

void km_rcu_read_lock(void)
{
	urcu_bp_read_lock();
}

void km_rcu_read_unlock(void)
{
	tsan_section_ended();
	urcu_bp_read_unlock();
}

void km_synchronize_rcu(void)
{
	urcu_bp_synchronize_rcu();
	tsan_all_ended();
}

/* ---- the worker ---------------------------------------------------------- */

static struct rcu_head *link_of(struct rcu_head *head)
{
	struct rcu_head *next;

	memcpy(&next, head, sizeof(void *));
	return next;
}

static void set_link(struct rcu_head *head, struct rcu_head *next)
{
	memcpy(head, &next, sizeof(void *));
}

/* Runs the queued functions, the oldest first. */
static void run_all(struct rcu_head *list)
{
	struct rcu_head *oldest = NULL, *next;

	for (; list; list = next) {
		next = link_of(list);
		set_link(list, oldest);
		oldest = list;
	}
	for (; oldest; oldest = next) {
		next = link_of(oldest);
		oldest->func(oldest);
	}
}

/* Flushes this thread's sheaves before it sleeps: they would be idle. */
static void give_up_sheaves(void)
{
	struct kmem_owner *owner = kmem_owner_get();

	if (owner)
		kmem_owner_flush(owner);
}

static void set_worker(enum worker_state state)
{
	__atomic_store_n(&worker, state, __ATOMIC_RELEASE);
	os_futex_wake(&worker);
}

static void wait_while(enum worker_state state)
{
	while (smp_load_acquire(&worker) == state)
		os_futex_wait(&worker, state);
}

static void *rcu_worker(void *arg)
{
	os_set_comm("km_rcu");
	for (;;) {
		u32 rung = smp_load_acquire(&bell);
		struct rcu_head *list;

		if (smp_load_acquire(&worker) == WORKER_TO_REST) {
			set_worker(WORKER_RESTS);
			wait_while(WORKER_RESTS);
		}
		list = __atomic_exchange_n(&rcu_queue, NULL, __ATOMIC_ACQ_REL);
		if (list) {
			km_synchronize_rcu();
			run_all(list);
			give_up_sheaves();
		} else {
			os_futex_wait(&bell, rung);
		}
	}
	return arg;
}

static void ring_bell(void)
{
	__atomic_add_fetch(&bell, 1, __ATOMIC_RELEASE);
	os_futex_wake(&bell);
}

/* Starts the worker. rcu_lock is held, or this is the child of a fork. */
static int start_worker(void)
{
	int ret;

	WRITE_ONCE(worker, (u32)WORKER_RUNS);
	ret = os_thread_start(rcu_worker, NULL, 0);
	if (ret)
		WRITE_ONCE(worker, (u32)WORKER_NONE);
	return ret;
}

static int rcu_prepare(void)
{
	int ret = 0;

	if (likely(smp_load_acquire(&worker) != WORKER_NONE))
		return 0;
	spin_lock(&rcu_lock);
	if (worker == WORKER_NONE)
		ret = start_worker();
	spin_unlock(&rcu_lock);
	return ret;
}

/* ---- the queue ----------------------------------------------------------- */

static void rcu_call(struct rcu_head *head, void (*func)(struct rcu_head *))
{
	struct rcu_head *first = READ_ONCE(rcu_queue);

	head->func = func;
	do
		set_link(head, first);
	while (!__atomic_compare_exchange_n(&rcu_queue, &first, head, true,
					    __ATOMIC_ACQ_REL,
					    __ATOMIC_RELAXED));
	/* if the queue was not empty another thread has rung the bell */
	if (!first)
		ring_bell();
}

struct marker {
	struct rcu_head head;
	u32 done; /* futex */
};

static void mark_done(struct rcu_head *head)
{
	struct marker *marker = container_of(head, struct marker, head);

	give_up_sheaves();
	__atomic_store_n(&marker->done, 1, __ATOMIC_RELEASE);
	os_futex_wake(&marker->done);
}

/* Waits for all functions queued before: the queue runs in order. */
static void rcu_wait_all(void)
{
	struct marker marker = { .done = 0 };

	if (smp_load_acquire(&worker) == WORKER_NONE)
		return;
	rcu_call(&marker.head, mark_done);
	while (!smp_load_acquire(&marker.done))
		os_futex_wait(&marker.done, 0);
}

static void kvfree_barrier(void)
{
	if (smp_load_acquire(&worker) == WORKER_NONE)
		return;
	flush_all_rcu_sheaves();
	rcu_wait_all();
}

const struct kmem_rcu_ops km_rcu_ops = {
	.prepare = rcu_prepare,
	.call = rcu_call,
	.barrier = rcu_wait_all,
	.kvfree_barrier = kvfree_barrier,
};

void km_call_rcu(struct rcu_head *head, void (*func)(struct rcu_head *head))
{
	/* no worker thread: wait and run it here */
	if (unlikely(rcu_prepare())) {
		km_synchronize_rcu();
		func(head);
		return;
	}
	rcu_call(head, func);
}

void km_rcu_barrier(void)
{
	rcu_wait_all();
}

/* ---- fork ---------------------------------------------------------------- */

static void rcu_fork_prepare(void)
{
	spin_lock(&rcu_lock);
	fork_locked = worker != WORKER_NONE;
	if (!fork_locked)
		return;
	__atomic_store_n(&worker, WORKER_TO_REST, __ATOMIC_RELEASE);
	ring_bell();
	wait_while(WORKER_TO_REST);
	urcu_bp_before_fork();
}

static void rcu_fork_parent(void)
{
	if (fork_locked) {
		urcu_bp_after_fork_parent();
		set_worker(WORKER_RUNS);
	}
	spin_unlock(&rcu_lock);
}

static void rcu_fork_child(void)
{
	if (fork_locked) {
		urcu_bp_after_fork_child();
		start_worker();
	}
	spin_unlock(&rcu_lock);
}

void km_rcu_register_fork(void)
{
	os_at_fork(rcu_fork_prepare, rcu_fork_parent, rcu_fork_child);
}
