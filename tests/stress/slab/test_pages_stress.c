// SPDX-License-Identifier: MIT
/*
 * test_pages_stress.c - tests/support/pages_stress.h on SLAB
 */
#include "kmem/kmalloc.h"
#include "slab/slab.h"
#include "support/pages_stress.h"

static int start_slab(void **state)
{
	(void)state;
	return arena_init() || page_alloc_init(0) ||
	       kmem_init(&slab_ops, NR_CURSORS) || kmalloc_init();
}

int main(void)
{
	return pages_stress_main(start_slab);
}
