// SPDX-License-Identifier: MIT
/*
 * kmem/inside.c - see inside.h
 *
 *	fork	      gate_state	a thread in kmem_enter()
 *	begins	      GATE_CLOSED	waits, GATE_PATIENCE_MS at most
 *	is long	      GATE_LONG		gets false, is served aside
 *	is over	      neither		goes in
 *
 * A visit that ended by longjmp() out of a signal handler never calls
 * kmem_leave(). The stack reveals it: a later call from a higher stack address,
 * not on the alternate signal stack, is not inside that visit.
 *
 * The store to `inside` in kmem_enter() is a full barrier, some 20 cycles in
 * each slow path. Without it the store may still be in the store buffer when
 * the forking thread looks, and the fork misses the visit: docs/proofs.md.
 * membarrier() in the fork would do without, but a filter may refuse it, or
 * kill for it.
 */
#include "core/lock.h"
#include "kmem/inside.h"
#include "kmem/internal.h"
#include "sys/os.h"

#define LEAVE_ROUNDS 1000 /* of 1 ms: a visitor may be stopped, or debugged */
#define STARVED_ROUNDS 16 /* forks, one after the other */

/* The lowest bits of gate_state; above them is the number of the fork. */
enum { GATE_CLOSED = 1, GATE_LONG = 2, GATE_BITS = 3, GATE_NEXT = 4 };

__thread struct kmem_visit kmem_visit = { .alone = VISIT_ALONE,
					  .thread_state = THREAD_NEW };

u8 kmem_gate_closed; /* gate_state has one of the bits */
static u32 gate_state; /* atomic; a futex */
static void *gate_owner; /* thread that closed the gate; atomic */
static u32 lone_visitors; /* atomic: threads inside, on no list */
static u32 leavers; /* atomic; futex: left while the gate was closed */

static const struct kmem_aside *aside; /* constant after init */

void kmem_aside_register(const struct kmem_aside *ops)
{
	aside = ops;
}

bool kmem_gate_is_mine(void)
{
	return READ_ONCE(gate_owner) == __builtin_thread_pointer();
}

/* ---- visitors ------------------------------------------------------------ */

static bool gate_is_closed(void)
{
	return (__atomic_load_n(&gate_state, __ATOMIC_SEQ_CST) & GATE_BITS) &&
	       !kmem_gate_is_mine();
}

/*
 * Waits for the end of a fork. Returns false if that takes long. It reads no
 * clock, since another library may replace clock_gettime() and allocate in it.
 */
static bool gate_wait(void)
{
	for (int i = 0; i < STARVED_ROUNDS; i++) {
		u32 seen = READ_ONCE(gate_state);

		if (!gate_is_closed())
			return true;
		if (seen & GATE_LONG)
			return false;
		if (!(seen & GATE_CLOSED))
			continue;
		os_futex_wait_ms(&gate_state, seen, GATE_PATIENCE_MS);
		__atomic_compare_exchange_n(&gate_state, &seen,
					    (seen & ~GATE_BITS) | GATE_LONG,
					    false, __ATOMIC_RELAXED,
					    __ATOMIC_RELAXED);
	}
	return !gate_is_closed();
}

/* A signal handler may do the same at any instruction: one of them counts. */
static void lone_leave(void)
{
	u8 counted = VISIT_COUNTED;

	if (__atomic_compare_exchange_n(&kmem_visit.alone, &counted,
					(u8)VISIT_ALONE, false,
					__ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
		__atomic_sub_fetch(&lone_visitors, 1, __ATOMIC_SEQ_CST);
}

static void tell_fork(void)
{
	__atomic_add_fetch(&leavers, 1, __ATOMIC_RELAXED);
	os_futex_wake_all(&leavers);
}

/* Leaves the engine without a look at pending work. */
static void step_out(void)
{
	kmem_visit_end();
	if (kmem_visit.alone == VISIT_COUNTED)
		lone_leave();
	if (unlikely(gate_is_closed()))
		tell_fork();
}

void kmem_step_in(uintptr_t frame)
{
	kmem_visit_begin(frame);
	if (kmem_visit.alone != VISIT_ALONE)
		return;
	kmem_visit.alone = VISIT_COUNTED;
	__atomic_add_fetch(&lone_visitors, 1, __ATOMIC_SEQ_CST);
}

bool kmem_enter_odd(uintptr_t frame)
{
	for (;;) {
		kmem_step_in(frame);
		if (likely(!gate_is_closed()))
			return true;
		step_out();
		if (!gate_wait())
			return false;
	}
}

bool kmem_enter_again(uintptr_t frame)
{
	if (frame <= kmem_visit.frame || os_on_signal_stack())
		return false;
	return kmem_enter_odd(frame);
}

void kmem_leave_odd(void)
{
	step_out();
	if (kmem_visit.key) {
		kmem_visit.key = 0;
		kmem_owner_set_key();
	}
	if (kmem_visit.queued && aside) {
		kmem_visit.queued = 0;
		aside->drain();
	}
}

void kmem_visit_listed(uintptr_t *inside)
{
	if (kmem_visit.alone == VISIT_COUNTED)
		lone_leave();
	kmem_visit.alone = VISIT_LISTED;
	kmem_visit.inside = inside;
	WRITE_ONCE(*inside, kmem_visit.frame);
}

void kmem_visit_unlisted(void)
{
	kmem_visit.inside = NULL;
	kmem_visit.alone = VISIT_ALONE;
	if (!kmem_is_inside())
		return;
	kmem_visit.alone = VISIT_COUNTED;
	__atomic_add_fetch(&lone_visitors, 1, __ATOMIC_SEQ_CST);
}

/* ---- the thread that forks ----------------------------------------------- */

static bool anyone_inside(void)
{
	u32 mine = kmem_visit.alone == VISIT_COUNTED;

	return __atomic_load_n(&lone_visitors, __ATOMIC_SEQ_CST) > mine ||
	       kmem_owners_anyone_inside();
}

void kmem_gate_close(void)
{
	WRITE_ONCE(gate_owner, __builtin_thread_pointer());
	__atomic_store_n(&gate_state,
			 (READ_ONCE(gate_state) & ~GATE_BITS) | GATE_CLOSED,
			 __ATOMIC_SEQ_CST);
	__atomic_store_n(&kmem_gate_closed, 1, __ATOMIC_SEQ_CST);
	for (int i = 0; i < LEAVE_ROUNDS; i++) {
		u32 seen = READ_ONCE(leavers);

		if (!anyone_inside())
			break;
		os_futex_wait_ms(&leavers, seen, 1);
	}
}

static void open_gate(void)
{
	WRITE_ONCE(kmem_gate_closed, (u8)0);
	WRITE_ONCE(gate_owner, (void *)NULL);
	__atomic_store_n(&gate_state,
			 (READ_ONCE(gate_state) & ~GATE_BITS) + GATE_NEXT,
			 __ATOMIC_SEQ_CST);
}

void kmem_gate_open(void)
{
	open_gate();
	os_futex_wake_all(&gate_state);
}

void kmem_gate_child(void)
{
	open_gate();
	lone_visitors = kmem_visit.alone == VISIT_COUNTED;
}
