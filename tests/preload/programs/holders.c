// SPDX-License-Identifier: MIT
/*
 * holders.c - two functions that hold memory of 100 bytes until the end
 *
 * For the text alloc_traces, which is to name both: 300 objects of one and 40
 * of the other.
 */
#include <stdlib.h>

static void *held[400];

__attribute__((noinline)) static void hold_many(void)
{
	for (int i = 0; i < 300; i++)
		held[i] = malloc(100);
}

__attribute__((noinline)) static void hold_few(void)
{
	for (int i = 300; i < 340; i++)
		held[i] = malloc(100);
}

int main(void)
{
	hold_many();
	hold_few();
	return !held[339];
}
