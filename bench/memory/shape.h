/* SPDX-License-Identifier: MIT */
/*
 * shape.h - what the shapes of the memory suite share
 *
 * A shape is a program's way of using memory: what it holds, and when. It
 * counts the bytes that it holds as it goes, and stops at marks. At a mark
 * bench/resident.py, which runs it, reads how much memory is resident:
 *
 *	shape				runner
 *	hold(), drop() ... board.live	reads both every few milliseconds
 *	mark("freed") ---- a line ---->	reads resident memory, exactly
 *	  waits      <---- a byte -----
 *
 * Only blocks come from malloc. Tables of what is held are mapped and written
 * before the mark "start", whose figure is subtracted from all that follow. So
 * what is left is the blocks and what the allocator needs for them.
 *
 * Blocks are written and checked as those of the workloads are (work.h).
 */
#ifndef SHAPE_H
#define SHAPE_H

#include "../workloads/work.h"

#include <pthread.h>

/* What the runner reads while the shape runs; shared with it and children. */
struct board {
	atomic_size_t live; /* bytes asked for and held */
	atomic_size_t most; /* the highest that live has been */
};

extern struct board *board;

/* n by the scale of the run, at least 1. */
size_t at_scale(size_t n);

/* Sleeps that many seconds by the pace of the run. */
void pause_for(double seconds);

/* The time that pause_for(seconds) would end at; is it over? */
double until(double seconds);
int is_over(double when);

/* A table of n refs that costs malloc nothing: mapped, and written. */
struct ref *new_table(size_t n);

/* The runner reads resident memory; the shape goes on when it has. */
void mark(const char *name);

/* The same for what the process has written since a fork: private dirty. */
void mark_dirty(const char *name);

/* A block that is counted; and the end of it. An empty ref is left alone. */
struct ref hold(struct rng *rng, size_t size);
void drop(struct ref *ref);
void drop_all(struct ref *refs, size_t n);

/* The block in another size, checked before and written after. */
void resize(struct ref *ref, struct rng *rng, size_t size);

/* A hundred calls of malloc and free, of many sizes; nothing is held. */
void few_calls(void);

/* few_calls() every 20 ms for that many seconds. */
void calls_for(double seconds);

/* fork(); in the parent it returns after the child ended, 0; in the child 1. */
int in_child(void);
_Noreturn void end_child(void);

/* Starts n threads with stacks that are written, and waits for their end. */
void run_threads(pthread_t *threads, unsigned int n, void *(*body)(void *));
void join_threads(pthread_t *threads, unsigned int n);

void shape_cycles(void);
void shape_documents(void);
void shape_drift(void);
void shape_evict(void);
void shape_fork(void);
void shape_freed_epoll(void);
void shape_freed_hits(void);
void shape_freed_idle(void);
void shape_grow(void);
void shape_idle_few(void);
void shape_idle_many(void);
void shape_interleave(void);
void shape_lifetimes(void);
void shape_lognormal(void);
void shape_overhead(void);
void shape_phases(void);
void shape_prodcons(void);
void shape_reload(void);
void shape_server(void);
void shape_shrink(void);
void shape_sparse_90(void);
void shape_sparse_99(void);
void shape_trickle(void);

#endif
