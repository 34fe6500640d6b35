// SPDX-License-Identifier: MIT
/*
 * core/task.h - what the allocators know of a thread: the kernel's `current`
 *
 *	flags	PF_MEMALLOC_*: what its requests may do, whatever their gfp
 *		says; set and taken back in pairs, so that scopes nest
 *
 * Locking	none: a thread's own
 * Source	Linux v6.12 include/linux/sched.h
 *		(docs/kernel.md G7); the values
 *		are the kernel's
 */
#ifndef KM_CORE_TASK_H
#define KM_CORE_TASK_H

#include "config.h"
#include "sys/compiler.h"

#define PF_MEMALLOC 0x00000800u /* is freeing memory: may use the reserves */
#define PF_KSWAPD 0x00020000u /* it is kswapd */
#define PF_MEMALLOC_NOFS 0x00040000u /* no __GFP_FS */
#define PF_MEMALLOC_NOIO 0x00080000u /* no __GFP_IO, no __GFP_FS */
#define PF_MEMALLOC_PIN 0x10000000u /* no __GFP_MOVABLE */

struct km_memcg;

struct task_struct {
	u32 flags; /* PF_ */
	u32 reclaimed; /* pages that it reclaimed, ever; wraps */
	struct km_memcg *memcg; /* charged for __GFP_ACCOUNT; NULL: none */
	u16 cpu; /* 1 + the CPU that it is made to use; 0: the real one */
	u8 mems_denied; /* nodes that its memory does not come from */
	u8 no_ticks; /* tick_poll() runs none: it reads the clock, or forks */
#if KM_DEBUG
	u32 locks; /* bit n: it has a lock of rank n */
	u16 seen_cpu; /* what smp_cpu() returned last; 0 before */
#else
	union { /* a library's TLS is scarce */
		u32 locks; /* unused */
		u16 seen_cpu;
	};
#endif
};

extern __thread struct task_struct current_task;

#define current (&current_task)

/* Sets flags. Returns those of them that were set before. */
static inline unsigned int task_flags_save(unsigned int flags)
{
	unsigned int old = current->flags & flags;

	current->flags |= flags;
	return old;
}

/* Restores flags; `old` is the result of task_flags_save() of the same. */
static inline void task_flags_restore(unsigned int old, unsigned int flags)
{
	current->flags = (current->flags & ~flags) | old;
}

/* Counts pages that went back to the page allocator or to the OS. */
static inline void mm_account_reclaimed_pages(unsigned long pages)
{
	current->reclaimed += (u32)pages;
}

#endif
