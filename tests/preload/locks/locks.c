// SPDX-License-Identifier: MIT
/*
 * locks.c - a workload, and how many small blocks it took
 *
 * Runs the workload that it is linked with, by its arguments. Then prints the
 * number of calls of malloc for up to 1 KiB and what malloc_info() says, with
 * the locks of each cache.
 */
#include <malloc.h>
#include <stdatomic.h>
#include <stdio.h>

#define LOCKS_ITSELF
#include "locks.h"

#define SMALL 1024

static atomic_ulong blocks;

void *counted_malloc(size_t size)
{
	if (size <= SMALL)
		atomic_fetch_add_explicit(&blocks, 1, memory_order_relaxed);
	return malloc(size);
}

int main(int argc, char **argv)
{
	int ret = workload_main(argc, argv);

	printf("blocks %lu\n", atomic_load(&blocks));
	malloc_info(0, stdout);
	return ret;
}
