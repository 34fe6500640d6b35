// SPDX-License-Identifier: MIT
/*
 * backend_slub7.c - the one slab allocator of libkmalloc-preload-slub7: SLUB in
 * the form 7.0
 *
 * Many tests set KMALLOC_CMDLINE themselves. With a library that has this form
 * alone, all of them run on it, and none can miss it.
 */
#include "init.h"
#include "kmem/slab_ops.h"
#include "slub/slub.h"

const struct slab_ops *const km_backends[] = { &slub7_ops, NULL };
