// SPDX-License-Identifier: MIT
/*
 * backend_slab.c - the one slab allocator of a library that has SLAB alone
 *
 * Tests	each test of the preload library on SLAB: conformance.rows
 */
#include "init.h"
#include "kmem/slab_ops.h"
#include "slab/slab.h"

const struct slab_ops *const km_backends[] = { &slab_ops, NULL };
