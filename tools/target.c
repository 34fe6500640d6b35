// SPDX-License-Identifier: MIT
/*
 * target.c - what is read of any target
 */
#include <string.h>

#include "target.h"

int target_word(struct target *t, uint64_t at, uint64_t *word)
{
	return t->read(t, at, word, sizeof(*word));
}

/* Piece by piece, since the text may end close to the end of a mapping. */
int target_text(struct target *t, uint64_t at, char *to, size_t size)
{
	size_t used = 0;

	while (used < size - 1) {
		size_t piece = 16 - (at + used) % 16;

		if (piece > size - 1 - used)
			piece = size - 1 - used;
		if (t->read(t, at + used, to + used, piece))
			return -1;
		if (memchr(to + used, '\0', piece))
			return 0;
		used += piece;
	}
	to[used] = '\0';
	return 0;
}
