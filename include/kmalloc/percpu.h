/* SPDX-License-Identifier: MIT */
/*
 * kmalloc/percpu.h - memory with a copy for every CPU
 *
 *	p = alloc_percpu(long)		p is a cookie, not an address
 *
 *	per_cpu_ptr(p, 0)   per_cpu_ptr(p, 1)   per_cpu_ptr(p, 2)  ...
 *	[ copy of CPU 0 ]   [ copy of CPU 1 ]   [ copy of CPU 2 ]
 *
 * A cookie, a pointer marked __percpu, stands for all the copies at once. It
 * can be compared, stored, moved within the block (p + 1, &p->field) and given
 * to the functions here. To read or write through it is a fault, by design.
 * per_cpu_ptr() makes an address of it, by one addition.
 *
 * CPUs are numbered from 0 to num_possible_cpus() - 1. They are those of the
 * real machine, or those that numa= makes up. A thread may be moved to another
 * CPU at any time, also between this_cpu_ptr() and the use of its result. So
 * threads mostly, but not always, write to different copies. Write with atomic
 * operations.
 *
 * Sizes are in bytes. Every function is thread-safe, and none sets errno. After
 * fork the child has copies of its own. Source: Linux v6.12 mm/percpu.c.
 */
#ifndef KMALLOC_PERCPU_H
#define KMALLOC_PERCPU_H

#include <stddef.h>
#include <stdint.h>

#include <kmalloc/gfp.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* Marks cookies for people who read the code. */
#ifndef __percpu
#define __percpu
#endif

/* Sizes and offsets are multiples of this. */
#define PCPU_MIN_ALLOC_SHIFT 2
#define PCPU_MIN_ALLOC_SIZE (1UL << PCPU_MIN_ALLOC_SHIFT)
/* The largest size, and the distance between the copies of CPU n and n + 1. */
#define PCPU_MIN_UNIT_SIZE (32UL << 10)
/*
 * Added to the address of CPU 0's copy to make a cookie; nothing is mapped
 * there.
 */
#define KM_PERCPU_COOKIE (1UL << 54)

/* Returns how many CPUs there may be; constant. */
unsigned int num_possible_cpus(void);
/* Returns the CPU that this thread runs on, or ran on a moment ago. */
unsigned int raw_smp_processor_id(void);

#define for_each_possible_cpu(cpu) \
	for ((cpu) = 0; (unsigned int)(cpu) < num_possible_cpus(); (cpu)++)

/*
 * Returns a cookie for `size` zeroed bytes (1 to PCPU_MIN_UNIT_SIZE) on every
 * CPU, aligned to `align`, a power of two up to 4096 (below 4: to 4). Returns
 * NULL if there is no memory, or size or align is out of range. That is
 * reported on stderr unless gfp has __GFP_NOWARN.
 *
 * Without __GFP_DIRECT_RECLAIM in gfp, as in GFP_ATOMIC, only memory that is
 * there already is used: no system call, no page fault. The other gfp flags are
 * for metadata, if more is needed.
 */
void __percpu *__alloc_percpu_gfp(size_t size, size_t align, gfp_t gfp);
/* The same with GFP_KERNEL. */
void __percpu *__alloc_percpu(size_t size, size_t align);

#define alloc_percpu_gfp(type, gfp)                                           \
	((type __percpu *)__alloc_percpu_gfp(sizeof(type), __alignof__(type), \
					     (gfp)))
#define alloc_percpu(type) \
	((type __percpu *)__alloc_percpu(sizeof(type), __alignof__(type)))

/*
 * Frees all copies, none of which may be in use. NULL does nothing. A pointer
 * that is no cookie, or was freed, is reported on stderr, and nothing is freed.
 */
void free_percpu(void __percpu *ptr);

/* Returns the bytes of each copy, or 0 for NULL and for what is no cookie. */
size_t pcpu_alloc_size(void __percpu *ptr);
/* Returns the pages of 4096 bytes that all CPUs' copies have together. */
unsigned long pcpu_nr_pages(void);

/* The number to add to a cookie to get the address of a CPU's copy. */
#define per_cpu_offset(cpu) \
	((uintptr_t)(cpu)*PCPU_MIN_UNIT_SIZE - KM_PERCPU_COOKIE)

/* The address of a CPU's copy. `cpu` has to be below num_possible_cpus(). */
#define per_cpu_ptr(ptr, cpu) \
	((__typeof__(ptr))((uintptr_t)(ptr) + per_cpu_offset(cpu)))
/* The copy of the CPU that this thread runs on. */
#define raw_cpu_ptr(ptr) per_cpu_ptr(ptr, raw_smp_processor_id())
#define this_cpu_ptr(ptr) raw_cpu_ptr(ptr)

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif
#endif
