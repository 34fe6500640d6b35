// SPDX-License-Identifier: MIT
/*
 * thread.pml - a thread's sheaves, and a signal handler that allocates
 *
 *	level 0	the program: malloc() and free(), NR_OPS of them
 *	level 1	a handler, that comes between any two instructions of it
 *	level 2	a handler of another signal, that interrupts the first
 *
 *	cell	[ missing: all 0 ][hdr hdr 0 0 obj obj][hdr hdr 0 0 obj obj] ..
 *		                 ^MISSING  bottom^        ^end
 *
 * A level runs only while no higher one does. What one instruction of the fast
 * paths reads or writes is one step here. So is what slow paths do between two
 * accesses of the cursor or the spare, as no handler sees the rest: it is served
 * aside while its thread is inside (src/kmem/inside.h).
 *
 * What the handler does (HANDLER):
 *	PAIR	malloc, then free of that block
 *	QUEUE	two of malloc, then free of both, the first one first
 *	GIVE	free of a block that the program allocated
 *	TAKE	malloc; the block stays
 *	FORK	fork(), whose handlers malloc and free: the table is put aside
 * How a fast path moves the cursor:
 *	-	add to it in memory, as word_add() does
 *	STORE	store what was read and moved
 *	CAS	the same by compare and exchange; again if that fails
 *	RSEQ	store; begins anew if a signal came since it began
 *
 *	IN_FAST, IN_SLOW	handlers come in fast paths, or slow ones, alone
 *	HITS			runs end where a handler misses a cursor
 *	MAY_LOSE		objects may get lost
 *	BROKEN_*		a fault that must be found
 */
#define CAP 2
#ifndef NR_SHEAVES
#define NR_SHEAVES 4
#endif
#ifndef NR_OBJS
#define NR_OBJS 9
#endif
#ifndef NR_OPS
#define NR_OPS 2
#endif
#ifndef NR_SIGNALS
#define NR_SIGNALS 1
#endif
#ifndef LEVELS
#define LEVELS 2
#endif

#define PAIR 1
#define QUEUE 2
#define GIVE 3
#define TAKE 4
#define FORK 5
#ifndef HANDLER
#define HANDLER 0
#endif

#define HEADER 2
#define W (HEADER + 2 + CAP)
#define END(s) (((s) + 1) * W)
#define BOTTOM(s) (END(s) - CAP)		/* sheaf_bottom() */
#define MISSING END(0)
#define IS_FULL(c) ((c) % W <= 1)		/* SHEAF_FULL_MASK */
#define NONE 0
#define SIDE 200				/* a block of side.c */
#define SHEAF_OF(c) ((c) == MISSING -> NONE : ((c) - 2) / W)

byte cell[(NR_SHEAVES + 1) * W + 2];
byte cursor = MISSING;		/* owner->cursor[slot] */
byte spare = NONE;		/* slot->spare */
byte count[NR_SHEAVES + 1];	/* sheaf->count */
byte barn_full = NONE, barn_empty = NONE;
bool pool[NR_SHEAVES + 1];	/* memory of the region */
bool slab[NR_OBJS + 1];		/* free in its slab */
bool used[NR_OBJS + 1];		/* the program, or a handler, has it */
bool queued[NR_OBJS + 1];	/* side_put_off() */
bool frame;			/* kmem_visit.frame */
bool table = 1;			/* kmem_this_owner is not kmem_no_owner */

byte level;			/* who runs */
bool section[LEVELS], aborted[LEVELS];
bool pruned;

/* A sheaf of this thread, or one that a slow path has in its hands. */
#define WRITABLE(c) ((c) > MISSING && !pool[SHEAF_OF(c)] && \
		     SHEAF_OF(c) != barn_full && SHEAF_OF(c) != barn_empty)

/* ---- fast paths: kmem_pop(), kmem_push_start(), cursor_put() ------------- */

#if defined(STORE) || defined(RSEQ)
#define MOVE(n) cursor = c + (n)
#define MOVED true
#elif defined(CAS)
#define MOVE(n) if :: cursor == c -> cursor = c + (n) \
		   :: else -> moved = false fi
#define MOVED moved
#else
#define MOVE(n) cursor = cursor + (n)
#define MOVED true
#endif

/* cursor_put(), in slow paths, stores from a register in every form but rseq. */
#ifdef RSEQ
#define PUT(n) MOVE(n)
#else
#define PUT(n) cursor = c + (n)
#endif

/* x becomes the object, or NONE. */
inline pop()
{
	do
	:: d_step { aborted[me] = 0; section[me] = 1; moved = true; c = cursor };
	   x = cell[c - 1];
	   atomic {
		if
		:: aborted[me]
		:: else ->
			if
			:: x == NONE
			:: else -> MOVE(-1)
			fi;
			if
			:: MOVED -> section[me] = 0; break
			:: else
			fi
		fi
	   }
	od
}

/* no_room says whether it was. How the cursor moves is the parameter. */
inline push(obj, slow)
{
	do
	:: d_step { aborted[me] = 0; section[me] = 1; moved = true; c = cursor;
		    no_room = IS_FULL(c) };
	   if
	   :: no_room -> section[me] = 0; break
	   :: else ->
		atomic {
			/* cursor_may_hold(): a block of the caller's? */
			assert(aborted[me] || cell[c - 1] != obj);
			if
			:: aborted[me]
			:: else -> assert(WRITABLE(c)); cell[c] = obj
			fi
		};
		atomic {
			if
			:: aborted[me]
			:: else ->
				if :: slow -> PUT(1) :: else -> MOVE(1) fi;
				if
				:: MOVED -> section[me] = 0; break
				:: else
				fi
			fi
		}
	   fi
	od
}

/* ---- slow paths: src/kmem/sheaf.c ---------------------------------------- */

/*
 * main_take(): s becomes the sheaf, or NONE. With rseq it is one section that
 * commits with the store of MISSING, so no handler comes in between.
 */
#if defined(RSEQ) && !defined(BROKEN_TAKE)
#define READ_APART skip
#define READ_WITHIN c = cursor
#else
#define READ_APART c = cursor
#define READ_WITHIN skip
#endif
inline main_take(s)
{
	READ_APART;
	d_step {
		READ_WITHIN;
		s = SHEAF_OF(c);
		if
		:: s ->
			count[s] = (c <= BOTTOM(s) -> 0 :
				    (c >= END(s) -> CAP : c - BOTTOM(s)));
			cell[BOTTOM(s) - 1] = 0;
			cursor = MISSING
		:: else
		fi
	}
}

inline main_set(s)
{
	cursor = BOTTOM(s) + count[s]
}

/* What a slab has already, or is in use, must not come back to it. */
inline to_slab(obj)
{
	assert(obj != NONE && !slab[obj] && !used[obj]);
	slab[obj] = 1
}

/* flush_sheaf() */
inline flush(s)
{
	d_step {
		i = 0;
		do
		:: i < count[s] -> to_slab(cell[BOTTOM(s) + i]); i++
		:: else -> break
		od;
		count[s] = 0; i = 0
	}
}

/* slab_ops.refill() of up to nr objects */
inline refill(s)
{
	d_step {
		i = 1;
		do
		:: i <= NR_OBJS && count[s] < CAP ->
			if
			:: slab[i] ->
				slab[i] = 0;
				cell[BOTTOM(s) + count[s]] = i;
				count[s]++
			:: else
			fi;
			i++
		:: else -> break
		od;
		i = 0
	}
}

/* sheaf_get(): of the barn, or new; s stays NONE if there is none */
inline sheaf_get(s)
{
	d_step {
		if
		:: barn_empty -> s = barn_empty; barn_empty = NONE
		:: else ->
			i = 1;
			do
			:: i > NR_SHEAVES -> break
			:: i <= NR_SHEAVES && pool[i] ->
				s = i; pool[i] = 0; break
			:: else -> i++
			od;
			i = 0
		fi
	}
}

/* barn_put_empty() */
inline put_empty(s)
{
	d_step {
		if
		:: barn_empty == NONE -> barn_empty = s
		:: else -> pool[s] = 1
		fi
	}
}

/*
 * What is taken out as empty, or full, need not be it any more: a handler may
 * have come since the miss. With rseq such a sheaf goes back at once.
 */
#if defined(RSEQ) && !defined(BROKEN_ASSUME)
#define CHANGED(s, n) (s && count[s] != (n))
#else
#define CHANGED(s, n) false
#endif

/* sheaf_main_empty(); the swap of main and spare is two stores */
inline main_empty()
{
	main_take(main);
	other = spare;
	if
	:: CHANGED(main, 0) -> main_set(main)
	:: !CHANGED(main, 0) && other && count[other] ->
#ifdef BROKEN_ORDER
		main_set(other);
		spare = main
#else
		spare = main;
		main_set(other)
#endif
	:: !CHANGED(main, 0) && !(other && count[other]) ->
		other = NONE;
		d_step { /* barn_get_full() */
			if
			:: barn_full ->
				other = barn_full; barn_full = NONE;
				if
				:: main && !barn_empty -> barn_empty = main
				:: main && barn_empty -> pool[main] = 1
				:: else
				fi
			:: else
			fi
		};
		if
		:: other -> main_set(other)
		:: else ->
			if
			:: !main -> sheaf_get(main)
			:: else
			fi;
			if
			:: main ->
				refill(main);
				/* kmem_main_replace() */
				main_take(other);
				if
				:: other -> flush(other); put_empty(other)
				:: else
				fi;
				main_set(main)
			:: else
			fi
		fi
	fi;
	main = NONE; other = NONE
}

/* sheaf_main_full(), of an owner that does not drain */
inline main_full()
{
	main_take(main);
	other = spare;
	if
	:: main && !CHANGED(main, CAP) -> spare = main
	:: else
	fi;
	vacant = NONE;
	if
	:: CHANGED(main, CAP) -> vacant = main
	:: !CHANGED(main, CAP) && main && other && count[other] ->
		if /* retire_full() */
		:: barn_full == NONE ->
			d_step { barn_full = other };
			sheaf_get(vacant)
		:: else -> flush(other); vacant = other
		fi
	:: !CHANGED(main, CAP) && main && other && !count[other] ->
		vacant = other
	:: else -> sheaf_get(vacant)
	fi;
	if
	:: vacant -> main_set(vacant)
	:: else
	fi;
	main = NONE; other = NONE; vacant = NONE
}

/* malloc_slow() between kmem_enter() and kmem_leave() */
inline alloc_inside()
{
	x = NONE;
	if
	:: table ->
		pop();
		if
		:: x == NONE -> main_empty(); pop()
		:: else
		fi
	:: else
	fi;
	if
	:: x == NONE -> /* alloc_direct() */
		d_step {
			i = 1;
			do
			:: i > NR_OBJS -> break
			:: i <= NR_OBJS && slab[i] -> slab[i] = 0; x = i; break
			:: else -> i++
			od;
			i = 0
		}
	:: else
	fi
}

/* free_missed() */
inline free_inside(obj)
{
	if
	:: table ->
		push(obj, 1);
		if
		:: no_room -> main_full(); push(obj, 1)
		:: else
		fi
	:: else -> no_room = true
	fi;
	if
	:: no_room -> d_step { to_slab(obj) }
	:: else
	fi;
	no_room = false
}

/* A handler that misses ends such a run: only those that hit are looked at. */
#ifdef HITS
#define MISSED if :: me > 0 -> pruned = true; false :: else fi
#else
#define MISSED
#endif

#ifdef BROKEN_ENTER /* a slow path within a slow path */
#define IS_INSIDE false
#else
#define IS_INSIDE frame
#endif

/* x: the block, which the caller has now; NONE: no memory */
inline km_malloc()
{
	x = NONE;
	if
	:: table -> pop()
	:: else
	fi;
	if
	:: x != NONE
	:: else ->
		MISSED;
		atomic { /* kmem_enter() */
			if
			:: IS_INSIDE -> x = SIDE
			:: else -> frame = 1
			fi
		};
		if
		:: x == SIDE
		:: else -> alloc_inside(); leave()
		fi
	fi;
	d_step {
		if
		:: x != NONE && x != SIDE ->
			/* Nobody has it, and no slab. */
			assert(!used[x] && !slab[x] && !queued[x]);
			used[x] = 1
		:: else
		fi;
		c = 0
	}
}

/* kmem_leave(); what was put off is freed by drain() */
inline leave()
{
	frame = 0
}

/* The caller has no use for the block any more. */
inline km_free(obj)
{
	d_step { assert(used[obj]); used[obj] = 0 };
	if
	:: table -> push(obj, 0)
	:: else -> no_room = true
	fi;
	if
	:: no_room ->
		MISSED;
		atomic {
			if
			:: IS_INSIDE -> queued[obj] = 1; no_room = false
			:: else -> frame = 1
			fi
		};
		if
		:: no_room -> free_inside(obj); leave()
		:: else
		fi
	:: else
	fi;
	d_step { no_room = false; c = 0 }
}

/* ---- who calls ------------------------------------------------------------ */

/* A place of each object, and no more than one. */
inline check_places()
{
	d_step {
		main = SHEAF_OF(cursor);
		if
		:: main ->
			count[main] = (cursor <= BOTTOM(main) -> 0 :
				       (cursor >= END(main) -> CAP :
					cursor - BOTTOM(main)))
		:: else
		fi;
		assert(main == NONE || (main != spare && main != barn_full));
		assert(spare == NONE || spare != barn_full);
		i = 1;
		do
		:: i > NR_OBJS -> break
		:: else ->
			x = slab[i] + used[i] + queued[i];
			j = 0;
			do
			:: j >= CAP -> break
			:: else ->
				if
				:: main && j < count[main] &&
				   cell[BOTTOM(main) + j] == i -> x++
				:: else
				fi;
				if
				:: spare && j < count[spare] &&
				   cell[BOTTOM(spare) + j] == i -> x++
				:: else
				fi;
				if
				:: barn_full && j < count[barn_full] &&
				   cell[BOTTOM(barn_full) + j] == i -> x++
				:: else
				fi;
				j++
			od;
			assert(x <= 1);		/* in two places */
#ifndef MAY_LOSE
			assert(x == 1);		/* lost */
#endif
			i++
		od;
		i = 0; j = 0; x = NONE
	}
}

/* side_free_put_off(), at the end of kmem_leave() */
inline drain()
{
	do
	:: true ->
		d_step {
			obj = NONE;
			i = 1;
			do
			:: i > NR_OBJS -> break
			:: i <= NR_OBJS && queued[i] ->
				queued[i] = 0; used[i] = 1; obj = i; break
			:: else -> i++
			od;
			i = 0
		};
		if
		:: obj -> km_free(obj)
		:: else -> break
		fi
	od
}

byte mine = NONE;	/* a block of the program */
byte gift = NONE;	/* another one, that a handler frees */
byte ops;

proctype program() provided (level == 0)
{
	byte me = 0, c, x, i, j, main, other, vacant, obj;
	bool no_room, moved;

	do
	:: ops < NR_OPS ->
		ops++;
		if
		:: km_malloc()
		:: mine -> obj = mine; mine = NONE; km_free(obj)
		fi;
		drain();
		skip;
		d_step {
			if
			:: x != NONE && x != SIDE && mine == NONE -> mine = x
			:: else
			fi;
			x = NONE
		}
	:: else -> break
	od;
	skip;
	check_places()
}

#ifdef BROKEN_ASIDE /* fork handlers use the table */
#define PUT_ASIDE skip
#else
#define PUT_ASIDE table = 0
#endif

#if HANDLER == PAIR
#define HANDLE \
	km_malloc(); \
	if :: x != NONE && x != SIDE -> obj = x; x = NONE; km_free(obj) \
	   :: else \
	fi
#elif HANDLER == QUEUE
#define HANDLE \
	km_malloc(); obj = x; km_malloc(); first = obj; second = x; x = NONE; \
	if :: first != NONE && first != SIDE -> km_free(first) \
	   :: else \
	fi; \
	if :: second != NONE && second != SIDE -> km_free(second) \
	   :: else \
	fi; \
	d_step { first = 0; second = 0 }
#elif HANDLER == GIVE
#define HANDLE \
	d_step { obj = gift; gift = NONE }; \
	if :: obj -> km_free(obj) \
	   :: else \
	fi
#elif HANDLER == TAKE
#define HANDLE km_malloc()
#elif HANDLER == FORK
#define HANDLE \
	d_step { had = table; PUT_ASIDE }; \
	km_malloc(); \
	if :: x != NONE && x != SIDE -> obj = x; km_free(obj) \
	   :: else \
	fi; \
	table = had
#else
#define HANDLE skip
#endif

#ifdef IN_FAST
#define COMES(l) (l > 1 || !frame)
#elif defined(IN_SLOW)
#define COMES(l) (l > 1 || frame)
#else
#define COMES(l) true
#endif

#ifdef RSEQ
#define ABORT(l) if :: section[l] -> aborted[l] = 1 :: else fi
#else
#define ABORT(l) skip
#endif

inline comes_and_goes()
{
	do
	:: signals < NR_SIGNALS ->
		atomic {
			level == me - 1 && COMES(me) && !pruned;
			signals++;
			level = me;
			ABORT(me - 1)
		};
		HANDLE;
		d_step { level = me - 1; x = NONE; obj = NONE; c = 0 }
	:: else -> break
	od
}

proctype handler() provided (level <= 1)
{
	byte me = 1, c, x, i, j, main, other, vacant, obj, first, second, signals;
	bool no_room, moved, had;

	comes_and_goes()
}

#if LEVELS > 2
proctype second_handler()
{
	byte me = 2, c, x, i, j, main, other, vacant, obj, first, second, signals;
	bool no_room, moved, had;

	comes_and_goes()
}
#endif

/* main, spare and barn have from nothing to all; the rest is in slabs. */
init
{
	byte i = 1, at, s;

	atomic {
		gift = i; used[i] = 1; i++;
		if
		:: mine = i; used[i] = 1; i++
		:: skip
		fi;
		if
		:: at = 0
		:: at = 1
		:: at = CAP
		fi;
		s = 1;
		cursor = BOTTOM(s);
		do
		:: at > 0 -> cell[cursor] = i; cursor++; i++; at--
		:: else -> break
		od;
		if
		:: skip
		:: s++; spare = s
		:: s++; spare = s; count[s] = CAP; at = CAP
		fi;
		do
		:: at > 0 -> cell[BOTTOM(s) + at - 1] = i; i++; at--
		:: else -> break
		od;
		if
		:: skip
		:: s++; barn_full = s; count[s] = CAP; at = CAP
		fi;
		do
		:: at > 0 -> cell[BOTTOM(s) + at - 1] = i; i++; at--
		:: else -> break
		od;
		do
		:: s < NR_SHEAVES -> s++; pool[s] = 1
		:: else -> break
		od;
		do
		:: i <= NR_OBJS -> slab[i] = 1; i++
		:: else -> break
		od;
		i = 0; s = 0;
		run program();
#if HANDLER
		run handler();
#if LEVELS > 2
		run second_handler()
#endif
#endif
	}
}
