// SPDX-License-Identifier: MIT
/*
 * kmem/fork.h - the locks of object caches around fork()
 */
#ifndef KM_KMEM_FORK_H
#define KM_KMEM_FORK_H

/* Takes every lock of this room and the backend, in rank order. */
void kmem_fork_take(void);
/* Releases them, in the parent and in the child. */
void kmem_fork_release(void);

#endif
