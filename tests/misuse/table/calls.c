// SPDX-License-Identifier: MIT
/*
 * misuse/table/calls.c - wrong pointers for the other calls, and for munmap()
 *
 *	realloc-freed	realloc() of a block that was freed
 *	realloc-inner	of an address inside one
 *	usable-freed	malloc_usable_size() of a freed block, whose bytes are
 *			then written
 *	usable-inner	of an address inside a block; as many bytes are written
 *	aligned-inner	free() of an address inside a block of memalign()
 *	aligned-below	and of one in front of it
 *	munmap-free	pages of a block are unmapped, then it is freed
 *	munmap-taken	the program maps pages of its own there meanwhile
 */
#include "world.h"

#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static void run_realloc(size_t size, long by, long m)
{
	unsigned char *p;
	void *q;

	(void)m;
	settle(size);
	p = middle(size, NULL);
	if (!by)
		give(p);
	q = realloc(hidden(p + by), 2 * size);
	if (q)
		enter(q, 2 * size);
	go_on(size);
}

static void run_usable(size_t size, long by, long m)
{
	unsigned char *p;

	(void)m;
	settle(size);
	p = middle(size, NULL);
	if (by)
		forget(p);
	else
		give(p);
	memset(hidden(p + by), 'A', malloc_usable_size(hidden(p + by)));
	if (by)
		free(p);
	go_on(size);
}

static void run_aligned(size_t size, long by, long m)
{
	unsigned char *p;

	(void)m;
	settle(size);
	take_aligned(512, size);
	p = take_aligned(512, size);
	misfree(p + by);
	go_on(size);
}

static void run_munmap(size_t size, long taken, long m)
{
	unsigned char *p, *first, *last;
	size_t length;

	(void)m;
	settle(size);
	p = middle(size, NULL);
	forget(p);
	first = (unsigned char *)(((uintptr_t)p + PAGE - 1) & ~(PAGE - 1));
	last = (unsigned char *)((uintptr_t)(p + size) & ~(PAGE - 1));
	length = (size_t)(last - first);
	if (munmap(hidden(first), length))
		saw("not unmapped");
	if (taken) {
		if (mmap(first, length, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
			 0) != first)
			saw("no mapping");
		own(first, length);
	}
	misfree(p);
	go_on(size);
}

const struct kind call_kinds[] = {
	{ "realloc-freed", run_realloc, 0, 0, 0, 0 },
	{ "realloc-inner", run_realloc, 16, 0, 0, 0 },
	{ "usable-freed", run_usable, 0, 0, 0, 0 },
	{ "usable-inner", run_usable, 16, 0, 0, 0 },
	{ "aligned-inner", run_aligned, 16, 0, 0, 0 },
	{ "aligned-below", run_aligned, -64, 0, 0, 0 },
	{ "munmap-free", run_munmap, 0, 0, 2 * PAGE, 0 },
	{ "munmap-taken", run_munmap, 1, 0, 2 * PAGE, 0 },
	{ NULL, NULL, 0, 0, 0, 0 },
};
