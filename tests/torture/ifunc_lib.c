// SPDX-License-Identifier: MIT
/*
 * torture/ifunc_lib.c - two indirect functions whose resolvers use malloc
 *
 * They call nothing else, for it may not be there yet.
 */
#include "ifunc.h"

#include <stdlib.h>

static struct ifunc_blocks blocks[2];

struct ifunc_blocks *ifunc_blocks(int which)
{
	return &blocks[which];
}

static void fill(unsigned char *p, size_t n, int with)
{
	for (size_t i = 0; p && i < n; i++) {
		p[i] = (unsigned char)(with + (int)i);
		__asm__ volatile("" ::: "memory");
	}
}

static void take(struct ifunc_blocks *b)
{
	unsigned char *p;

	b->size[MALLOC] = 100;
	b->block[MALLOC] = malloc(100);
	fill(b->block[MALLOC], 100, MALLOC);

	b->size[CALLOC] = 3000;
	b->block[CALLOC] = calloc(3, 1000);

	p = malloc(10);
	fill(p, 10, REALLOC);
	b->size[REALLOC] = 1000;
	b->block[REALLOC] = realloc(p, 1000);

	b->size[LARGE] = 20000;
	b->block[LARGE] = realloc(NULL, 20000);
	fill(b->block[LARGE], 20000, LARGE);

	p = malloc(64);
	free(p);
	free(NULL);
	b->block[FREED] = p;
	b->resolved++;
}

static int answer_1(void)
{
	return 1;
}

static int answer_2(void)
{
	return 2;
}

/* Named by the attributes below. */
__attribute__((used)) static int (*resolve_first(void))(void)
{
	take(&blocks[0]);
	return answer_1;
}

__attribute__((used)) static int (*resolve_second(void))(void)
{
	take(&blocks[1]);
	return answer_2;
}

int first(void) __attribute__((ifunc("resolve_first")));
int second(void) __attribute__((ifunc("resolve_second")));
