/* SPDX-License-Identifier: MIT */
/*
 * torture/fork_steps.h - a signal at a chosen instruction of a call, and a fork
 *
 * The processor traps behind each instruction of a call, and the handler of
 * every nth of these signals forks. Parent and child return from it and finish
 * the call. The child then allocates 10,000 times and is checked; the parent
 * waits for it, inside the handler. Handlers of fork allocate too, and keep
 * blocks.
 *
 *	parent	call: i i i[fork, wait]i i i[fork, wait]i i i, checks
 *	child		           [ ]i i i i i i i i i, checks, 10,000 blocks
 *
 * Where single steps are not to be had, a timer sends the signal.
 *
 * Locking	none: one thread
 */
#ifndef FORK_STEPS_H
#define FORK_STEPS_H

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <ucontext.h>

#include "support/program.h"
#include "support/single_step.h"

#define CHILD_BLOCKS 10000
#define SOAK_FORKS 10000L
#define POSITIONS 60 /* of each kind of call */
/* Looked at, of a call that may have more: a step is not cheap. */
#define STEPS 4000
#define NEVER (-1L)

struct call {
	const char *name;
	void (*before)(void);
	void (*run)(void); /* what is interrupted */
	void (*after)(void); /* checks, and frees what is left */
	int apart; /* only where it is asked for by name; ten times as long */
};

static volatile long steps, next_at, stride;
static volatile int is_child; /* it was made by the handler */
static volatile int child_status; /* of the first child that ended badly */
static volatile long failed_at, forked, most_forks, most_steps;

static void prove(void); /* in the file that includes this */

/* ---- handlers of fork, which allocate ------------------------------------ */

static const size_t kept_sizes[] = { 24, 3000, 20000, 200 * KIB };
static char *kept[ARRAY_SIZE(kept_sizes)];
static int nested; /* a fork in a fork: one is enough */

static void keep(void)
{
	if (nested++)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(kept); i++) {
		kept[i] = malloc(kept_sizes[i] / 2);
		REQUIRE(kept[i], "%zu bytes", kept_sizes[i] / 2);
		fill(kept[i], kept_sizes[i] / 2, i);
		kept[i] = realloc(kept[i], kept_sizes[i]);
		REQUIRE(kept[i], "%zu bytes", kept_sizes[i]);
	}
	free(calloc(3, 100));
}

static void give_up(void)
{
	if (--nested)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(kept); i++) {
		size_t n = kept_sizes[i] / 2;

		CHECK(verify(kept[i], n, i) == n, "kept block %zu", i);
		free(kept[i]);
	}
	free(malloc(60000));
}

/* ---- signals ------------------------------------------------------------- */

static void fork_here(void)
{
	int status = -1;
	pid_t pid = fork();

	forked++;
	if (!pid) {
		is_child = 1;
		check_reset();
		return;
	}
	while (waitpid(pid, &status, 0) < 0)
		;
	if (!status || child_status)
		return;
	child_status = status;
	failed_at = steps;
}

#ifdef __x86_64__
#define STEP_SIGNAL SIGTRAP

static void on_signal(int sig, siginfo_t *info, void *arg)
{
	ucontext_t *context = arg;

	(void)sig;
	(void)info;
	if (steps++ == next_at) {
		next_at += stride;
		fork_here();
	}
	if (is_child || steps >= most_steps || forked >= most_forks)
		context->uc_mcontext.gregs[REG_EFL] &= ~SINGLE_STEP_FLAG;
}

static inline void steps_begin(void)
{
	single_step_on();
}

static inline void steps_end(void)
{
	single_step_off();
}
#else
#define STEP_SIGNAL SIGALRM

static void on_signal(int sig, siginfo_t *info, void *arg)
{
	(void)sig;
	(void)info;
	(void)arg;
	if (!is_child)
		fork_here();
}

/* Every 200 microseconds of a call, or less. */
static inline void steps_begin(void)
{
	struct itimerval t = { .it_value.tv_usec = 1 + next_at % 200,
			       .it_interval.tv_usec = 200 };

	if (next_at != NEVER)
		setitimer(ITIMER_REAL, &t, NULL);
	steps = 1;
}

static inline void steps_end(void)
{
	struct itimerval t = { 0 };

	setitimer(ITIMER_REAL, &t, NULL);
}
#endif

static inline long min_of(long a, long b)
{
	return a < b ? a : b;
}

/* ---- one call ------------------------------------------------------------ */

/* Blocks that carry what checks them. */
static void allocate(unsigned int nr)
{
	static char *p[256];
	static size_t n[256];
	uint64_t rng = 88172645463325252ULL;

	for (unsigned int i = 0; i < nr; i++) {
		unsigned int k = (unsigned int)(test_rand(&rng) % 256);
		size_t head = n[k] < 64 ? n[k] : 64;

		CHECK(verify(p[k], head, k) == head, "block %u", k);
		free(p[k]);
		n[k] = test_rand(&rng) % (test_rand(&rng) % 64 ? 3000 : 90000);
		p[k] = malloc(n[k]);
		REQUIRE(p[k], "%zu bytes", n[k]);
		fill(p[k], n[k] < 64 ? n[k] : 64, k);
	}
	for (unsigned int k = 0; k < 256; k++) {
		free(p[k]);
		p[k] = NULL;
		n[k] = 0;
	}
}

/*
 * The call with forks at instruction @first and each @every behind it. Returns
 * how many instructions there were.
 */
static long interrupted(const struct call *call, long first, long every)
{
	call->before();
	steps = 0;
	next_at = first;
	stride = every;
	child_status = 0;
	steps_begin();
	call->run();
	steps_end();
	call->after();
	if (is_child) {
		allocate(CHILD_BLOCKS);
		prove();
		_exit(check_status());
	}
	CHECK(!child_status, "%s, instruction %ld: wait status %x", call->name,
	      failed_at, (unsigned int)child_status);
	return steps;
}

/* Instructions of a call; 0 if they cannot be counted here. */
static long count_steps(const struct call *call)
{
	int fd[2], status = -1;
	long nr = 0;
	pid_t pid;

	REQUIRE(!pipe(fd), "pipe: errno %d", errno);
	pid = fork();
	if (!pid) {
		call->before();
		call->run(); /* the first time is longer */
		call->after();
		nr = interrupted(call, NEVER, 1);
		_exit(write(fd[1], &nr, sizeof(nr)) != sizeof(nr));
	}
	close(fd[1]);
	if (read(fd[0], &nr, sizeof(nr)) != sizeof(nr))
		nr = 0;
	close(fd[0]);
	waitpid(pid, &status, 0);
	/* Code that blocks all signals cannot be stepped through. */
	CHECK(!status ||
		      (WIFSIGNALED(status) && WTERMSIG(status) == STEP_SIGNAL),
	      "%s: wait status %x", call->name, (unsigned int)status);
	return status ? 0 : nr;
}

/*
 * Fork at places all over a call; when soaking, behind each instruction in
 * turn, until there were 10,000 forks. Expect each child and the parent intact.
 */
static void fork_all_over(const struct call *call)
{
	bool soak = getenv("KM_SOAK") != NULL;
	long most = soak ? SOAK_FORKS : POSITIONS, nr, every, first;

	forked = 0;
	most_forks = most;
	most_steps = soak ? SOAK_FORKS : call->apart ? 10 * STEPS : STEPS;
	nr = count_steps(call);
	if (!nr) {
		dprintf(1, "%s: not stepped through\n", call->name);
		return;
	}
	every = soak || nr < POSITIONS ? 1 : nr / POSITIONS;
	for (int i = 0; i < 200 && forked < most; i++) {
		first = soak ? i * 1000L % nr : i;
		most_forks = soak ? min_of(most, forked + 1000) : most;
		interrupted(call, first, every);
	}
	allocate(CHILD_BLOCKS);
	prove();
	dprintf(1, "%-12s %6ld instructions, %ld forks\n", call->name, nr,
		forked);
	CHECK(forked >= most / 2, "%s: %ld forks", call->name, forked);
}

/* ---- the calls ----------------------------------------------------------- */

#define MANY 32

static char *blocks[MANY];

static void nothing(void)
{
}

static void take_all(size_t size)
{
	for (int i = 0; i < MANY; i++) {
		blocks[i] = malloc(size);
		if (blocks[i])
			blocks[i][0] = (char)i;
	}
}

static void give_all(void)
{
	for (int i = 0; i < MANY; i++)
		free(blocks[i]);
}

static void check_all(void)
{
	for (int i = 0; i < MANY; i++)
		CHECK(blocks[i] && blocks[i][0] == i, "block %d", i);
	give_all();
}

static void take_hits(void)
{
	for (int i = 0; i < 4; i++)
		blocks[i] = malloc(48);
	for (int i = 0; i < 4; i++)
		free(blocks[i]);
}

static void take_small(void)
{
	take_all(200);
}

static void take_middle(void)
{
	take_all(6000);
}

static void take_runs(void)
{
	blocks[0] = malloc(100 * KIB);
	blocks[1] = calloc(300, KIB);
	free(blocks[0]);
	free(blocks[1]);
}

static void take_area(void)
{
	char *p = malloc(6 * MIB);

	p[0] = 7;
	p = realloc(p, 12 * MIB);
	CHECK(p && p[0] == 7, "area");
	free(p);
}

static void grow(void)
{
	char *p = NULL;

	for (size_t n = 24; n < 200000; n = n * 5 / 2) {
		p = realloc(p, n);
		p[n - 1] = 1;
	}
	free(p);
	free(memalign(4096, 5000));
}

static void wait_for_tick(void)
{
	usleep(9000);
}

static void fork_and_wait(void)
{
	int status = -1;
	pid_t pid = fork();

	if (!pid) {
		steps_end();
		allocate(100);
		_exit(child_status || check_status());
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno == ECHILD && is_child)
			return; /* it is the child of the interrupted call */
	CHECK(!status, "wait status %x", (unsigned int)status);
}

static const struct call calls[] = {
	{ "hit", nothing, take_hits, nothing, 0 },
	{ "refill", nothing, take_small, check_all, 0 },
	{ "refill large", nothing, take_middle, check_all, 0 },
	{ "flush", take_middle, give_all, nothing, 0 },
	{ "run", nothing, take_runs, nothing, 0 },
	{ "area", nothing, take_area, nothing, 0 },
	{ "realloc", nothing, grow, nothing, 0 },
	{ "fork", nothing, fork_and_wait, nothing, 0 },
	{ "tick", wait_for_tick, take_middle, check_all, 1 },
};

static int fork_steps(const char *only)
{
	struct sigaction sa = { .sa_sigaction = on_signal,
				.sa_flags = SA_SIGINFO };

	sigaction(STEP_SIGNAL, &sa, NULL);
	pthread_atfork(keep, give_up, give_up);
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++)
		if (only ? !strcmp(only, calls[i].name) : !calls[i].apart)
			fork_all_over(&calls[i]);
	return check_status();
}

#endif
