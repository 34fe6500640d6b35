// SPDX-License-Identifier: MIT
/*
 * misuse/table/writes.c - blocks that are used after free()
 *
 *	write-first	the first eight bytes are written
 *	write-second	the second eight bytes
 *	write-last	the last eight bytes
 *	write-all	all of it
 *	write-forged	all of it, by an address that malloc is to return
 *	write-calloc	all of it, and the next block is calloc()'s
 *	write-reused	all of it, when it has its next owner already
 *	cold-all	as write-all, but one of many that were freed
 *	cold-forged	as write-forged, likewise
 *	read-direct	the block is read
 *	read-reused	it is read when it has its next owner already
 */
#include "world.h"

#include <stdlib.h>
#include <string.h>

enum part { FIRST, SECOND, LAST, ALL, FORGED };
enum when { NOW, CALLOC, REUSED };

static void write_text(unsigned char *p, size_t size, enum part part)
{
	void *address = target;

	switch (part) {
	case FIRST:
		memset(p, 'A', 8);
		break;
	case SECOND:
		memset(p + 8, 'A', 8);
		break;
	case LAST:
		memset(p + size - 8, 'A', 8);
		break;
	case ALL:
		memset(p, 'A', size);
		break;
	case FORGED:
		for (size_t i = 0; i + 8 <= size; i += 8)
			memcpy(p + i, &address, sizeof(address));
		break;
	}
}

static void take_until(size_t size, const unsigned char *p)
{
	for (size_t i = 0; i < many(size); i++) {
		if (take(size) == p)
			break;
	}
}

static void run_write(size_t size, long part, long when)
{
	unsigned char *p, *next;

	settle(size);
	p = middle(size, &next);
	give(next); /* so that lists of free blocks go on behind p */
	give(p);
	if (when == REUSED)
		take_until(size, p);
	write_text(hidden(p), size, (enum part)part);
	if (when == CALLOC)
		take_zeroed(size);
	go_on(size);
}

/* So many blocks that most of the freed ones leave the caches of free blocks
 * for where they came from. */
static void run_cold(size_t size, long part, long m)
{
	static unsigned char *blocks[3000];
	size_t n = size <= 1024 ? 3000 : size <= 8 * KIB ? 800 : many(size);

	(void)m;
	settle(size);
	for (size_t i = 0; i < n; i++)
		blocks[i] = take(size);
	for (size_t i = 0; i < n; i += 2)
		give(blocks[i]);
	write_text(hidden(blocks[n / 2 & ~1UL]), size, (enum part)part);
	for (size_t i = 0; i < n; i++)
		take(size);
	go_on(size);
}

static void run_read(size_t size, long reused, long m)
{
	unsigned char *p, tag;

	(void)m;
	settle(size);
	p = middle(size, NULL);
	tag = p[0];
	give(p);
	if (reused)
		take_until(size, p);
	p = hidden(p);
	if (p[0] != tag || memcmp(p, p + 1, size - 1))
		saw("wrong byte");
	go_on(size);
}

const struct kind write_kinds[] = {
	{ "write-first", run_write, FIRST, NOW, 0, 0 },
	{ "write-second", run_write, SECOND, NOW, 0, 0 },
	{ "write-last", run_write, LAST, NOW, 0, 0 },
	{ "write-all", run_write, ALL, NOW, 0, 0 },
	{ "write-forged", run_write, FORGED, NOW, 0, 0 },
	{ "write-calloc", run_write, ALL, CALLOC, 0, 0 },
	{ "write-reused", run_write, ALL, REUSED, 0, 0 },
	{ "cold-all", run_cold, ALL, 0, 0, 0 },
	{ "cold-forged", run_cold, FORGED, 0, 0, 0 },
	{ "read-direct", run_read, 0, 0, 0, 0 },
	{ "read-reused", run_read, 1, 0, 0, 0 },
	{ NULL, NULL, 0, 0, 0, 0 },
};
