// SPDX-License-Identifier: MIT
/*
 * backend_slub.c - the one slab allocator of a library that has SLUB alone
 *
 * Tests	each test of the preload library: conformance.rows
 */
#include "init.h"
#include "kmem/slab_ops.h"
#include "slub/slub.h"

const struct slab_ops *const km_backends[] = { &slub_ops, &slub7_ops, NULL };
