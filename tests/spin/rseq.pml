// SPDX-License-Identifier: MIT
/*
 * rseq.pml - tables of CPUs: restartable sections, remote drains, fork
 *
 *	table[cpu] --> own table --> cursor --> [ 0 | obj obj ]  a sheaf
 *		   `-> the missing one, while the table is drained
 *
 *	fast	a section: table, cursor, object; commits by a store of the cursor
 *	slow	take main out: a section that commits with MISSING
 *		fill or empty it, under a lock
 *		put it back: a section that commits if MISSING is there still;
 *		else its objects go to the slabs
 *	drain	table := missing; membarrier; take the sheaf; table := own
 *	fork	tables := missing; membarrier; every page is copied; tables := own
 *
 * A section has a CPU to itself from its first instruction on. Before any other
 * one it may be preempted: it gives the CPU up and begins anew, on this CPU or
 * another. So it does after a membarrier. That is what the kernel promises of
 * rseq. Outside of sections it does not matter which CPU a thread is on.
 *
 * Names: pop() is section_pop(), push() section_push(), take_out() and put_back()
 * section_take() and section_put() of src/kmem/section.h, the slow paths those of
 * hand.c, the drain visit_tables() of cpu_owner.c.
 *
 *	DRAIN, FORK	what the last process does
 *	NR_THREADS	those that allocate and free, NR_OPS calls each
 *	BROKEN_*	a fault that must be found
 */
#define CAP 2
#ifndef NR_THREADS
#define NR_THREADS 2
#endif
#ifndef NR_OPS
#define NR_OPS 1
#endif
#ifndef NR_OBJS
#define NR_OBJS 4
#endif
#ifndef NR_SHEAVES
#define NR_SHEAVES 3
#endif
#if NR_OBJS < NR_THREADS + CAP
#error each thread has a block, and a sheaf may be full
#endif
#define NR_CPUS 2
#ifndef NR_DRAINED
#define NR_DRAINED 1
#endif
#define NO_TABLE NR_CPUS	/* the missing table */

#define NONE 0
#define W (CAP + 1)
#define BOTTOM(s) ((s) * W + 1)
#define END(s) ((s) * W + W)
#define MISSING END(0)
#define IS_FULL(c) ((c) % W == 0)
#define SHEAF_OF(c) ((c) == MISSING -> NONE : ((c) - 1) / W)
#define COUNT_OF(c) ((c) - BOTTOM(SHEAF_OF(c)))

byte cell[(NR_SHEAVES + 1) * W];
byte table[NR_CPUS];
byte cursor[NR_CPUS + 1];	/* of each table; the last is the missing one's */
bool pool[NR_SHEAVES + 1];
bool slab[NR_OBJS + 1];
bool used[NR_OBJS + 1];
bool locked;			/* locks of the engine */

bool busy[NR_CPUS];		/* a section runs there */
/* By _pid: 0 is init, then come the threads. */
bool section[NR_THREADS + 1], aborted[NR_THREADS + 1];
byte done;

/* ---- sections ------------------------------------------------------------ */

#ifdef BROKEN_ABORT /* a preempted section goes on where it was */
#define CPU_IDLE(n) true
#define CAN_ABORT false
#define DEAD false
#else
#define CPU_IDLE(n) !busy[n]
#define CAN_ABORT true
#define DEAD (aborted[_pid])
#endif

#define LEAVE busy[at] = 0; section[_pid] = 0; at = 0

/* The first instruction of a section; the CPU is read inside it. */
#define BEGIN atomic { \
	if \
	:: CPU_IDLE(0) -> at = 0 \
	:: CPU_IDLE(1) -> at = 1 \
	fi; \
	busy[at] = 1; section[_pid] = 1; aborted[_pid] = 0 }

/* An instruction of a section that was not aborted before. */
#define STEP(what) atomic { \
	if \
	:: !DEAD -> what \
	:: CAN_ABORT -> lost = 1; t = 0; c = 0; r = NONE; LEAVE; break \
	fi }

#define AGAIN_OR_DONE \
	if \
	:: lost -> lost = 0 \
	:: else -> break \
	fi

/* x becomes the object, or NONE. */
inline pop()
{
	do
	:: BEGIN;
	   do
	   :: STEP(t = table[at]);
	      STEP(c = cursor[t]);
	      STEP(r = cell[c - 1]);
	      STEP(if :: r != NONE -> cursor[t] = c - 1 :: else fi; LEAVE);
	      break
	   od;
	   AGAIN_OR_DONE
	od;
	skip;
	d_step { x = r; r = NONE; c = 0; t = 0 }
}

/* no_room says whether it was full. */
inline push(obj)
{
	do
	:: BEGIN;
	   do
	   :: STEP(t = table[at]);
	      STEP(c = cursor[t]; no_room = IS_FULL(c));
	      STEP(if :: !no_room -> cell[c] = obj :: else fi);
	      STEP(if :: !no_room -> cursor[t] = c + 1 :: else fi; LEAVE);
	      break
	   od;
	   AGAIN_OR_DONE
	od
}

/* Takes main out of this CPU's table. main: the sheaf or NONE, and nr in it. */
inline take_out()
{
	do
	:: BEGIN;
	   do
	   :: STEP(t = table[at]);
	      STEP(c = cursor[t]);
#ifdef BROKEN_TAKE_OUT /* the store is outside of the section */
	      STEP(LEAVE);
	      if
	      :: t != NO_TABLE -> cursor[t] = MISSING
	      :: else
	      fi;
#else
	      STEP(if :: t != NO_TABLE -> cursor[t] = MISSING :: else fi; LEAVE);
#endif
	      break
	   od;
	   AGAIN_OR_DONE
	od;
	skip;
	d_step {
		main = SHEAF_OF(c);
		if
		:: main -> nr = COUNT_OF(c)
		:: else -> nr = 0
		fi;
		c = 0; t = 0
	}
}

#ifdef BROKEN_PUT_BACK /* over a sheaf that came meanwhile */
#define MAY_PUT_BACK (t != NO_TABLE)
#elif defined(BROKEN_MISSING_TABLE) /* into the table that all share */
#define MAY_PUT_BACK (c == MISSING)
#else
#define MAY_PUT_BACK (c == MISSING && t != NO_TABLE)
#endif

/* Puts main into this CPU's table if that has none. ok says whether. */
inline put_back()
{
	do
	:: BEGIN;
	   do
	   :: STEP(t = table[at]);
	      STEP(c = cursor[t]; ok = MAY_PUT_BACK);
	      STEP(if :: ok -> cursor[t] = BOTTOM(main) + nr :: else fi; LEAVE);
	      break
	   od;
	   AGAIN_OR_DONE
	od
}

/* ---- slow paths ---------------------------------------------------------- */

inline to_slab(obj)
{
	assert(obj != NONE && !slab[obj] && !used[obj]);
	slab[obj] = 1
}

inline flush(s, n)
{
	i = 0;
	do
	:: i < n -> to_slab(cell[BOTTOM(s) + i]); i++
	:: else -> break
	od;
	i = 0; n = 0
}

inline refill(s, n)
{
	i = 1;
	do
	:: i <= NR_OBJS && n < CAP ->
		if
		:: slab[i] -> slab[i] = 0; cell[BOTTOM(s) + n] = i; n++
		:: else
		fi;
		i++
	:: else -> break
	od;
	i = 0
}

/* A sheaf from the pool; with none left this thread is served from slabs. */
inline sheaf_get(s)
{
	i = 1;
	do
	:: i > NR_SHEAVES -> break
	:: i <= NR_SHEAVES && pool[i] -> s = i; pool[i] = 0; break
	:: else -> i++
	od;
	i = 0
}

/* What does not fit back: kmem_main_replace() the other way round. */
inline put_back_or_flush()
{
	ok = false;
	if
	:: main ->
		put_back();
		if
		:: ok
		:: else ->
			atomic {
				!locked;
				flush(main, nr);
				pool[main] = 1
			}
		fi
	:: else
	fi;
	d_step { main = NONE; nr = 0; ok = false; c = 0; t = 0 }
}

/* x becomes an object. What was taken out is empty, or was filled since. */
inline alloc_slow()
{
	take_out();
	atomic {
		!locked;
		if
		:: !main -> sheaf_get(main)
		:: else
		fi;
#ifdef BROKEN_ASSUME
		nr = 0;
#endif
		if
		:: main && nr == 0 -> refill(main, nr)
		:: else
		fi;
		if
		:: main && nr > 0 -> nr--; x = cell[BOTTOM(main) + nr]
		:: else
		fi
	};
	put_back_or_flush()
}

inline free_slow(obj)
{
	take_out();
	atomic {
		!locked;
		if
		:: !main -> sheaf_get(main)
		:: else
		fi;
		if
		:: main && nr == CAP -> flush(main, nr)
		:: else
		fi;
		if
		:: main -> cell[BOTTOM(main) + nr] = obj; nr++
		:: else -> to_slab(obj)
		fi
	};
	put_back_or_flush()
}

/* ---- who calls ----------------------------------------------------------- */

proctype thread(byte mine)
{
	byte at, t, c, r, x, i, nr, main, ops;
	bool no_room, ok, lost;

	do
	:: ops < NR_OPS ->
		ops++;
		if
		:: mine == NONE ->
			pop();
			if
			:: x == NONE -> alloc_slow()
			:: else
			fi;
			d_step {
				if
				:: x != NONE ->
					assert(!used[x] && !slab[x]);
					used[x] = 1
				:: else
				fi;
				mine = x; x = NONE; c = 0; t = 0
			}
		:: else ->
			used[mine] = 0;
			push(mine);
			if
			:: no_room -> free_slow(mine)
			:: else
			fi;
			d_step { mine = NONE; no_room = false; c = 0; t = 0 }
		fi
	:: else -> break
	od;
	skip;
	d_step { done++; ops = 0; mine = 0 }
}

/* n: in how many places the object o is free, of these pages and the slabs */
#define COUNT_FREE(o, n, cells, cur) \
	n = slab[o]; \
	k = 0; \
	do \
	:: k >= NR_CPUS -> break \
	:: else -> \
		j = 0; \
		do \
		:: j >= CAP || SHEAF_OF(cur[k]) == NONE -> break \
		:: else -> \
			if \
			:: BOTTOM(SHEAF_OF(cur[k])) + j < cur[k] && \
			   cells[BOTTOM(SHEAF_OF(cur[k])) + j] == o -> n++ \
			:: else \
			fi; \
			j++ \
		od; \
		k++ \
	od; \
	j = 0; k = 0

/* membarrier(): each section that runs is aborted; the others are already. */
inline membarrier()
{
	skip;
	d_step {
		k = 1;
		do
		:: k <= NR_THREADS ->
			if
			:: section[k] -> aborted[k] = 1
			:: else
			fi;
			k++
		:: else -> break
		od;
		k = 0
	}
}

#if defined(BROKEN_NO_BARRIER)
#define POINT_AWAY(n) table[n] = NO_TABLE
#define THEN_ABORT skip
#elif defined(BROKEN_ORDER)
#define POINT_AWAY(n) membarrier(); table[n] = NO_TABLE
#define THEN_ABORT skip
#elif defined(BROKEN_NO_TABLE)
#define POINT_AWAY(n) skip
#define THEN_ABORT membarrier()
#else
#define POINT_AWAY(n) table[n] = NO_TABLE
#define THEN_ABORT membarrier()
#endif

#ifdef DRAIN
/* Each CPU's table, one after the other. */
proctype drainer()
{
	byte n, i, k, main, nr, c;

	do
	:: n < NR_DRAINED ->
		POINT_AWAY(n);
		THEN_ABORT;
		c = cursor[n];
		cursor[n] = MISSING;
		atomic {
			!locked;
			main = SHEAF_OF(c);
			if
			:: main ->
				nr = COUNT_OF(c);
				flush(main, nr);
				pool[main] = 1
			:: else
			fi;
			main = NONE; c = 0
		};
		table[n] = n;
		n++
	:: else -> break
	od;
	skip;
	d_step { n = 0; done++ }
}
#endif

#ifdef FORK
byte copy_cell[(NR_SHEAVES + 1) * W];
byte copy_cursor[NR_CPUS];
bool was_used[NR_OBJS + 1];

/* One page: the tables, or a sheaf. */
inline copy_page(p)
{
	skip;
	d_step {
		if
		:: p == 0 ->
			k = 0;
			do
			:: k < NR_CPUS -> copy_cursor[k] = cursor[k]; k++
			:: else -> break
			od
		:: else ->
			k = 0;
			do
			:: k < W -> copy_cell[p * W + k] = cell[p * W + k]; k++
			:: else -> break
			od
		fi;
		k = 0
	}
}

/*
 * Pages are copied one by one, the tables first or last, while the threads go
 * on.
 */
proctype forker()
{
	byte n, k, j, o, free;
	bool copied;

	atomic { !locked; locked = 1 };
	do
	:: n < NR_CPUS -> POINT_AWAY(n); n++
	:: else -> break
	od;
	THEN_ABORT;
	skip;
	d_step {
		o = 1;
		do
		:: o <= NR_OBJS -> was_used[o] = used[o]; o++
		:: else -> break
		od;
		o = 0; n = 0
	};
	if
	:: copy_page(0); copied = 1
	:: skip
	fi;
	n = 1;
	do
	:: n <= NR_SHEAVES -> copy_page(n); n++
	:: else -> break
	od;
	if
	:: !copied -> copy_page(0)
	:: else
	fi;
	skip;
	/* The child: slabs are as they were, since the locks are held. */
	d_step {
		o = 1;
		do
		:: o <= NR_OBJS ->
			COUNT_FREE(o, free, copy_cell, copy_cursor);
			assert(free + was_used[o] <= 1); /* in the child */
			o++
		:: else -> break
		od;
		o = 0; free = 0; n = 0
	}
	/* How the parent goes on is what a drain shows: the run ends here. */
}
#endif

#if defined(DRAIN) || defined(FORK)
#define NR_ALL (NR_THREADS + 1)
#else
#define NR_ALL NR_THREADS
#endif

/* When all is over, each object has one place. */
proctype judge()
{
	byte k, j, o, free;

	done == NR_ALL;
	d_step {
		assert(cursor[NO_TABLE] == MISSING);
		assert(cursor[0] == MISSING ||
		       SHEAF_OF(cursor[0]) != SHEAF_OF(cursor[1]));
		o = 1;
		do
		:: o <= NR_OBJS ->
			COUNT_FREE(o, free, cell, cursor);
			assert(free + used[o] <= 1);	/* in two places */
			assert(free + used[o] == 1);	/* lost */
			o++
		:: else -> break
		od;
		o = 0; free = 0
	}
}

/*
 * The first CPU has from nothing to all, the second no sheaf. Each thread has a
 * block, or none.
 */
init
{
	byte i = 1, n;

	atomic {
		cursor[NO_TABLE] = MISSING;
		cursor[1] = MISSING;
		table[1] = 1;
		n = 0;
		do
		:: n < NR_THREADS ->
			if
			:: used[i] = 1; run thread(i); i++
			:: run thread(NONE)
			fi;
			n++
		:: else -> break
		od;
		cursor[0] = BOTTOM(1);
		n = 0;
		do
		:: n < CAP -> cell[cursor[0]] = i; i++; cursor[0]++; n++
		:: break
		od;
		n = 2;
		do
		:: n <= NR_SHEAVES -> pool[n] = 1; n++
		:: else -> break
		od;
		do
		:: i <= NR_OBJS -> slab[i] = 1; i++
		:: else -> break
		od;
		n = 0; i = 0;
		run judge();
#ifdef DRAIN
		run drainer()
#endif
#ifdef FORK
		run forker()
#endif
	}
}
