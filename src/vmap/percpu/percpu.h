// SPDX-License-Identifier: MIT
/*
 * vmap/percpu/percpu.h - what other rooms call of percpu memory
 *
 * The functions for callers are in <kmalloc/percpu.h>.
 */
#ifndef KM_VMAP_PERCPU_PERCPU_H
#define KM_VMAP_PERCPU_PERCPU_H

/*
 * Only the API library has percpu memory: it calls this at its start. Returns 0
 * or -ENOMEM; a later call goes on where this one failed.
 */
int percpu_init(void);
/* Locks and unlocks all of it, in the thread that forks. */
void percpu_fork_take(void);
void percpu_fork_release(void);
/* Checks PCPU1 to PCPU7. No thread is in the allocator meanwhile. */
void percpu_check(void);

#endif
