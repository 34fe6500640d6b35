/* SPDX-License-Identifier: MIT */
/*
 * kmalloc/percpu.h - memory of which every CPU has its own copy
 *
 *	p = alloc_percpu(long)		p is a cookie, not an address
 *
 *	per_cpu_ptr(p, 0)   per_cpu_ptr(p, 1)   per_cpu_ptr(p, 2)  ...
 *	[ copy of CPU 0 ]   [ copy of CPU 1 ]   [ copy of CPU 2 ]
 *
 * What __alloc_percpu() returns, a pointer marked __percpu, stands for all the
 * copies at once. It can be compared, stored, moved within the block (p + 1,
 * &p->field) and given to the functions here; to read or write through it is a
 * fault, by design. per_cpu_ptr() makes an address of it, by one addition.
 *
 * CPUs are numbered from 0 to num_possible_cpus() - 1, as of the machine that
 * libkmalloc knows: that is the real one, unless numa= makes one up. A thread
 * may be moved to another CPU at any time, also between this_cpu_ptr() and the
 * use of what it gives: copies keep threads apart most of the time, so that
 * writing to them is cheap, and never always. Write with atomic operations.
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

/* Marks cookies, for readers. */
#ifndef __percpu
#define __percpu
#endif

/* Sizes and offsets are multiples of this. */
#define PCPU_MIN_ALLOC_SHIFT 2
#define PCPU_MIN_ALLOC_SIZE (1UL << PCPU_MIN_ALLOC_SHIFT)
/* The largest size, and how far the copies of two neighbouring CPUs are apart. */
#define PCPU_MIN_UNIT_SIZE (32UL << 10)
/* A cookie is the address of CPU 0's copy and this; nothing is mapped there. */
#define KM_PERCPU_COOKIE (1UL << 54)

/* How many CPUs there may be; constant. */
unsigned int num_possible_cpus(void);
/* The number of the CPU that this thread runs on, or ran on a moment ago. */
unsigned int raw_smp_processor_id(void);

#define for_each_possible_cpu(cpu) \
	for ((cpu) = 0; (unsigned int)(cpu) < num_possible_cpus(); (cpu)++)

/*
 * `size` bytes (1 to PCPU_MIN_UNIT_SIZE) for every CPU, zeroed, and aligned to
 * `align`, a power of two up to 4096; what is below 4 means 4. A cookie, or
 * NULL: there is no memory, or size or align cannot be, which is said on
 * stderr unless gfp has __GFP_NOWARN.
 * Without __GFP_DIRECT_RECLAIM in gfp, as in GFP_ATOMIC, it is served from
 * memory that is there already: no system call, no page fault, and NULL if that
 * does not do. The other gfp flags go to the allocation of what describes the
 * memory, if there has to be more.
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
 * Give it back; nobody may use any of the copies. NULL: nothing. What is no
 * cookie of ours, or was freed, is named on stderr, and nothing is freed.
 */
void free_percpu(void __percpu *ptr);

/* The bytes that a cookie of __alloc_percpu() stands for; 0: NULL, or none. */
size_t pcpu_alloc_size(void __percpu *ptr);
/* Pages of 4096 bytes that are there for all this, of all CPUs together. */
unsigned long pcpu_nr_pages(void);

/* From a cookie to the address of a CPU's copy; the sum is this. */
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
