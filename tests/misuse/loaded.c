// SPDX-License-Identifier: MIT
/*
 * misuse/loaded.c - an address inside a loaded object, of kind ARGV[2]
 *
 * Data, constants and code of ours, data of libc. Expect "is inside a loaded
 * object".
 */
#include "misuse.h"

_Alignas(16) static char bss[64], data[64] = "data";
static const char *literal = "a literal that is long enough to hold an "
			     "address that is a multiple of sixteen";

__attribute__((aligned(16))) static void function(void)
{
	puts("never called");
}

static void *address(const char *kind)
{
	if (!strcmp(kind, "bss"))
		return bss;
	if (!strcmp(kind, "data"))
		return data;
	if (!strcmp(kind, "literal"))
		return (void *)(((uintptr_t)literal + 15) & ~15UL);
	if (!strcmp(kind, "function"))
		return (void *)function;
	return (void *)(((uintptr_t)stdout + 15) & ~15UL);
}

int main(int argc, char **argv)
{
	REQUIRE(argc == 3, "usage: how bss|data|literal|function|libc");
	return commit(argv[1], hide(address(argv[2])));
}
