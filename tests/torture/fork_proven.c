// SPDX-License-Identifier: MIT
/*
 * torture/fork_proven.c - the same as fork_anywhere.c, with the engine in reach
 *
 * The program is linked with the shim. Expect the structures of all rooms to
 * pass their own check in each child, and in the parent after each kind of
 * call.
 */
#include "fork_steps.h"
#include "shim/shim.h"

static void prove(void)
{
	km_check_all();
}

int main(int argc, char **argv)
{
	return fork_steps(argc > 1 ? argv[1] : NULL);
}
