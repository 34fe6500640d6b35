// SPDX-License-Identifier: MIT
/*
 * shim/start.c - the shim's constructor
 *
 *	ld.so, libc	the first call that allocates starts the engine
 *	constructor	starts it, if the environment has parameters for it
 *	program		the first call that allocates starts the engine; one
 *			that never allocates runs without
 *
 * It runs in the first thread, before the program's own constructors. What the
 * program writes into its environment later is for its children: once the
 * constructor has run, the environment is not read any more.
 *
 * Tests	torture.start, preload.small
 */
#include "kmem/inside.h"
#include "shim/shim.h"
#include "sys/os.h"

static bool is_set(const char *name)
{
	const char *value = os_getenv(name);

	return value && *value;
}

__attribute__((constructor)) static void shim_start(void)
{
	static const struct kmem_aside aside = { .drain = shim_drain };

	kmem_aside_register(&aside);
	if (is_set("KMALLOC_CMDLINE") || is_set("MALLOC_PERTURB_"))
		shim_boot();
	else
		os_getenv_end();
	shim_fork_init();
}
