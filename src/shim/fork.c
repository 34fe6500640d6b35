// SPDX-License-Identifier: MIT
/*
 * shim/fork.c - handlers of fork() in a program that this malloc serves
 *
 * libc's fork runs the prepare handlers, then takes locks of its own. A thread
 * that holds one of those may be waiting for a lock of ours. So before our
 * locks we take libc's list of streams, which fflush(NULL) holds while it waits
 * for a stream whose holder allocates:
 *
 *	prepare	list of streams, gate, locks of the engine	| libc's locks
 *	parent	locks of the engine, gate, list of streams	| before it
 *	child	locks of the engine, gate			| libc resets
 *
 * libc takes the list only if there is more than one thread, and frees it in
 * the child only if it took it. This library takes it in the same case, and
 * lets libc free it. For its other locks, and those of handlers that were
 * registered before ours, there is the gate (kmem/inside.h): a thread that
 * holds one and calls malloc is served aside. The shared libraries are marked
 * to be initialized first, so that handlers of ours are registered first and
 * prepare last.
 *
 * Tests	torture.fork, torture.fork_lock, torture.fork_stdio
 */
#include "init.h"
#include "kmem/inside.h"
#include "reclaim/reclaim.h"
#include "shim/shim.h"
#include "shim/trace.h"
#include "sys/os.h"

extern void _IO_list_lock(void) __attribute__((weak));
extern void _IO_list_unlock(void) __attribute__((weak));

static void *streams_owner; /* the thread for which we took it; it is held */
static unsigned int streams_depth; /* how often; written by the owner */

static void shim_fork_prepare(void)
{
	if (shim_many_threads() && &_IO_list_lock && &_IO_list_unlock) {
		_IO_list_lock();
		WRITE_ONCE(streams_owner, __builtin_thread_pointer());
		streams_depth++;
	}
	km_fork_prepare();
}

static void shim_fork_parent(void)
{
	km_fork_parent();
	if (READ_ONCE(streams_owner) == __builtin_thread_pointer()) {
		if (!--streams_depth)
			WRITE_ONCE(streams_owner, (void *)NULL);
		_IO_list_unlock();
	}
	if (!kmem_is_inside())
		shim_drain();
}

static void shim_fork_child(void)
{
	km_fork_child();
	trace_fork_child();
	streams_owner = NULL;
	streams_depth = 0;
	if (!kmem_is_inside())
		shim_drain();
}

void shim_fork_init(void)
{
	kswapd_allow_threads();
	os_at_fork(shim_fork_prepare, shim_fork_parent, shim_fork_child);
}
