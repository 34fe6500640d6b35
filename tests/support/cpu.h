/* SPDX-License-Identifier: MIT */
/*
 * tests/support/cpu.h - stay on one CPU, so that which lists are met is known
 */
#ifndef TEST_CPU_H
#define TEST_CPU_H

#include <sched.h>

#include "support/check.h"

static inline void pin_to_cpu(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET((size_t)cpu, &set);
	REQUIRE(!sched_setaffinity(0, sizeof(set), &set));
}

/* The CPU that the thread runs on. */
static inline void pin_to_one_cpu(void)
{
	pin_to_cpu(sched_getcpu());
}

/* The first of those that the thread may use; the same one every time. */
static inline void pin_to_first_cpu(void)
{
	cpu_set_t set;
	int cpu = 0;

	REQUIRE(!sched_getaffinity(0, sizeof(set), &set));
	while (!CPU_ISSET((size_t)cpu, &set))
		cpu++;
	pin_to_cpu(cpu);
}

/* The last of them: on a fake machine of two nodes, one of node 1. */
static inline void pin_to_last_cpu(void)
{
	int cpu = CPU_SETSIZE - 1;
	cpu_set_t set;

	REQUIRE(!sched_getaffinity(0, sizeof(set), &set));
	while (!CPU_ISSET((size_t)cpu, &set))
		cpu--;
	pin_to_cpu(cpu);
}

/* Every CPU again. */
static inline void unpin(void)
{
	cpu_set_t set;

	for (size_t cpu = 0; cpu < CPU_SETSIZE; cpu++)
		CPU_SET(cpu, &set);
	REQUIRE(!sched_setaffinity(0, sizeof(set), &set));
}

#endif /* TEST_CPU_H */
