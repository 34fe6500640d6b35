// SPDX-License-Identifier: MIT
/*
 * fork.pml - percpu=thread: fork() copies the tables of threads that go on
 *
 *	lost thread	table page: cursor	sheaf pages	slot page: spare
 *	fork		copies them while the thread pops and pushes
 *	child		flushes what it finds: kmem_owners_fork_child()
 *
 * Fast paths wait for no lock, so they go on while memory is copied. The
 * forking thread has an object that a lost thread gave it, whose address still
 * stands above that thread's cursor. Lost threads give objects to each other.
 *
 * Asserted of the child: what the forking thread has is free nowhere, and no
 * object is free twice.
 *
 *	-		all pages are copied at one moment, between two
 *			instructions of each thread: docs/proofs.md
 *	PAGES		pages are copied one by one, while threads go on
 *	BROKEN_ORDER	a sheaf enters its new place before it leaves the old one
 */
#define CAP 2
#ifndef NR_OPS
#define NR_OPS 3
#endif
#define NR_LOST 2
#define NR_SHEAVES 3
#define NR_OBJS 5
#define NONE 0
#define W (CAP + 1)
#define BOTTOM(s) ((s) * W + 1)
#define END(s) ((s) * W + W)
#define MISSING END(0)
#define IS_FULL(c) ((c) % W == 0)
#define SHEAF_OF(c) ((c) == MISSING -> NONE : ((c) - 1) / W)

byte cell[(NR_SHEAVES + 1) * W];
byte cursor[NR_LOST + 1], spare[NR_LOST + 1];	/* by _pid */
byte count[NR_SHEAVES + 1];
byte box[NR_LOST + 1];		/* the program: from one thread to the other */
byte forker_has;

/* What the child sees. */
byte copy_cell[(NR_SHEAVES + 1) * W];
byte copy_cursor[NR_LOST + 1], copy_spare[NR_LOST + 1], copy_count[NR_SHEAVES + 1];

/* sheaf_main_empty(), sheaf_main_full(): a full or empty spare is swapped in */
inline swap()
{
	d_step {
		main = SHEAF_OF(cursor[_pid]);
		count[main] = cursor[_pid] - BOTTOM(main)
	};
	cursor[_pid] = MISSING;		/* main_take() */
	other = spare[_pid];
#ifdef BROKEN_ORDER
	cursor[_pid] = BOTTOM(other) + count[other];
	spare[_pid] = main;
#else
	spare[_pid] = main;		/* spare_set() */
	cursor[_pid] = BOTTOM(other) + count[other];	/* main_set() */
#endif
	main = NONE; other = NONE
}

proctype lost()
{
	byte c, x, mine, main, other, ops;

	do
	:: ops < NR_OPS ->
		ops++;
		if
		:: mine == NONE -> /* kmem_pop() */
			c = cursor[_pid];
			x = cell[c - 1];
			if
			:: x -> cursor[_pid] = cursor[_pid] - 1; mine = x
			:: !x && spare[_pid] && count[spare[_pid]] -> swap()
			:: else
			fi
		:: mine -> /* kmem_push_start() */
			c = cursor[_pid];
			if
			:: !IS_FULL(c) ->
				cell[c] = mine;
				cursor[_pid] = cursor[_pid] + 1;
				mine = NONE
			:: IS_FULL(c) && spare[_pid] && !count[spare[_pid]] ->
				swap()
			:: else
			fi
		:: mine && !box[3 - _pid] ->
			atomic { box[3 - _pid] = mine; mine = NONE }
		:: !mine && box[_pid] ->
			atomic { mine = box[_pid]; box[_pid] = NONE }
		fi;
		d_step { c = 0; x = 0 }
	:: else -> break
	od
}

/* Pages: 0 the cursors of thread 1, 1 of thread 2, 2 the spares, then sheaves. */
#define NR_PAGES (3 + NR_SHEAVES)

inline copy_page(p)
{
	if
	:: p < 2 -> copy_cursor[p + 1] = cursor[p + 1]
	:: p == 2 ->
		copy_spare[1] = spare[1]; copy_spare[2] = spare[2]
	:: else ->
		k = 0;
		do
		:: k < W ->
			copy_cell[(p - 2) * W + k] = cell[(p - 2) * W + k]; k++
		:: else -> break
		od;
		copy_count[p - 2] = count[p - 2];
		k = 0
	fi
}

inline count_in(s, n)
{
	k = 0;
	do
	:: k < n ->
		if
		:: copy_cell[BOTTOM(s) + k] == o -> places++
		:: else
		fi;
		k++
	:: else -> break
	od;
	k = 0
}

proctype forker()
{
	byte p, k, o, t, places, s, n;
	bool down;

#ifdef PAGES
	if
	:: down = 1; p = NR_PAGES
	:: p = 0
	fi;
	do
	:: !down && p < NR_PAGES -> d_step { copy_page(p); p++ }
	:: down && p > 0 -> d_step { p--; copy_page(p) }
	:: else -> break
	od;
#else
	d_step {
		do
		:: p < NR_PAGES -> copy_page(p); p++
		:: else -> break
		od;
		p = 0
	};
#endif
	skip;
	d_step {
		o = 1;
		do
		:: o <= NR_OBJS ->
			places = (forker_has == o);
			t = 1;
			do
			:: t <= NR_LOST ->
				s = SHEAF_OF(copy_cursor[t]);
				n = (s -> copy_cursor[t] - BOTTOM(s) : 0);
				count_in(s, n);
				s = copy_spare[t];
				n = copy_count[s];
				count_in(s, n);
				t++
			:: else -> break
			od;
			assert(places <= 1);
			o++
		:: else -> break
		od;
		o = 0
	}
}

/* Thread 1: main [1 (2)], spare full or empty. Thread 2: main [5], no spare. */
init
{
	atomic {
		cell[BOTTOM(1)] = 1;
		cell[BOTTOM(1) + 1] = 2;
		forker_has = 2;
		cursor[1] = BOTTOM(1) + 1;
		spare[1] = 2;
		if
		:: cell[BOTTOM(2)] = 3; cell[BOTTOM(2) + 1] = 4; count[2] = CAP
		:: box[1] = 3; box[2] = 4
		fi;
		cell[BOTTOM(3)] = 5;
		cursor[2] = BOTTOM(3) + 1;
		run lost();
		run lost();
		run forker()
	}
}
