// SPDX-License-Identifier: MIT
/*
 * gate.pml - slow paths, and a fork that keeps threads out of them
 *
 *	fork		gate closed; waits until all have left; engine's lock;
 *			another library's lock; copy; gives all back
 *	visitor		perhaps with that library's lock: kmem_enter(), the
 *			engine's lock or none, kmem_leave()
 *
 * The names are those of src/kmem/inside.c. A visitor's store to its frame may
 * wait in the store buffer of its CPU while it reads the gate (x86 TSO); an
 * atomic operation empties the buffer. kmem_visit_begin() ends with one.
 *
 *	-		every store is seen at once
 *	TSO		stores may wait in a buffer
 *	BROKEN_BARRIER	no barrier in kmem_enter(): a fork may miss a visitor
 *	STOPPED		a visitor may be stopped: the fork gives up waiting
 *	FOREIGN		visitors may hold the other library's lock
 *	MAY_MISS	only torn structures and hangs are faults
 *	BROKEN_*	a fault that must be found
 */
#define NO_HANGS
#ifndef NR_FORKS
#define NR_FORKS 1
#endif
#ifndef NR_VISITS
#define NR_VISITS 2
#endif
#define NR_VISITORS 2

bool gate_closed, gate_long;	/* gate_state, kmem_gate_closed */
byte gate_number;		/* the upper bits of gate_state */
bool frame[NR_VISITORS + 1];	/* owner->inside, as others see it */
bool buffered[NR_VISITORS + 1];	/* frame is set in the store buffer alone */
bool visits[NR_VISITORS + 1];	/* between kmem_enter() and kmem_leave() */
bool engine, foreign;		/* two locks */
bool torn;			/* what the engine's lock guards */

#ifdef TSO
#define SET_FRAME buffered[_pid] = 1
#else
#define SET_FRAME frame[_pid] = 1
#endif
#define EMPTY_BUFFER d_step { frame[_pid] = frame[_pid] || buffered[_pid]; \
	buffered[_pid] = 0 }
#define CLEAR_FRAME d_step { frame[_pid] = 0; buffered[_pid] = 0 }

/* kmem_enter(), kmem_enter_odd(), gate_wait(); in: whether it went in */
inline enter()
{
	do
	:: SET_FRAME;
#ifndef BROKEN_BARRIER
	   EMPTY_BUFFER;
#endif
	   if
	   :: !gate_closed -> visits[_pid] = 1; in = 1; break
	   :: else
	   fi;
	   CLEAR_FRAME;				/* step_out() */
	   seen = gate_number;
	   if
	   :: !gate_closed			/* opened meanwhile */
	   :: gate_closed && gate_long -> break
	   :: gate_closed && !gate_long ->
		if /* os_futex_wait_ms() */
		:: !gate_closed || gate_number != seen || gate_long
#ifndef BROKEN_PATIENCE
		:: true -> /* GATE_PATIENCE_MS are over */
			atomic {
				if
				:: gate_closed && gate_number == seen ->
					gate_long = 1
				:: else
				fi
			}
#endif
		fi
	   fi
	od
}

proctype visitor()
{
	byte n, seen;
	bool in, holds;

	do
	:: n < NR_VISITS ->
		n++;
#ifdef FOREIGN
		if
		:: true ->
			atomic { !foreign -> foreign = 1; EMPTY_BUFFER; holds = 1 }
		:: true
		fi;
#endif
		enter();
		if
		:: in ->
			if
			:: true ->
			   atomic { !engine -> engine = 1; EMPTY_BUFFER };
			   torn = 1;
			   torn = 0;
			   engine = 0
			:: true			/* main and spare: no lock */
			fi;
			visits[_pid] = 0;
			CLEAR_FRAME
		:: else				/* served aside */
		fi;
		d_step { in = 0; seen = 0 };
		if
		:: holds -> foreign = 0; holds = 0
		:: else
		fi
	:: else -> break
	od
}

/* The store buffers empty themselves. */
proctype buffers()
{
end:	do
	:: d_step { buffered[1] -> frame[1] = 1; buffered[1] = 0 }
	:: d_step { buffered[2] -> frame[2] = 1; buffered[2] = 0 }
	od
}

proctype forker()
{
	byte n;
	bool gave_up;

	do
	:: n < NR_FORKS ->
		n++;
#ifdef BROKEN_LATE /* the gate closes when the lock is taken already */
		atomic { !engine -> engine = 1 };
#endif
		d_step { gate_closed = 1; gate_long = 0 };
		if /* kmem_gate_close() */
#ifndef BROKEN_WAIT
		:: !frame[1] && !frame[2]
#else
		:: true
#endif
#ifdef STOPPED
		:: true -> gave_up = 1
#endif
		fi;
#ifndef BROKEN_LATE
		atomic { !engine -> engine = 1 };	/* kmem_fork_take() */
#endif
		atomic { !foreign -> foreign = 1 };	/* libc's, or another's */
		assert(!torn);
#ifndef MAY_MISS
		assert(gave_up || (!visits[1] && !visits[2]));
#endif
		foreign = 0;
		engine = 0;
		d_step { /* kmem_gate_open() */
			gate_closed = 0; gate_long = 0;
			gate_number++; gave_up = 0
		}
	:: else -> break
	od
}

init
{
	atomic {
		run visitor();
		run visitor();
		run forker();
		run buffers()
	}
}
