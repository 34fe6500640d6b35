// SPDX-License-Identifier: MIT
/*
 * torture/early_helper.c - a library that allocates as early as it can
 *
 * It is preloaded ahead of malloc's library: its constructor of the highest
 * priority and the resolver of an indirect function run before any of malloc's.
 */
#include <stdlib.h>
#include <string.h>

void *early_block(int which);
void *early_resolved(void);

static void *blocks[4];

static void *impl(void)
{
	return blocks[3];
}

/* Resolvers run during relocation: nothing of malloc may be called here. */
__attribute__((used)) static void *(*resolve(void))(void)
{
	return impl;
}

void *early_resolved(void) __attribute__((ifunc("resolve")));

void *early_block(int which)
{
	return blocks[which];
}

__attribute__((constructor(101))) static void first(void)
{
	static const size_t sizes[4] = { 40, 50000, 5 << 20, 1000 };

	for (int i = 0; i < 4; i++) {
		blocks[i] = malloc(sizes[i]);
		if (blocks[i])
			memset(blocks[i], i + 1, sizes[i]);
		free(calloc(3, sizes[i]));
	}
	blocks[3] = realloc(blocks[3], 100000);
}
