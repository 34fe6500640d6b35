// SPDX-License-Identifier: MIT
/*
 * sys/os_rseq.c - restartable sequences: where glibc's area is, and the fence
 *
 * glibc (from 2.35 on) registers an area of each thread with the kernel. Code
 * that runs between two addresses named there is restarted by the kernel if the
 * thread was preempted, migrated or got a signal (kmem/section.h). This library
 * never registers an area of its own.
 *
 *	thread pointer ----------.	struct rseq of this thread
 *	  + __rseq_offset  ----> [cpu_id_start|cpu_id|rseq_cs       |flags|..]
 *	                          0            4      8              16
 *
 * glibc says that nothing was registered by a size of 0: an old kernel, a
 * tunable, valgrind.
 */
#include <linux/membarrier.h>

#include "sys/os.h"
#include "sys/raw.h"

extern const ptrdiff_t __rseq_offset __attribute__((weak));
extern const unsigned int __rseq_size __attribute__((weak));
extern const unsigned int __rseq_flags __attribute__((weak));

#define RSEQ_SIZE_LEAST 20 /* up to the end of flags */

long os_rseq_offset(void)
{
#ifdef __x86_64__
	if (&__rseq_offset && &__rseq_size && &__rseq_flags &&
	    __rseq_size >= RSEQ_SIZE_LEAST && !__rseq_flags)
		return __rseq_offset;
#endif
	return 0;
}

int os_rseq_fence_allow(void)
{
	return (int)sys3(SYS_membarrier,
			 MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_RSEQ, 0, 0);
}

int os_rseq_fence(unsigned int cpu)
{
	if (cpu == OS_ALL_CPUS)
		return (int)sys3(SYS_membarrier,
				 MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ, 0, 0);
	return (int)sys3(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED_RSEQ,
			 MEMBARRIER_CMD_FLAG_CPU, cpu);
}
