// SPDX-License-Identifier: MIT
/*
 * misuse/odd_next.c - an allocator behind ours whose blocks are 8-byte aligned
 *
 * Linked with odd.c: what our library passes on comes here before it comes to
 * libc. Blocks are cut from one mapping, and counted.
 */
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>

void *odd_take(void);
int odd_frees(void);
void free(void *p);
void *realloc(void *p, size_t size);
size_t malloc_usable_size(void *p);

#define MAPPED 65536UL

static char *start, *next;
static int frees;

/* 24 bytes at an address that 8 divides and 16 does not. */
void *odd_take(void)
{
	if (!start) {
		start = mmap(NULL, MAPPED, PROT_READ | PROT_WRITE,
			     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		next = start + 8;
	}
	next += 32;
	return next - 32;
}

int odd_frees(void)
{
	return frees;
}

static int mine(const char *p)
{
	return start && p >= start && p < start + MAPPED;
}

void free(void *p)
{
	if (mine(p))
		frees++;
}

void *realloc(void *p, size_t size)
{
	void *q = odd_take();

	(void)size;
	memcpy(q, p, 24);
	free(p);
	return q;
}

size_t malloc_usable_size(void *p)
{
	return mine(p) ? 24 : 0;
}
