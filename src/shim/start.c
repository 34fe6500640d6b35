// SPDX-License-Identifier: MIT
/*
 * shim/start.c - the shim's constructor, for a program that has not called yet
 *
 * It runs in the first thread, before the program's own constructors. The
 * engine has usually started by then: ld.so and libc call malloc earlier.
 *
 * Tests	torture.start
 */
#include "kmem/inside.h"
#include "shim/shim.h"

__attribute__((constructor)) static void shim_start(void)
{
	static const struct kmem_aside aside = { .drain = shim_drain };

	kmem_aside_register(&aside);
	shim_boot();
	shim_fork_init();
}
