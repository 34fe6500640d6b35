// SPDX-License-Identifier: MIT
/*
 * kmem/thread.h - threads that get a table of cursors, and threads that end
 */
#ifndef KM_KMEM_THREAD_H
#define KM_KMEM_THREAD_H

#include "kmem/kmem.h"

/*
 * Returns this thread's table, made if it has none. Returns NULL if there is no
 * memory, or the thread is ending.
 */
struct kmem_owner *kmem_owner_get(void);
/* For a thread whose variables are still zero: lets every cursor miss. */
void kmem_owner_early(void);
/* Checks OWNER2 (thread.c); aborts on a fault. */
void kmem_owners_check(void);
/* In the child of fork: flushes the tables of threads that are not there. */
void kmem_owners_fork_child(void);

#endif
