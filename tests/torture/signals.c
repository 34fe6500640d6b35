// SPDX-License-Identifier: MIT
/*
 * torture/signals.c - signals that arrive around malloc
 *
 * A handler that allocates is allowed only when it did not interrupt malloc,
 * as in glibc, and does little harm where it did; one that allocates nothing
 * may come at any moment. Abandoned and cancelled threads belong here as well.
 */
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/time.h>

#include "support/program.h"
#ifdef __x86_64__
#include <ucontext.h>

#include "support/single_step.h"
#endif

static atomic_int in_malloc, seen, served;

static void handler(int sig)
{
	int err = errno;
	char *p;

	(void)sig;
	atomic_fetch_add(&seen, 1);
	if (!atomic_load(&in_malloc)) {
		p = malloc(500);
		p[0] = 1;
		p = realloc(p, 50000);
		free(p);
		atomic_fetch_add(&served, 1);
	}
	errno = err;
}

static void ticks(void (*fn)(int), int usec)
{
	struct itimerval t = { { 0, usec }, { 0, usec } };
	struct sigaction sa = { .sa_handler = fn, .sa_flags = SA_RESTART };

	sigaction(SIGALRM, &sa, NULL);
	setitimer(ITIMER_REAL, &t, NULL);
}

/* A handler that allocates outside of malloc only. Expect it all intact. */
static void outside_malloc(void)
{
	double end = kt_now() + kt_seconds(2);
	uint64_t rng = 77;
	char *p[64] = { 0 };
	size_t n[64] = { 0 };

	ticks(handler, 500);
	while (kt_now() < end) {
		int i = (int)(test_rand(&rng) % 64);

		CHECK(verify(p[i], n[i], (uint64_t)i) == n[i], "block %d", i);
		atomic_store(&in_malloc, 1);
		free(p[i]);
		n[i] = test_rand(&rng) % 100000;
		p[i] = malloc(n[i]);
		atomic_store(&in_malloc, 0);
		fill(p[i], n[i], (uint64_t)i);
	}
	ticks(SIG_IGN, 0);
	for (int i = 0; i < 64; i++)
		free(p[i]);
	CHECK(atomic_load(&served) > 10, "%d of %d handlers allocated",
	      atomic_load(&served), atomic_load(&seen));
}

static void quiet(int sig)
{
	(void)sig;
	atomic_fetch_add(&seen, 1);
}

/* Handlers at any moment, system calls cut short. Expect no failure. */
static void any_moment(void)
{
	double end = kt_now() + kt_seconds(2);
	uint64_t rng = 5;

	ticks(quiet, 200);
	while (kt_now() < end) {
		size_t n = test_rand(&rng) % (20 * MIB) + 1;
		char *p = malloc(n);

		REQUIRE(p, "%zu bytes: errno %d", n, errno);
		p[n - 1] = 1;
		p = realloc(p, n / 2 + 1);
		REQUIRE(p, "realloc");
		free(p);
	}
	ticks(SIG_IGN, 0);
}

#ifdef __x86_64__
#define STEPS 30 /* instructions of a malloc that hits, with the loop's */
#define ROUNDS 3000
#define KEPT_SIZE 200

static volatile int steps, step_wanted;
static uint64_t *volatile of_handler;

static void on_step(int sig, siginfo_t *info, void *arg)
{
	ucontext_t *context = arg;

	(void)sig;
	(void)info;
	if (steps++ < step_wanted)
		return;
	of_handler = malloc(KEPT_SIZE);
	context->uc_mcontext.gregs[REG_EFL] &= ~SINGLE_STEP_FLAG;
}

/*
 * A handler that allocates behind any instruction of malloc, and a free next.
 * The call may get the handler's block. Expect that no other comes twice.
 */
static void inside_malloc(void)
{
	static uint64_t *kept[2 * ROUNDS];
	struct sigaction sa = { .sa_sigaction = on_step,
				.sa_flags = SA_SIGINFO };
	unsigned int nr = 0;

	sigaction(SIGTRAP, &sa, NULL);
	for (int i = 0; i < ROUNDS; i++) {
		void *freed = malloc(KEPT_SIZE);

		of_handler = NULL;
		step_wanted = i % STEPS;
		steps = 0;
		single_step_on();
		kept[nr] = malloc(KEPT_SIZE);
		single_step_off();
		free(freed);
		REQUIRE(kept[nr], "round %d", i);
		nr++;
		if (of_handler && of_handler != kept[nr - 1])
			kept[nr++] = of_handler;
	}
	for (unsigned int i = 0; i < nr; i++)
		*kept[i] = i;
	for (unsigned int i = 0; i < nr; i++)
		CHECK(*kept[i] == i, "blocks %u and %lu", i,
		      (unsigned long)*kept[i]);
	for (unsigned int i = 0; i < nr; i++)
		free(kept[i]);
	CHECK(nr > ROUNDS, "%u blocks", nr);
}
#endif

static void *waits(void *arg)
{
	free(malloc(1000));
	free(malloc(100 * KIB));
	for (;;)
		pause();
	return arg;
}

/* Threads cancelled with full caches. Expect memory not to pile up. */
static void cancelled(void)
{
	size_t before = 0, after;
	pthread_t t;

	for (int i = 0; i < 300; i++) {
		if (i == 20)
			before = mallinfo2().uordblks;
		pthread_create(&t, NULL, waits, NULL);
		pthread_cancel(t);
		pthread_join(t, NULL);
	}
	after = mallinfo2().uordblks;
	CHECK(after < before + 4 * MIB, "%zu -> %zu", before, after);
}

int main(int argc, char **argv)
{
	static const struct kt_case cases[] = {
		{ "outside_malloc", outside_malloc },
		{ "any_moment", any_moment },
#ifdef __x86_64__
		{ "inside_malloc", inside_malloc },
#endif
		{ "cancelled", cancelled },
	};

	return kt_run(cases, ARRAY_SIZE(cases), argc, argv);
}
