/* SPDX-License-Identifier: MIT */
/*
 * torture/ifunc.h - blocks that resolvers of indirect functions got
 *
 *	ifunc_user, bound at once, calls first(): resolved while it is
 *	relocated,
 *		which is before malloc's library is
 *	ifunc, the program, calls second(): resolved after that
 */
#ifndef IFUNC_H
#define IFUNC_H

#include <stddef.h>

enum { MALLOC, CALLOC, REALLOC, LARGE, FREED, NR_BLOCKS };

struct ifunc_blocks {
	unsigned char *block[NR_BLOCKS];
	size_t size[NR_BLOCKS];
	int resolved;
};

struct ifunc_blocks *ifunc_blocks(int which); /* 0: of first() */

int first(void);
int second(void);
int call_first(void);

#endif
