// SPDX-License-Identifier: MIT
/*
 * batch.c - N rounds of many objects of malloc-256, for counting instructions
 *
 *	batch ORDER N
 *
 * Of 8192 blocks seven of eight are freed and allocated again in each round;
 * the others keep the slabs. So whole sheaves go to the slabs and come from
 * there. ORDER is rising, as they were allocated, or shuffled.
 */
#include <stdlib.h>
#include <string.h>

#define BLOCKS 8192

static void *blocks[BLOCKS];
static unsigned int order[BLOCKS];

static void shuffle_order(void)
{
	unsigned long seed = 1;

	for (unsigned int i = BLOCKS - 1; i; i--) {
		unsigned int j, saved = order[i];

		seed = seed * 6364136223846793005UL + 1442695040888963407UL;
		j = (unsigned int)(seed >> 33) % (i + 1);
		order[i] = order[j];
		order[j] = saved;
	}
}

int main(int argc, char **argv)
{
	long rounds = argc > 2 ? strtol(argv[2], NULL, 10) : 1;

	for (unsigned int i = 0; i < BLOCKS; i++) {
		order[i] = i;
		blocks[i] = malloc(256);
	}
	if (argc > 1 && !strcmp(argv[1], "shuffled"))
		shuffle_order();
	while (rounds-- > 0) {
		for (unsigned int i = 0; i < BLOCKS; i++)
			if (order[i] % 8)
				free(blocks[order[i]]);
		for (unsigned int i = 0; i < BLOCKS; i++)
			if (i % 8)
				blocks[i] = malloc(256);
	}
	return 0;
}
