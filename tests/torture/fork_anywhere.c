// SPDX-License-Identifier: MIT
/*
 * torture/fork_anywhere.c - fork() in a handler that came in the middle of
 * malloc
 *
 * Every kind of call, on the preload libraries: a hit, refill and flush, page
 * runs, areas, realloc, ticks, and fork itself. Expect parent and child to
 * finish the call that was interrupted, and all blocks to have one owner.
 */
#include "fork_steps.h"

static void prove(void)
{
}

int main(int argc, char **argv)
{
	kt_prove_library();
	return fork_steps(argc > 1 ? argv[1] : NULL);
}
