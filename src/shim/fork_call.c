// SPDX-License-Identifier: MIT
/*
 * shim/fork_call.c - fork() itself
 *
 * A signal handler that interrupted a fast path may call fork(), and fork
 * handlers, ours and others', may allocate. So the thread's table is out of
 * reach until libc's fork() has returned. Then no cursor has moved that the
 * interrupted call holds in registers, neither in the parent nor in the child.
 *
 * Locking	none. Not in the archives: a static program has libc's alone.
 * Tests	torture.fork_anywhere
 */
#include <dlfcn.h>
#include <errno.h>
#include <unistd.h>

#include "kmem/kmem.h"
#include "kmem/owner.h"
#include "shim/shim.h"

typedef pid_t (*fork_function)(void);

static fork_function next_fork; /* all find the same */

/* At the start, since dlsym() may allocate and fork() may be in a handler. */
__attribute__((constructor)) static void find_fork(void)
{
	next_fork = (fork_function)dlsym(RTLD_NEXT, "fork");
}

EXPORT pid_t fork(void)
{
	struct kmem_owner *owner;
	pid_t pid;

	if (unlikely(!next_fork))
		find_fork();
	if (unlikely(!next_fork)) {
		errno = ENOSYS;
		return -1;
	}
	owner = kmem_owner_put_aside();
	pid = next_fork();
	kmem_owner_put_back(owner);
	return pid;
}
