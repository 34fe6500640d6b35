// SPDX-License-Identifier: MIT
/*
 * churn.c - sizes from 1 byte to 24 MiB allocated, grown and freed
 *
 * A few blocks first, so that the library has started; then it writes the line
 * "churn" with one system call, so that a trace shows where the start ends.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SLOTS = 512 };

static void *slot[SLOTS];

static void churn(int rounds)
{
	unsigned long x = 2463534242UL;

	for (int i = 0; i < rounds; i++) {
		void **p;
		size_t size;

		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		p = &slot[x % SLOTS];
		size = 1UL << ((x >> 20) % 16);
		if (i % 64 == 0)
			size = 1UL << (16 + (x >> 20) % 8);
		size += (x >> 32) % size;
		if (x % 3) {
			free(*p);
			*p = calloc(1, size);
		} else {
			*p = realloc(*p, size);
		}
		if (!*p)
			exit(1);
		memset(*p, 1, size < 4096 ? size : 4096);
	}
}

int main(void)
{
	churn(20);
	if (write(STDOUT_FILENO, "churn\n", 6) != 6)
		return 2;
	churn(20000);
	for (int i = 0; i < SLOTS; i++) {
		free(slot[i]);
		slot[i] = NULL;
	}
	churn(2000);
	return 0;
}
