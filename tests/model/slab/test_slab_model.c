// SPDX-License-Identifier: MIT
/*
 * test_slab_model.c - SLAB beside an oracle: tests/support/cache_model.h
 */
#include "kmem/slab_ops.h"
#include "slab/slab.h"
#include "support/cache_model.h"

int main(void)
{
	return cache_model_main(&slab_ops);
}
