// SPDX-License-Identifier: MIT
/*
 * kmem/owner.h - which thread has which table of cursors
 */
#ifndef KM_KMEM_OWNER_H
#define KM_KMEM_OWNER_H

#include "kmem/kmem.h"

/* The list of owners, and what its owner may not change alone. */
extern spinlock_t kmem_owners_lock;
/*
 * Set in the child of fork. Objects that other threads were moving are counted
 * as in use but are on no list.
 */
extern bool kmem_threads_lost;
/* So many threads may have tables. Constant after the start. */
extern unsigned int kmem_threads_most;
/* Returns this thread's table, or NULL if it has none; takes no memory. */
struct kmem_owner *kmem_owner_here(void);
/*
 * Takes this thread's table away, so that every cursor misses. Returns it. No
 * nested call then moves a cursor that an interrupted fast path has in its
 * registers.
 */
struct kmem_owner *kmem_owner_put_aside(void);
/* Puts a table back that was put aside. */
void kmem_owner_put_back(struct kmem_owner *owner);
/* Asks every owner to flush its idle slots. */
void kmem_owners_request(void);
/* Returns true if the stack of any owner lies in [start, end). */
bool kmem_owners_stack_in(uintptr_t start, uintptr_t end);
/* Returns how many owners there are, threads or CPUs. */
unsigned int kmem_owners_number(void);

#endif
