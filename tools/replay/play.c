// SPDX-License-Identifier: MIT
/*
 * play.c - makes the calls of a plan, on the malloc that this process has
 *
 *	block	0    1    2 ...		step  thread  block  turn
 *	place	 *    *    .		 7	0	1     0   allocate
 *	turn	 1    2    0		 8	1	1     1   free, when
 *		 `- steps done			the turn of block 1 is 1
 *
 * A program writes what it allocates, so one byte of each page is written: the
 * first time that the block has the page. With PLAY_CHECK the number of the
 * block is at its start, and is looked at when it is resized or freed.
 *
 * With one thread the steps are made in their order. With several each thread
 * makes its own, and waits at a block until its turn has come; any step waits
 * for earlier ones only, so some thread can always go on.
 *
 * What is resident is read from /proc/self/statm: anonymous memory. The tables
 * of this program are shared mappings, and not counted.
 */
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "play.h"

#define TOUCH 4096UL
#define SAMPLE_NS 2000000L

struct held {
	char *at;
	uint64_t size;
	uint32_t turn; /* atomic */
};

struct player {
	const struct plan *plan;
	struct held *held;
	unsigned int flags;
	int statm;
};

/* One for each thread, on a cache line of its own. */
struct worker {
	struct player *player;
	const uint32_t *steps; /* of this thread */
	size_t nr;
	size_t done; /* atomic */
	uint64_t live; /* atomic; modulo 2^64, only the sum means something */
	size_t failed, wrong, first_wrong;
	pthread_t thread;
} __attribute__((aligned(128)));

static double clock_of(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

static uint64_t resident_now(const struct player *p)
{
	unsigned long all = 0, resident = 0, shared = 0;
	char text[128];
	ssize_t n = pread(p->statm, text, sizeof(text) - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	if (sscanf(text, "%lu %lu %lu", &all, &resident, &shared) != 3 ||
	    shared > resident)
		return 0;
	return (resident - shared) * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* ---- a step -------------------------------------------------------------- */

/* Writes the pages that the block did not have before. */
static void touch(char *at, uint64_t from, uint64_t to)
{
	volatile char *bytes = at;

	for (uint64_t n = from ? (from + TOUCH - 1) & ~(TOUCH - 1) : 0; n < to;
	     n += TOUCH)
		bytes[n] = 1;
}

static void mark(struct held *h, uint32_t block)
{
	if (h->size >= sizeof(block))
		memcpy(h->at, &block, sizeof(block));
}

static bool is_marked(const struct held *h, uint32_t block)
{
	return h->size < sizeof(block) || !memcmp(h->at, &block, sizeof(block));
}

static char *new_block(const struct step *step)
{
	size_t size = step->size, align = 1UL << step->align;
	void *p = NULL;

	if (step->align > 4) {
		if (posix_memalign(&p, align, size))
			return NULL;
		return p;
	}
	return step->kind == STEP_ZEROED ? calloc(1, size) : malloc(size);
}

/* These return false if there was no memory. */
static bool allocate(struct held *h, const struct step *step)
{
	h->at = new_block(step);
	if (!h->at)
		return false;
	h->size = step->size;
	return true;
}

static bool resize(struct held *h, const struct step *step)
{
	char *at;

	if (!h->at)
		return allocate(h, step);
	at = realloc(h->at, step->size ? step->size : 1);
	if (!at)
		return false;
	h->at = at;
	h->size = step->size;
	return true;
}

static bool make_step(struct held *h, const struct step *step)
{
	switch (step->kind) {
	case STEP_FREE:
		free(h->at);
		h->at = NULL;
		h->size = 0;
		return true;
	case STEP_RESIZE:
		return resize(h, step);
	default:
		return allocate(h, step);
	}
}

static void note_wrong(struct worker *w, size_t nr)
{
	if (!w->wrong++)
		w->first_wrong = nr;
}

/* Makes step nr. The worker counts what was wrong. */
static void one_step(struct worker *w, size_t nr)
{
	const struct step *step = &w->player->plan->steps[nr];
	struct held *h = &w->player->held[step->block];
	bool check = w->player->flags & PLAY_CHECK;
	uint64_t before = h->size;

	if (check && h->at && !is_marked(h, step->block))
		note_wrong(w, nr);
	if (!make_step(h, step))
		w->failed++;
	else if (h->at && !(w->player->flags & PLAY_UNTOUCHED))
		touch(h->at, step->kind == STEP_RESIZE ? before : 0, h->size);
	if (check && h->at)
		mark(h, step->block);
	__atomic_store_n(&w->live, w->live + h->size - before,
			 __ATOMIC_RELAXED);
}

/* ---- samples ------------------------------------------------------------- */

static void take_sample(const struct player *p, size_t step, uint64_t live,
			struct result *result)
{
	uint64_t now = resident_now(p);
	struct sample *sample;

	if (result->nr_samples == MOST_SAMPLES)
		return;
	sample = &result->samples[result->nr_samples++];
	sample->step = step;
	sample->live = live;
	sample->resident = now > result->resident_before ?
				   now - result->resident_before :
				   0;
}

/* ---- in order ------------------------------------------------------------ */

/* Returns the step after which most bytes are live, from 1; 0: no step. */
static size_t step_of_peak(const struct plan *plan)
{
	size_t peak = 0;

	for (size_t nr = 0; nr < plan->nr; nr++)
		if (!peak || plan->live[nr] > plan->live[peak - 1])
			peak = nr + 1;
	return peak;
}

/*
 * Returns the step to take a sample behind: a part of all steps further on, the
 * peak, or before that where much more or less is live than at `from`.
 */
static size_t next_sample(const struct plan *plan, size_t from, size_t peak,
			  bool often)
{
	size_t to = from + plan->nr / (MOST_SAMPLES / 4) + 1;
	uint64_t live = from ? plan->live[from - 1] : 0;
	uint64_t much = plan->live[peak - 1] / 128;

	to = to < plan->nr ? to : plan->nr;
	to = from < peak && peak < to ? peak : to;
	for (size_t nr = from; often && nr < to; nr++)
		if (plan->live[nr] > live + much ||
		    plan->live[nr] + much < live)
			return nr + 1;
	return to;
}

static void play_in_order(struct worker *w, struct result *result)
{
	const struct plan *plan = w->player->plan;
	size_t peak = step_of_peak(plan);
	double wall = 0, cpu = 0;

	for (size_t from = 0, to; from < plan->nr; from = to) {
		double wall_from, cpu_from;

		to = next_sample(plan, from, peak,
				 result->nr_samples < MOST_SAMPLES / 2);
		wall_from = clock_of(CLOCK_MONOTONIC);
		cpu_from = clock_of(CLOCK_PROCESS_CPUTIME_ID);
		for (size_t nr = from; nr < to; nr++) {
			one_step(w, nr);
			if ((w->player->flags & PLAY_CHECK) &&
			    w->live != plan->live[nr])
				note_wrong(w, nr);
		}
		wall += clock_of(CLOCK_MONOTONIC) - wall_from;
		cpu += clock_of(CLOCK_PROCESS_CPUTIME_ID) - cpu_from;
		take_sample(w->player, to, w->live, result);
	}
	result->seconds = wall;
	result->cpu = cpu;
}

/* ---- by threads ---------------------------------------------------------- */

static void *worker_main(void *arg)
{
	struct worker *w = arg;

	for (size_t i = 0; i < w->nr; i++) {
		const struct step *step = &w->player->plan->steps[w->steps[i]];
		uint32_t *turn = &w->player->held[step->block].turn;

		while (__atomic_load_n(turn, __ATOMIC_ACQUIRE) != step->turn)
			sched_yield();
		one_step(w, w->steps[i]);
		__atomic_store_n(turn, step->turn + 1, __ATOMIC_RELEASE);
		__atomic_store_n(&w->done, i + 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

/* Sorts the steps by thread, in their order. */
static void share_out(const struct plan *plan, struct worker *workers)
{
	uint32_t *steps = own_memory(plan->nr * sizeof(*steps));
	size_t *at = own_memory((plan->nr_threads + 1) * sizeof(*at));

	for (size_t nr = 0; nr < plan->nr; nr++)
		workers[plan->steps[nr].thread].nr++;
	for (uint32_t n = 0; n < plan->nr_threads; n++) {
		workers[n].steps = steps + at[n];
		at[n + 1] = at[n] + workers[n].nr;
	}
	for (size_t nr = 0; nr < plan->nr; nr++)
		steps[at[plan->steps[nr].thread]++] = (uint32_t)nr;
}

/* Samples until all steps are made. */
static void watch(const struct player *p, const struct worker *workers,
		  struct result *result)
{
	const struct timespec pause = { 0, SAMPLE_NS };
	size_t done = 0;

	while (done < p->plan->nr) {
		uint64_t live = 0;

		nanosleep(&pause, NULL);
		done = 0;
		for (uint32_t n = 0; n < p->plan->nr_threads; n++) {
			done += __atomic_load_n(&workers[n].done,
						__ATOMIC_RELAXED);
			live += __atomic_load_n(&workers[n].live,
						__ATOMIC_RELAXED);
		}
		take_sample(p, done, live, result);
	}
}

static void play_by_threads(struct player *p, struct result *result)
{
	uint32_t nr = p->plan->nr_threads;
	struct worker *workers = own_memory(nr * sizeof(*workers));
	double wall, cpu;
	uint64_t live = 0;

	share_out(p->plan, workers);
	wall = clock_of(CLOCK_MONOTONIC);
	cpu = clock_of(CLOCK_PROCESS_CPUTIME_ID);
	for (uint32_t n = 0; n < nr; n++) {
		workers[n].player = p;
		if (pthread_create(&workers[n].thread, NULL, worker_main,
				   &workers[n])) {
			fprintf(stderr,
				"kmalloc-replay: thread %u of %u "
				"cannot be started\n",
				n + 1, nr);
			exit(1);
		}
	}
	watch(p, workers, result);
	for (uint32_t n = 0; n < nr; n++) {
		pthread_join(workers[n].thread, NULL);
		result->failed += workers[n].failed;
		if (workers[n].wrong && !result->wrong)
			result->first_wrong = workers[n].first_wrong;
		result->wrong += workers[n].wrong;
		live += workers[n].live;
	}
	result->seconds = clock_of(CLOCK_MONOTONIC) - wall;
	result->cpu = clock_of(CLOCK_PROCESS_CPUTIME_ID) - cpu;
	if ((p->flags & PLAY_CHECK) && p->plan->nr &&
	    live != p->plan->live[p->plan->nr - 1] && !result->wrong++)
		result->first_wrong = p->plan->nr - 1;
}

void play(const struct plan *plan, unsigned int flags, struct result *result)
{
	struct player p = { .plan = plan, .flags = flags };
	struct worker *w = own_memory(sizeof(*w));

	*result = (struct result){ 0 };
	result->samples = own_memory((MOST_SAMPLES + 1) *
				     sizeof(*result->samples));
	p.held = own_memory(plan->nr_blocks * sizeof(*p.held));
	p.statm = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	result->resident_before = resident_now(&p);
	if (flags & PLAY_THREADS) {
		play_by_threads(&p, result);
	} else {
		w->player = &p;
		play_in_order(w, result);
		result->failed = w->failed;
		result->wrong = w->wrong;
		result->first_wrong = w->first_wrong;
	}
	if (p.statm >= 0)
		close(p.statm);
}
