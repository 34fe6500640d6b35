// SPDX-License-Identifier: MIT
/*
 * misuse/table/mallocs.c - three mallocs, so that every row of the table can
 * have another result
 *
 * Preloaded in place of the library, one of them by the environment's
 * MISUSE_MALLOC:
 *
 *	trusting	hands out again what was freed last, whatever it is; the
 *			size in front of it is believed, and so is the address
 *			of the next free block in it. No size fits each request;
 *			the size is written to the end of a free block too
 *	keeping		takes nothing back; blocks touch each other
 *	fencing		the same, but what is freed faults from then on, and so
 *			does a page behind each block
 *
 *	trusting   |size|block      |size|block      |
 *	keeping    |block      |block      |
 *	fencing    |.......block|XXXXXXXXXXXX|.......block|XXXXXXXXXXXX|
 *
 * The test misuse.table.can_fail.* wants for each row a result, under one of
 * them or in the table, that differs from the others.
 */
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define PAGE 4096UL
#define SPAN (1UL << 30)
#define CLASSES 4096 /* of 16 bytes; what is larger shares the last */

static enum { TRUSTING, KEEPING, FENCING } form = TRUSTING;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char *base, *next;
static size_t *sizes; /* of keeping and fencing, for each 16 bytes */
static void *lists[CLASSES];

void free_sized(void *block, size_t size);

static void *map_span(size_t bytes)
{
	void *span = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (span == MAP_FAILED)
		abort();
	return span;
}

__attribute__((constructor)) static void choose_form(void)
{
	const char *name = getenv("MISUSE_MALLOC");

	if (name && !strcmp(name, "keeping"))
		form = KEEPING;
	else if (name && !strcmp(name, "fencing"))
		form = FENCING;
}

static char *round_up(char *p, size_t align)
{
	return (char *)(((uintptr_t)p + align - 1) & ~(align - 1));
}

static size_t *size_of(const void *block)
{
	return &sizes[((uintptr_t)block - (uintptr_t)base) / 16 % (SPAN / 16)];
}

static void forbid(char *from, char *to)
{
	if (mprotect(from, (size_t)(to - from), PROT_NONE))
		abort();
}

/* Pages of its own, the block at their end, and a page that faults. */
static void *carve_fenced(size_t align, size_t size)
{
	char *first = round_up(next, PAGE), *end;

	end = round_up(first + size + (align > 16 ? align : 0), PAGE);
	next = end + PAGE;
	forbid(end, next);
	end -= size;
	return end - (uintptr_t)end % align;
}

/* New memory; the lock is held. */
static void *carve(size_t align, size_t size)
{
	char *block;

	if (!base) {
		base = next = map_span(SPAN);
		sizes = map_span(SPAN / 2);
	}
	if (form == FENCING)
		return carve_fenced(align, size);
	block = round_up(next + (form == TRUSTING ? 8 : 0), align);
	next = block + size;
	return block;
}

static size_t *header(void *block)
{
	return (size_t *)block - 1;
}

static size_t class_of(size_t size)
{
	size_t class = (size + 15) / 16;

	return class < CLASSES ? class : CLASSES - 1;
}

/* Returns a block of that size from a list, or NULL; the lock is held. */
static void *pop(size_t class, size_t align, size_t size)
{
	char *at = (char *)&lists[class], *block;

	for (int i = 0; i < 64; i++, at = block) {
		memcpy((void *)&block, at, sizeof(block));
		if (!block)
			break;
		if (*header(block) == size &&
		    (align <= 16 || !((uintptr_t)block % align))) {
			memcpy(at, block, sizeof(void *));
			return block;
		}
	}
	return NULL;
}

void *memalign(size_t align, size_t size)
{
	void *block = NULL;

	align = align < 16 ? 16 : align;
	size = size < 16 ? 16 : size;
	pthread_mutex_lock(&lock);
	if (form == TRUSTING)
		block = pop(class_of(size), align, size);
	if (!block && form == TRUSTING)
		block = pop(0, align, 0);
	if (!block) {
		block = carve(align, size);
		if (form == TRUSTING)
			*header(block) = size;
		else
			*size_of(block) = size;
	}
	pthread_mutex_unlock(&lock);
	return block;
}

void *malloc(size_t size)
{
	return memalign(16, size);
}

void *calloc(size_t n, size_t size)
{
	void *block = malloc(n * size);

	return memset(block, 0, n * size);
}

static void push(void *block, size_t size)
{
	void **list = &lists[class_of(size)];

	pthread_mutex_lock(&lock);
	memcpy((char *)block + size - sizeof(size), &size, sizeof(size));
	memcpy(block, list, sizeof(void *));
	*list = block;
	pthread_mutex_unlock(&lock);
}

void free(void *block)
{
	uintptr_t page = (uintptr_t)block & ~(PAGE - 1);
	size_t by = (uintptr_t)block - (uintptr_t)base;

	if (block && form == TRUSTING)
		push(block, *header(block));
	if (block && form == FENCING && by < SPAN && *size_of(block))
		forbid((char *)page, (char *)block + *size_of(block));
}

void free_sized(void *block, size_t size)
{
	if (block && form == TRUSTING) {
		*header(block) = size;
		push(block, size);
	}
}

size_t malloc_usable_size(void *block)
{
	if (!block)
		return 0;
	return form == TRUSTING ? *header(block) : *size_of(block);
}

void *realloc(void *block, size_t size)
{
	size_t old = malloc_usable_size(block);
	void *grown = malloc(size);

	if (block)
		memcpy(grown, block, old < size ? old : size);
	free(block);
	return grown;
}
