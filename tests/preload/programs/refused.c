// SPDX-License-Identifier: MIT
/*
 * refused.c - requests that no allocator can serve: refused CALL|all COUNT
 *
 * For counting: each kind of request has a function of its own. `refused list`
 * prints their names. none_left is the only one that the kernel must be asked
 * about, and `all` leaves it out.
 */
#include <errno.h>
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static volatile size_t huge = SIZE_MAX - 100, above = (size_t)PTRDIFF_MAX + 5;
static volatile size_t large = (size_t)1 << 51, align = (size_t)1 << 62;
static void *block;

static void *malloc_huge(void)
{
	return malloc(huge);
}

static void *malloc_above(void)
{
	return malloc(above);
}

static void *malloc_large(void)
{
	return malloc(large);
}

static void *calloc_huge(void)
{
	return calloc(1, huge);
}

static void *calloc_overflow(void)
{
	return calloc(large, large);
}

static void *realloc_huge(void)
{
	return realloc(block, huge);
}

static void *realloc_large(void)
{
	return realloc(block, large);
}

static void *reallocarray_overflow(void)
{
	return reallocarray(block, large, large);
}

static void *memalign_huge(void)
{
	return memalign(64, huge);
}

static void *memalign_large(void)
{
	return memalign(64, large);
}

static void *memalign_align(void)
{
	return memalign(align, 16);
}

static void *aligned_alloc_above(void)
{
	return aligned_alloc(64, above);
}

static void *posix_memalign_large(void)
{
	void *p = NULL;

	errno = posix_memalign(&p, 64, large);
	return p;
}

static void *valloc_huge(void)
{
	return valloc(huge);
}

static void *pvalloc_huge(void)
{
	return pvalloc(huge);
}

/* The whole address space, which is never free. */
static void *none_left(void)
{
	return malloc(((size_t)1 << 47) - 4096);
}

static const struct {
	const char *name;
	void *(*call)(void);
} calls[] = {
	{ "malloc_huge", malloc_huge },
	{ "malloc_above", malloc_above },
	{ "malloc_large", malloc_large },
	{ "calloc_huge", calloc_huge },
	{ "calloc_overflow", calloc_overflow },
	{ "realloc_huge", realloc_huge },
	{ "realloc_large", realloc_large },
	{ "reallocarray_overflow", reallocarray_overflow },
	{ "memalign_huge", memalign_huge },
	{ "memalign_large", memalign_large },
	{ "memalign_align", memalign_align },
	{ "aligned_alloc_above", aligned_alloc_above },
	{ "posix_memalign_large", posix_memalign_large },
	{ "valloc_huge", valloc_huge },
	{ "pvalloc_huge", pvalloc_huge },
	{ "none_left", none_left },
};

#define NR_CALLS (sizeof(calls) / sizeof(calls[0]))

static int refuse(size_t i, long count)
{
	while (count-- > 0) {
		errno = 0;
		if (calls[i].call() || errno != ENOMEM) {
			printf("%s: errno %d\n", calls[i].name, errno);
			return 1;
		}
	}
	return 0;
}

int main(int argc, char **argv)
{
	long count = argc > 2 ? strtol(argv[2], NULL, 10) : 1;
	const char *name = argc > 1 ? argv[1] : "";
	int bad = 0, ran = 0;

	block = malloc(16);
	for (size_t i = 0; i < NR_CALLS; i++) {
		if (!strcmp(name, "list") && ++ran)
			puts(calls[i].name);
		else if (!strcmp(name, calls[i].name) ||
			 (!strcmp(name, "all") && calls[i].call != none_left))
			bad |= refuse(i, ++ran ? count : 0);
	}
	free(block);
	return bad || !ran;
}
