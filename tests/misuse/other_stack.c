// SPDX-License-Identifier: MIT
/*
 * misuse/other_stack.c - an address on the stack of another thread
 *
 * It has used the library, so that its stack is known. Expect "is on a stack".
 */
#include "misuse.h"

#include <pthread.h>

static char *volatile theirs;

static void *thread(void *arg)
{
	_Alignas(16) char local[256];

	(void)arg;
	memset(local, 0, sizeof(local));
	free(hide(malloc(1))); /* now its stack is known */
	theirs = local + 64;
	while (theirs)
		pause();
	return NULL;
}

int main(int argc, char **argv)
{
	pthread_t t;

	REQUIRE(argc == 2, "usage: how");
	pthread_create(&t, NULL, thread, NULL);
	while (!theirs)
		usleep(1000);
	return commit(argv[1], hide(theirs));
}
