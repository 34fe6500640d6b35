// SPDX-License-Identifier: MIT
/*
 * misuse/table/ledger.c - what a program owns, so that harm is seen
 *
 * An array in no order: a block that goes leaves its place to the last one.
 */
#include "ledger.h"

#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ENTRIES 8192
#define FIRST_TAG 0x81 /* no letter, and no zero */

struct entry {
	unsigned char *at;
	size_t size;
	unsigned char tag; /* 0: of the program's own, not to be looked at */
};

static struct entry entries[ENTRIES];
static size_t nr_entries;
static unsigned int nr_taken;

void saw(const char *what)
{
	char line[64];
	int n = snprintf(line, sizeof(line), "%s\n", what);

	if (write(1, line, (size_t)n) != n)
		_exit(2);
	_exit(0);
}

static struct entry *find_entry(const void *block)
{
	for (size_t i = 0; i < nr_entries; i++) {
		if (entries[i].at == block)
			return &entries[i];
	}
	saw("no such block");
}

static void add_entry(void *at, size_t size, unsigned char tag)
{
	if (nr_entries == ENTRIES)
		saw("ledger is full");
	entries[nr_entries++] =
		(struct entry){ .at = at, .size = size, .tag = tag };
}

int is_owned(const void *memory, size_t size)
{
	uintptr_t first = (uintptr_t)memory;

	for (size_t i = 0; i < nr_entries; i++) {
		uintptr_t at = (uintptr_t)entries[i].at;

		if (first < at + entries[i].size && at < first + size)
			return 1;
	}
	return 0;
}

unsigned char *enter(void *block, size_t size)
{
	unsigned char tag = (unsigned char)(FIRST_TAG + nr_taken++ % 113);

	if (!block)
		saw("no memory");
	if (is_owned(block, size))
		saw("second owner");
	add_entry(block, size, tag);
	return memset(block, tag, size);
}

unsigned char *take(size_t size)
{
	return enter(malloc(size), size);
}

unsigned char *take_zeroed(size_t size)
{
	unsigned char *block = calloc(1, size);

	if (block && is_owned(block, size))
		saw("second owner");
	for (size_t i = 0; block && i < size; i++) {
		if (block[i])
			saw("wrong byte");
	}
	return enter(block, size);
}

unsigned char *take_aligned(size_t align, size_t size)
{
	return enter(memalign(align, size), size);
}

static void look_at(const struct entry *e)
{
	if (!e->tag)
		return;
	if (e->at[0] != e->tag || memcmp(e->at, e->at + 1, e->size - 1))
		saw("wrong byte");
}

void look_at_all(void)
{
	for (size_t i = 0; i < nr_entries; i++)
		look_at(&entries[i]);
}

void forget(void *block)
{
	struct entry *e = find_entry(block);

	*e = entries[--nr_entries];
}

void give(void *block)
{
	look_at(find_entry(block));
	forget(block);
	free(block);
}

void own(void *memory, size_t size)
{
	add_entry(memory, size, 0);
}

void give_all(void)
{
	for (size_t i = nr_entries; i-- > 0;) {
		if (entries[i].tag)
			give(entries[i].at);
	}
}
