// SPDX-License-Identifier: MIT
/*
 * sys/os_thread.c - threads of our own, and what libc tells of all threads
 *
 * Signals are for the program's threads, so ours block all of them: a thread
 * inherits the mask of the thread that starts it.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>

#include "sys/os.h"

_Static_assert(sizeof(pthread_key_t) == sizeof(u32), "a key is a number");

int os_thread_exit_key(u32 *key, void (*fn)(void *value))
{
	return -pthread_key_create(key, fn);
}

int os_thread_exit_set(u32 key, void *value)
{
	return -pthread_setspecific(key, value);
}

int os_thread_stack(uintptr_t *low, uintptr_t *high)
{
	pthread_attr_t attr;
	size_t size = 0;
	void *base = NULL;
	int ret;

	ret = pthread_getattr_np(pthread_self(), &attr);
	if (ret)
		return -ret;
	pthread_attr_getstack(&attr, &base, &size);
	pthread_attr_destroy(&attr);
	*low = (uintptr_t)base;
	*high = *low + size;
	return size ? 0 : -ENOENT;
}

int os_at_fork(void (*prepare)(void), void (*parent)(void), void (*child)(void))
{
	return -pthread_atfork(prepare, parent, child);
}

int os_thread_start(void *(*fn)(void *arg), void *arg, size_t stack)
{
	sigset_t all, old;
	pthread_attr_t attr;
	pthread_t thread;
	int ret;

	ret = pthread_attr_init(&attr);
	if (ret)
		return -ret;
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	if (stack)
		pthread_attr_setstacksize(&attr, stack);
	sigfillset(&all);
	ret = pthread_sigmask(SIG_SETMASK, &all, &old);
	if (!ret) {
		ret = pthread_create(&thread, &attr, fn, arg);
		pthread_sigmask(SIG_SETMASK, &old, NULL);
	}
	pthread_attr_destroy(&attr);
	return -ret;
}
