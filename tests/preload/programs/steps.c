// SPDX-License-Identifier: MIT
/*
 * steps.c - counts the instructions of malloc and free by stepping
 *
 *	steps N			prints those of a pair, for N pairs of 64 bytes
 *	steps N calloc|aligned	by calloc(), or aligned_alloc(), and free()
 *
 * For percpu=rseq, which valgrind does not have. A section that is stepped
 * through would be restarted for ever, so rseq is given up meanwhile.
 */
#include <stdio.h>
#include <stdlib.h>

#ifdef __x86_64__
#include "support/cpu.h"
#include "support/rseq.h"

static long pairs;

static __attribute__((noinline)) void by_malloc(void)
{
	for (long i = 0; i < pairs; i++) {
		void *volatile p = malloc(64);

		free(p);
	}
}

static __attribute__((noinline)) void by_calloc(void)
{
	for (long i = 0; i < pairs; i++) {
		void *volatile p = calloc(1, 64);

		free(p);
	}
}

static __attribute__((noinline)) void by_aligned(void)
{
	for (long i = 0; i < pairs; i++) {
		void *volatile p = aligned_alloc(32, 64);

		free(p);
	}
}

static void (*function_named(const char *name))(void)
{
	if (!strcmp(name, "calloc"))
		return by_calloc;
	return strcmp(name, "aligned") ? by_malloc : by_aligned;
}

int main(int argc, char **argv)
{
	void (*run)(void) = function_named(argc > 2 ? argv[2] : "");
	unsigned long none;

	pin_to_first_cpu();
	rseq_steps_init();
	pairs = 100;
	run();
	pairs = 0;
	rseq_walk(run, (unsigned int)sched_getcpu());
	none = rseq_steps.all;
	pairs = argc > 1 ? atol(argv[1]) : 100;
	rseq_walk(run, (unsigned int)sched_getcpu());
	printf("%ld\n", ((long)(rseq_steps.all - none) + pairs / 2) / pairs);
	return 0;
}
#else
int main(void)
{
	return 77;
}
#endif
