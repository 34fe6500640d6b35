// SPDX-License-Identifier: MIT
/*
 * shim/ifunc_tls.c - this thread's variables, before ld.so sets them
 *
 * ld.so copies the first values of thread variables when all is relocated. In
 * between, resolvers of objects that are relocated after this library may call
 * malloc (early.c), whose fast path follows kmem_this_owner. So this library
 * has an indirect function of its own. Its resolver runs when the rest of the
 * library has been relocated, before any later object, and puts the first value
 * there. The other variables are zero, which is right: kmem/thread.c gives such
 * a thread no table.
 *
 * In shared libraries alone: a static program calls resolvers before it has
 * thread variables at all.
 *
 * Tests	torture.ifunc
 */
#include "kmem/thread.h"
#include "shim/shim.h"

static void do_nothing(void)
{
}

/* The attribute names it; ld.so calls it. */
__attribute__((used)) static void (*resolve_nothing(void))(void)
{
	kmem_owner_early();
	return do_nothing;
}

static void call_nothing(void) __attribute__((ifunc("resolve_nothing")));

/* A call, so that the linker keeps it. */
__attribute__((constructor)) static void use_indirect(void)
{
	call_nothing();
}
