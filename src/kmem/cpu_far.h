// SPDX-License-Identifier: MIT
/*
 * kmem/cpu_far.h - far slots in the tables of CPUs
 *
 * kmem_owners_lock is held in each call but kmem_cpu_far_make().
 */
#ifndef KM_KMEM_CPU_FAR_H
#define KM_KMEM_CPU_FAR_H

#include "kmem/kmem.h"

/*
 * Makes the far slot of a cache in the table of a CPU, hidden. Returns false if
 * it was made before, or there is no memory.
 */
bool kmem_cpu_far_make(struct kmem_owner *table, struct kmem_cache *s);
/* Lets sections on this CPU miss every far slot. */
void __kmem_cpu_far_hide(unsigned int cpu);
/* Lets them find the far slots of the CPU's table. */
void __kmem_cpu_far_show(unsigned int cpu, const struct kmem_owner *table);
/* Checks CPU3 (cpu_far.c) for a CPU; aborts on a fault. */
void __kmem_cpu_far_check(unsigned int cpu, const struct kmem_owner *table);

#endif
