/* SPDX-License-Identifier: MIT */
/*
 * tests/support/vmengine.h - vmalloc space in a whole engine, for fork()
 */
#ifndef TEST_VMENGINE_H
#define TEST_VMENGINE_H

#include "init.h"
#include "support/vmtest.h"

static inline int vm_init_last(void)
{
	int ret = kmalloc_init();

	return ret ? ret : vmalloc_init();
}

static inline int vm_engine_start(void)
{
	static const struct km_start how = { NR_CURSORS, 0, vm_init_last,
					     &vmalloc_ops };

	return km_boot(&how);
}

/* As vm_start(), with the handlers of fork(). */
static inline void vm_start_forking(const char *args, const char *backend)
{
	vm_start_by(vm_engine_start, args, backend);
	km_register_fork();
}

#endif
