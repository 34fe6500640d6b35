/* SPDX-License-Identifier: MIT */
/*
 * tests/support/percpu.h - percpu memory over the backend of backend.h
 */
#ifndef TEST_PERCPU_H
#define TEST_PERCPU_H

#include "support/backend.h"
#include "sys/os.h"
#include "vmap/percpu/internal.h"

#define QUIETLY (GFP_KERNEL | __GFP_NOWARN)

static inline void start_percpu(const char *cmdline)
{
	REQUIRE(!start_vmap(cmdline));
	REQUIRE(!percpu_init());
}

/* Q1 to Q7, and V1 to V4 under them. */
static inline void check_percpu(void)
{
	percpu_check();
	check_space();
}

/* The chunk of a cookie, and where it lies in there. */
static inline struct pcpu_chunk *chunk_of(const void *ptr)
{
	struct pcpu_chunk *chunk;

	spin_lock(&pcpu_lock);
	chunk = pcpu_chunk_addr_search(per_cpu_ptr(ptr, 0));
	spin_unlock(&pcpu_lock);
	REQUIRE(chunk);
	return chunk;
}

static inline size_t offset_of(const void *ptr)
{
	return (size_t)((const char *)per_cpu_ptr(ptr, 0) -
			chunk_of(ptr)->base_addr);
}

/* Is every byte of every copy `value`? */
static inline bool copies_hold(const void *ptr, size_t size, int value)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu)
	{
		const unsigned char *p = per_cpu_ptr(ptr, cpu);

		for (size_t at = 0; at < size; at++)
			if (p[at] != value)
				return false;
	}
	return true;
}

static inline void fill_copies(void *ptr, size_t size, int value)
{
	unsigned int cpu;

	for_each_possible_cpu(cpu) memset(per_cpu_ptr(ptr, cpu), value, size);
}

#endif
