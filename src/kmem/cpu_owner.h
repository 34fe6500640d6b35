// SPDX-License-Identifier: MIT
/*
 * kmem/cpu_owner.h - tables of cursors that belong to CPUs: percpu=rseq, auto
 *
 * Each of these does nothing where the owners are threads.
 */
#ifndef KM_KMEM_CPU_OWNER_H
#define KM_KMEM_CPU_OWNER_H

#include "kmem/kmem.h"

/*
 * Makes CPUs the owners, alone or for all threads but the first ones, before a
 * thread has a table. Returns 0, or -errno and the owners are threads.
 */
int kmem_cpu_owners_start(bool alone);
/*
 * Makes a table for the CPU we run on, and in it the slot of a cache. Returns
 * false if it has both, or there is no memory.
 */
bool kmem_cpu_owner_make(struct kmem_cache *s);
/*
 * Frees the objects of all CPUs to the slabs. Returns false if the fence was
 * refused: kmem_hand_flush() then does it for this CPU.
 */
bool kmem_cpu_owners_flush(void);
/*
 * Frees those of slots that were not used since the last call, or whose cache
 * was shrunk since.
 */
void kmem_cpu_owners_flush_idle(void);
/* Frees those of one cache. */
void kmem_cpu_owners_flush_cache(struct kmem_cache *s);
/* Checks SHEAF1 to SHEAF3 of all; aborts on a fault. */
void kmem_cpu_owners_check(void);
/*
 * Hides all tables for a child of vfork(), until the parent calls _unhide().
 * Returns false if they cannot be hidden.
 */
bool kmem_cpu_owners_hide(void);
void kmem_cpu_owners_unhide(void);
/* Hides all tables before fork(), with kmem_owners_lock held. */
void kmem_cpu_owners_fork_take(void);
/* Shows them again, in parent and child. */
void kmem_cpu_owners_fork_release(void);
/* The child: drops what may have been torn. Before _fork_release(). */
void kmem_cpu_owners_fork_child(void);

#endif
