/* SPDX-License-Identifier: MIT */
/*
 * misuse/table/world.h - the program around a fault
 *
 * A program that commits a fault has done some work before, and goes on after
 * it: settle() and go_on(). Both do the same for every kind, so that no kind is
 * given a better chance to be caught, or to do harm.
 */
#ifndef MISUSE_TABLE_WORLD_H
#define MISUSE_TABLE_WORLD_H

#include <stddef.h>
#include <sys/mman.h>

#include "ledger.h"

#define KIB 1024UL
#define MIB (1024 * KIB)
#define PAGE 4096UL
#define MAX_SETTLED 64

/* A kind of fault. @run gets the size of the block, and @n and @m, which tell
 * apart the kinds that one function serves. */
struct kind {
	const char *name;
	void (*run)(size_t size, long n, long m);
	long n, m;
	size_t from, to; /* the sizes at which it can be: 0 is no bound */
};

extern const struct kind free_kinds[], foreign_kinds[], write_kinds[],
	overrun_kinds[], call_kinds[];

/* The blocks that settle() left, by their addresses; and a place that an
 * attacker would like malloc to return. */
extern unsigned char *settled[MAX_SETTLED];
extern size_t nr_settled;
extern unsigned char target[8192];

/* Work before the fault: blocks of @size are taken, some are given back. */
void settle(size_t size);

/* Work after it, in this thread and another; all blocks are looked at, and
 * given back. Returns when nothing was seen. */
void go_on(size_t size);

/* Returns a block among those that settle() left, such that the next one, by
 * address, is as near as any: an overrun of one comes to the other. */
unsigned char *middle(size_t size, unsigned char **next);

/* Runs @fn(@block) in a thread, and waits for its end. */
void in_thread(void *(*fn)(void *), void *block);

/* Returns how many blocks of @size a program has of them at a time. */
size_t many(size_t size);

/* free() of a pointer that the compiler knows nothing of. */
void misfree(void *pointer);
void *hidden(void *pointer);

#endif /* MISUSE_TABLE_WORLD_H */
