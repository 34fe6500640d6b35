/* SPDX-License-Identifier: MIT */
/*
 * locks.h - counts the blocks of a workload of bench/workloads
 *
 * That file is compiled with this one in front (-include), and linked to
 * locks.c.
 */
#ifndef PRELOAD_LOCKS_H
#define PRELOAD_LOCKS_H

#include <stdlib.h>

void *counted_malloc(size_t size);
int workload_main(int argc, char **argv);

#ifndef LOCKS_ITSELF
#define malloc counted_malloc
#define main workload_main
#endif

#endif
