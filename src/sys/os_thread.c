// SPDX-License-Identifier: MIT
/*
 * sys/os_thread.c - threads of our own, for boot parameters that ask for them
 *
 * Signals are for the program's threads, so ours block all of them: a thread
 * inherits the mask of the thread that starts it.
 */
#include <pthread.h>
#include <signal.h>

#include "sys/os.h"

#define STACK_SIZE (256UL << 10) /* shrinkers of the program run on it */

int os_thread_start(void *(*fn)(void *arg), void *arg)
{
	sigset_t all, old;
	pthread_attr_t attr;
	pthread_t thread;
	int ret;

	ret = pthread_attr_init(&attr);
	if (ret)
		return -ret;
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attr, STACK_SIZE);
	sigfillset(&all);
	ret = pthread_sigmask(SIG_SETMASK, &all, &old);
	if (!ret) {
		ret = pthread_create(&thread, &attr, fn, arg);
		pthread_sigmask(SIG_SETMASK, &old, NULL);
	}
	pthread_attr_destroy(&attr);
	return -ret;
}
