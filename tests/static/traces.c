// SPDX-License-Identifier: MIT
/*
 * static/traces.c - a static program that allocates before and after libc's
 * start
 *
 *	traces [overflow]
 *
 * first_of_all() runs from the preinit array, before any constructor, and
 * later_on() from main(): these names are what a trace of their blocks must
 * have. With an argument each writes one byte behind its block.
 */
#define KT_STATIC
#include "support/program.h"

static char *blocks[2];
static int refused;

#define KEEP() __asm__ volatile("" ::: "memory")

__attribute__((noinline)) static void take(int which)
{
	void *large = malloc(200 * KIB);

	blocks[which] = malloc(64);
	refused += !large + !blocks[which];
	if (large)
		memset(large, 1, 200 * KIB);
	KEEP();
}

__attribute__((noinline)) static void first_of_all(void)
{
	take(0);
	KEEP();
}

__attribute__((noinline)) static void later_on(void)
{
	take(1);
	KEEP();
}

static void early(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	first_of_all();
}

typedef void (*hook)(int, char **);
__attribute__((section(".preinit_array"),
	       used)) static const hook preinit = early;

int main(int argc, char **argv)
{
	(void)argv;
	later_on();
	if (argc > 1)
		for (int i = 0; i < 2; i++)
			((char *)hide(blocks[i]))[64] = 'x';
	for (int i = 0; i < 2; i++)
		free(blocks[i]);
	dprintf(1, "refused=%d\n", refused);
	return 0;
}
