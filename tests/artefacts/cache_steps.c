// SPDX-License-Identifier: MIT
/*
 * cache_steps.c CACHES - creates so many caches, then prints the instructions
 * that an object of the last one costs, taken and given back, by stepping
 *
 * For percpu=rseq, which valgrind does not have. A section that is stepped
 * through would be restarted for ever, so rseq is given up meanwhile.
 */
#include <stdio.h>
#include <stdlib.h>

#include <kmalloc/kmalloc.h>

#ifdef __x86_64__
#include "support/cpu.h"
#include "support/rseq.h"

#define PAIRS 200

static struct kmem_cache *s;
static long pairs;

static __attribute__((noinline)) void run(void)
{
	for (long i = 0; i < pairs; i++) {
		void *volatile obj = kmem_cache_alloc(s, GFP_KERNEL);

		kmem_cache_free(s, obj);
	}
}

static unsigned long steps(long nr)
{
	pairs = nr;
	rseq_walk(run, (unsigned int)sched_getcpu());
	return rseq_steps.all;
}

int main(int argc, char **argv)
{
	int caches = argc > 1 ? atoi(argv[1]) : 1;
	unsigned long none;

	for (int i = 0; i < caches; i++) {
		s = kmem_cache_create("steps", 104, 0, SLAB_NO_MERGE, NULL);
		if (!s)
			return 1;
	}
	pin_to_first_cpu();
	rseq_steps_init();
	pairs = PAIRS;
	run();
	none = steps(0);
	printf("%lu\n", (steps(PAIRS) - none + PAIRS / 2) / PAIRS);
	return 0;
}
#else
int main(void)
{
	return 77;
}
#endif
