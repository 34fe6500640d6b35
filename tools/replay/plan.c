// SPDX-License-Identifier: MIT
/*
 * plan.c - from addresses to blocks
 *
 *	recorded by two threads		planned
 *	1  malloc  100		-> A	allocate block 0, 100 bytes
 *	1  realloc A, 200
 *	2  malloc  50		-> A	allocate block 1, 50 bytes
 *	1  resized A, 200	-> B	resize block 0 to 200 bytes
 *	2  free	   A			free block 1
 *
 * A table finds the block that is at an address now. One that is in realloc()
 * is at none: it waits in a list, and its old address may be another block's.
 * What was not recorded is left out: calls with blocks of the parent, or from
 * before the recording. Where the end of a block is missing, it ends when its
 * address is another block's.
 */
#include <stdbool.h>

#include "plan.h"

#define NO_BLOCK UINT32_MAX
#define MOST_WAITING 4096U /* realloc() calls that have not returned */

struct place {
	uint64_t addr; /* 0: free */
	uint32_t block;
};

struct waiting {
	uint64_t addr;
	uint32_t thread, block;
};

struct maker {
	struct plan *plan;
	struct place *places; /* a hash table, at most half full */
	size_t mask;
	uint64_t *size; /* of each block */
	uint32_t *turns; /* steps of each block so far */
	uint64_t live;
	struct waiting *waiting;
	uint32_t nr_waiting;
	uint32_t *threads; /* by number: what the file calls it */
};

/* ---- the table ----------------------------------------------------------- */

static size_t hash_of(uint64_t addr)
{
	return (size_t)((addr >> 4) * 0x9e3779b97f4a7c15ULL >> 20);
}

/* Returns the place of an address, or the free one where its search ended. */
static struct place *find_place(const struct maker *m, uint64_t addr)
{
	size_t at = hash_of(addr) & m->mask;

	while (m->places[at].addr && m->places[at].addr != addr)
		at = (at + 1) & m->mask;
	return &m->places[at];
}

static uint32_t block_at(const struct maker *m, uint64_t addr)
{
	const struct place *place = find_place(m, addr);

	return place->addr ? place->block : NO_BLOCK;
}

/* Closes the gap: what was put further on because of it moves here. */
static void forget_place(struct maker *m, uint64_t addr)
{
	size_t gap = (size_t)(find_place(m, addr) - m->places), at = gap;

	if (!m->places[gap].addr)
		return;
	for (;;) {
		size_t home;

		at = (at + 1) & m->mask;
		if (!m->places[at].addr)
			break;
		home = hash_of(m->places[at].addr) & m->mask;
		if (((at - home) & m->mask) < ((at - gap) & m->mask))
			continue;
		m->places[gap] = m->places[at];
		gap = at;
	}
	m->places[gap].addr = 0;
}

/* ---- steps --------------------------------------------------------------- */

/* Threads are few: a search from the last one that was found. */
static uint32_t thread_number(struct maker *m, uint32_t name)
{
	static uint32_t last;
	uint32_t nr = m->plan->nr_threads;

	if (last < nr && m->threads[last] == name)
		return last;
	for (last = 0; last < nr; last++)
		if (m->threads[last] == name)
			return last;
	m->threads[last] = name;
	m->plan->nr_threads++;
	return last;
}

static void add_step(struct maker *m, const struct trace_record *from,
		     enum step_kind kind, uint32_t block)
{
	struct plan *plan = m->plan;
	struct step *step = &plan->steps[plan->nr];

	step->kind = (uint8_t)kind;
	step->block = block;
	step->turn = m->turns[block]++;
	step->thread = thread_number(m, from->thread);
	m->live -= m->size[block];
	if (kind != STEP_FREE) {
		step->size = TRACE_LOW(from->size_align);
		step->align = (uint8_t)TRACE_HIGH(from->size_align);
	}
	m->size[block] = step->size;
	m->live += step->size;
	plan->live[plan->nr++] = m->live;
}

/* A block is at an address. One that was there has ended unseen. */
static void put_block(struct maker *m, const struct trace_record *from,
		      uint32_t block)
{
	uint32_t old = block_at(m, from->addr);
	struct place *place;

	if (old != NO_BLOCK) {
		m->plan->unfreed++;
		add_step(m, from, STEP_FREE, old);
		forget_place(m, from->addr);
	}
	place = find_place(m, from->addr);
	place->addr = from->addr;
	place->block = block;
}

static void plan_alloc(struct maker *m, const struct trace_record *r,
		       enum step_kind kind)
{
	uint32_t block;

	if (!r->addr) /* the program got NULL */
		return;
	block = m->plan->nr_blocks++;
	put_block(m, r, block);
	add_step(m, r, kind, block);
}

static void plan_free(struct maker *m, const struct trace_record *r)
{
	uint32_t block = block_at(m, r->addr);

	if (block == NO_BLOCK) {
		m->plan->unknown++;
		return;
	}
	forget_place(m, r->addr);
	add_step(m, r, STEP_FREE, block);
}

static void plan_realloc(struct maker *m, const struct trace_record *r)
{
	uint32_t block = block_at(m, r->addr);

	if (block == NO_BLOCK) {
		m->plan->unknown++;
		return;
	}
	if (m->nr_waiting == MOST_WAITING)
		return;
	forget_place(m, r->addr);
	m->waiting[m->nr_waiting++] = (struct waiting){
		r->addr,
		r->thread,
		block,
	};
}

/* Returns the block that waits for this end of its realloc(), or NO_BLOCK. */
static uint32_t take_waiting(struct maker *m, const struct trace_record *r)
{
	uint64_t old = TRACE_LOW(r->old_op);

	for (uint32_t i = m->nr_waiting; i-- > 0;) {
		struct waiting *w = &m->waiting[i];
		uint32_t block = w->block;

		if (w->addr != old || w->thread != r->thread)
			continue;
		*w = m->waiting[--m->nr_waiting];
		return block;
	}
	return NO_BLOCK;
}

static void plan_resized(struct maker *m, const struct trace_record *r)
{
	uint32_t block = take_waiting(m, r);
	struct trace_record back = *r;

	if (block == NO_BLOCK) { /* it is new to the recording */
		plan_alloc(m, r, STEP_ALLOC);
		return;
	}
	if (r->addr) {
		put_block(m, r, block);
		add_step(m, r, STEP_RESIZE, block);
	} else if (!TRACE_LOW(r->size_align)) {
		add_step(m, r, STEP_FREE, block);
	} else { /* it failed: the block is where it was */
		back.addr = TRACE_LOW(r->old_op);
		put_block(m, &back, block);
	}
}

static void plan_record(struct maker *m, const struct trace_record *r)
{
	unsigned int op = TRACE_HIGH(r->old_op);

	m->plan->calls[op]++;
	switch (op) {
	case TRACE_MALLOC:
		plan_alloc(m, r, STEP_ALLOC);
		break;
	case TRACE_CALLOC:
		plan_alloc(m, r, STEP_ZEROED);
		break;
	case TRACE_FREE:
		plan_free(m, r);
		break;
	case TRACE_REALLOC:
		plan_realloc(m, r);
		break;
	case TRACE_RESIZED:
		plan_resized(m, r);
		break;
	default:
		break;
	}
}

void plan_make(struct plan *plan, const struct recording *r)
{
	struct maker m = { .plan = plan, .mask = 1023 };

	*plan = (struct plan){ 0 };
	while (m.mask < 2 * r->nr)
		m.mask = 2 * m.mask + 1;
	m.places = own_memory((m.mask + 1) * sizeof(*m.places));
	m.size = own_memory(r->nr * sizeof(*m.size));
	m.turns = own_memory(r->nr * sizeof(*m.turns));
	m.threads = own_memory(r->nr * sizeof(*m.threads));
	m.waiting = own_memory(MOST_WAITING * sizeof(*m.waiting));
	/* a record may end an old block and begin a new one */
	plan->steps = own_memory(2 * r->nr * sizeof(*plan->steps));
	plan->live = own_memory(2 * r->nr * sizeof(*plan->live));
	for (size_t nr = 0; nr < r->nr; nr++)
		plan_record(&m, &r->records[nr]);
}
