// SPDX-License-Identifier: MIT
/*
 * shim/freed.c - remembers where freed large blocks began
 *
 * A run that is freed merges with its buddies, and an area with the lazy ranges
 * beside it. After that no struct says where it began. A table of addresses
 * does, so that the line that ends the program can say "double free":
 *
 *	start of a block -> hash -> freed[0 .. 255]	the last one freed
 *							with this hash
 *
 * The table is read for that line alone, about addresses where no block is. An
 * address that it has lost "is not allocated memory".
 *
 * Locking	none: each entry is one word, and whatever it has was freed
 *		once, or is being freed
 * Source	no counterpart
 */
#include <string.h>

#include "diag/report.h"
#include "shim/shim.h"

#define FREED_BITS 8

static uintptr_t freed[1 << FREED_BITS];

static uintptr_t *entry_of(const void *p)
{
	u64 frame = (uintptr_t)p >> PAGE_SHIFT;

	return &freed[frame * 0x9e3779b97f4a7c15UL >> (64 - FREED_BITS)];
}

void freed_note(const void *p)
{
	WRITE_ONCE(*entry_of(p), (uintptr_t)p);
}

void freed_check(const char *function, const void *p)
{
	if (READ_ONCE(*entry_of(p)) != (uintptr_t)p || !p)
		return;
	freed_twice(function, p);
}

void freed_twice(const char *function, const void *p)
{
	if (strcmp(function, "free"))
		km_panic("kmalloc: %s(): %p was freed already\n", function, p);
	km_panic("kmalloc: free(): double free of %p\n", p);
}
