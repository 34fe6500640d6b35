// SPDX-License-Identifier: MIT
/*
 * misuse/thread_stack.c - an address on the own stack of a thread that is not
 * main
 *
 * The thread itself frees it. Expect "is on a stack".
 */
#include "misuse.h"

#include <pthread.h>

static void *thread(void *how)
{
	_Alignas(16) char local[256];

	memset(local, 0, sizeof(local));
	exit(commit(how, hide(local + 64)));
}

int main(int argc, char **argv)
{
	pthread_t t;

	REQUIRE(argc == 2, "usage: how");
	pthread_create(&t, NULL, thread, argv[1]);
	pthread_join(t, NULL);
	return MISSED;
}
