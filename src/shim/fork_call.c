// SPDX-License-Identifier: MIT
/*
 * shim/fork_call.c - fork() itself
 *
 * It may be called in a signal handler that came between two instructions of a
 * fast path, and handlers of fork, ours and others', may allocate. So the
 * thread's table is out of reach until the real one has returned: then nothing
 * has moved a cursor that the interrupted call has in its registers, neither in
 * the parent nor in the child.
 *
 * Locking	none. Not in the archives: a static program has libc's alone.
 */
#include <dlfcn.h>
#include <errno.h>
#include <unistd.h>

#include "kmem/kmem.h"
#include "shim/shim.h"

typedef pid_t (*fork_function)(void);

static fork_function next_fork; /* all find the same */

/* At the start: dlsym() may allocate, so it is not for a signal handler. */
__attribute__((constructor)) static void find_fork(void)
{
	next_fork = (fork_function)dlsym(RTLD_NEXT, "fork");
}

EXPORT pid_t fork(void)
{
	struct kmem_cpu *cpu;
	pid_t pid;

	if (unlikely(!next_fork))
		find_fork();
	if (unlikely(!next_fork)) {
		errno = ENOSYS;
		return -1;
	}
	cpu = kmem_cpu_put_aside();
	pid = next_fork();
	kmem_cpu_put_back(cpu);
	return pid;
}
