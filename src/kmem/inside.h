// SPDX-License-Identifier: MIT
/*
 * kmem/inside.h - which threads are in the middle of a slow path
 *
 * Slow paths of malloc run between kmem_enter() and kmem_leave(). A thread
 * between them may hold locks of the engine and have structures half changed:
 *
 *	kmem_enter() --- locks, sheaves, pages, system calls --- kmem_leave()
 *	     |                     ^                                  |
 *	     | false               `- a signal: its handler, or a     |
 *	     v                        child made in it, comes to      v
 *	  be served aside             kmem_enter() of the same     what was
 *	  (shim/side.c)               thread                       put off
 *
 * kmem_enter() returns false in two cases: the thread is inside already and a
 * signal interrupted it; or another thread has been in fork() for long (the
 * gate). A fork closes the gate before it takes any lock of the engine, and
 * waits until all threads have left. So no thread waits for a lock that the
 * fork holds. A thread may hold a lock of another library that fork() needs: it
 * waits at most GATE_PATIENCE_MS.
 *
 * A thread may end without a destructor: by exit(2), or with a table that it
 * got in the last destructor rounds. Its variables are unmapped then. So the
 * forking thread reads `inside` of the tables, which stay, and all threads have
 * one gate.
 *
 * Locking	a visit is its thread's own. The gate is moved by the holder of
 *		tick_lock; the list of tables is under kmem_owners_lock.
 *		A thread that has locks of the engine is inside, or forks, or
 *		came through the API library, which does not call kmem_enter().
 * Invariants	VISIT1  frame is 0 outside
 *		VISIT2  a listed thread's `inside` is its frame
 *		VISIT3  of a store to `inside` and the load of the gate behind
 *			it, the forking thread's store to the gate and its load
 *			of `inside`, one load sees the other thread's store
 *					(unit.kmem.inside checks all)
 */
#ifndef KM_KMEM_INSIDE_H
#define KM_KMEM_INSIDE_H

#include "sys/compiler.h"

#define GATE_PATIENCE_MS 10 /* then a fork is long */

/* A thread with no table is on no list, so it counts itself while inside. */
enum visit_alone { VISIT_LISTED, VISIT_ALONE, VISIT_COUNTED };

/* The state of a thread's table: thread.c. */
enum thread_state {
	THREAD_EARLY, /* its variables have no first values yet: no table */
	THREAD_NEW,
	THREAD_BUSY,
	THREAD_LIVE,
	THREAD_DEAD,
};

struct kmem_visit {
	uintptr_t frame; /* the stack where it came in; 0: it is outside */
	uintptr_t *inside; /* of its table, the same for others; or NULL */
	union {
		u32 odd; /* is any of these set? */
		struct {
			u8 queued; /* work waits for the end of the visit */
			u8 alone; /* enum visit_alone */
			u8 key; /* the key of its table is to be set */
		};
	};
	u8 thread_state; /* enum thread_state */
};

extern __thread struct kmem_visit kmem_visit __hidden;
extern u8 kmem_gate_closed __hidden; /* atomic */

/* Set by the room above that serves calls aside: docs/hooks.md. */
struct kmem_aside {
	/*
	 * Does what the thread put off while it was inside: kmem_leave() calls
	 * it if `queued` was set. The thread is outside and holds no lock.
	 */
	void (*drain)(void);
};
/* Before the first constructor of the program; until then work waits. */
void kmem_aside_register(const struct kmem_aside *aside);

void kmem_step_in(uintptr_t frame);
bool kmem_enter_again(uintptr_t frame);
bool kmem_enter_odd(uintptr_t frame);
void kmem_leave_odd(void);

static __always_inline uintptr_t stack_pointer(void)
{
#ifdef __x86_64__
	uintptr_t sp;

	__asm__("movq %%rsp, %0" : "=r"(sp));
	return sp;
#else
	return (uintptr_t)__builtin_frame_address(0);
#endif
}

/*
 * Sets the frame, here and in the thread's table. The latter is a full barrier:
 * the forking thread sees it, or this thread sees the gate closed (VISIT3).
 */
static __always_inline void kmem_visit_begin(uintptr_t frame)
{
	WRITE_ONCE(kmem_visit.frame, frame);
	if (likely(kmem_visit.inside))
		__atomic_store_n(kmem_visit.inside, frame, __ATOMIC_SEQ_CST);
}

static __always_inline void kmem_visit_end(void)
{
	WRITE_ONCE(kmem_visit.frame, (uintptr_t)0);
	if (likely(kmem_visit.inside))
		WRITE_ONCE(*kmem_visit.inside, (uintptr_t)0);
}

/* Returns true if the inline halves of enter and leave do not suffice. */
static __always_inline bool kmem_visit_is_odd(void)
{
	return READ_ONCE(kmem_visit.odd) |
	       __atomic_load_n(&kmem_gate_closed, __ATOMIC_SEQ_CST);
}

/* Returns true if this thread may use the engine; then kmem_leave() follows. */
static __always_inline bool kmem_enter(void)
{
	uintptr_t frame = stack_pointer();

	if (unlikely(kmem_visit.frame))
		return kmem_enter_again(frame);
	kmem_visit_begin(frame);
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	if (unlikely(kmem_visit_is_odd()))
		return kmem_enter_odd(frame);
	return true;
}

/* Enters after a false, from outside, if it must: may wait long at a lock. */
static __always_inline void kmem_enter_anyway(void)
{
	kmem_step_in(stack_pointer());
}

static __always_inline void kmem_leave(void)
{
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	if (unlikely(kmem_visit_is_odd()))
		kmem_leave_odd();
	else
		kmem_visit_end();
}

static inline bool kmem_is_inside(void)
{
	return kmem_visit.frame;
}

/*
 * Returns true if the calling thread closed the gate: it is the one that forks.
 */
bool kmem_gate_is_mine(void);
/* Closes the gate, and returns when all others have left. tick_lock is held. */
void kmem_gate_close(void);
void kmem_gate_open(void); /* the parent; the same */
void kmem_gate_child(void); /* in the child: open, no thread inside */

/* ---- for thread.c -------------------------------------------------------- */

/*
 * This thread's table, which has this `inside`, is on the list of owners now.
 * kmem_owners_lock is held.
 */
void kmem_visit_listed(uintptr_t *inside);
/* It is on the list no more. kmem_owners_lock is held. */
void kmem_visit_unlisted(void);

#endif
