// SPDX-License-Identifier: MIT
/*
 * kmem/forked.h - what the ticks of a parent leave alone
 */
#ifndef KM_KMEM_FORKED_H
#define KM_KMEM_FORKED_H

#include "sys/compiler.h"

/* So long a child is taken to live, from its parent's next tick on. */
#define KMEM_CHILD_MS 10000UL

/* The process has a child. */
void kmem_forked_parent(void);
/*
 * Returns true if ticks are to leave slabs alone, which a child may share. The
 * tick is the caller.
 */
bool kmem_forked_holds(void);

#endif
