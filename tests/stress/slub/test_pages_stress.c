// SPDX-License-Identifier: MIT
/*
 * test_pages_stress.c - tests/support/pages_stress.h on SLUB, in both forms
 */
#include "support/form.h"
#include "support/pages_stress.h"

static int start_slub(void **state)
{
	(void)state;
	if (arena_init() || page_alloc_init(0) ||
	    kmem_init(form_ops(), NR_CURSORS))
		return -1;
	kmem_start_sheaves();
	return 0;
}

int main(void)
{
	return pages_stress_main(start_slub);
}
