// SPDX-License-Identifier: MIT
/*
 * misuse/blocked.c - a fault while every signal is blocked
 *
 * The own stack again. Expect the line, and SIGABRT all the same.
 */
#include "misuse.h"

#include <signal.h>

int main(int argc, char **argv)
{
	_Alignas(16) char local[256];
	sigset_t all;

	REQUIRE(argc == 2, "usage: how");
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, NULL);
	memset(local, 0, sizeof(local));
	return commit(argv[1], hide(local + 64));
}
