/* SPDX-License-Identifier: MIT */
/*
 * misuse/table/ledger.h - what a program owns, so that harm is seen
 *
 * The ledger has each block that the program was given and has not given back,
 * and memory of the program's own: stack, statics, mappings. Every block is
 * filled with one byte of its own. Two things are harm, and end the program
 * with the line that says which:
 *
 *	second owner	malloc hands out memory that lies in the ledger
 *	wrong byte	an owner reads a byte that is not its own
 *
 *	   |aaaaaaaa|bbbbbbbb|cccccccc|		three owners
 *		  |dddddddd|			a fourth: second owner
 *	   |aaaaaaaa|AAbbbbbb|cccccccc|		a look at b: wrong byte
 *
 * The line goes out before the process does anything else, so what ends the
 * process later came too late. The ledger itself is no memory of malloc's.
 */
#ifndef MISUSE_TABLE_LEDGER_H
#define MISUSE_TABLE_LEDGER_H

#include <stddef.h>

/* Prints what was seen, and ends the program. */
_Noreturn void saw(const char *what);

/* Returns a new block of @size bytes, entered in the ledger and filled. */
unsigned char *take(size_t size);

/* The same from calloc(), whose bytes have to be zero, and from memalign(). */
unsigned char *take_zeroed(size_t size);
unsigned char *take_aligned(size_t align, size_t size);

/* Enters a block that the program was given by another call. */
unsigned char *enter(void *block, size_t size);

/* Looks at the bytes of the block, takes it out of the ledger, frees it. */
void give(void *block);

/* Takes the block out of the ledger: its owner gives it up by other means. */
void forget(void *block);

/* Memory of the program's own, which malloc must never hand out. */
void own(void *memory, size_t size);

/* Returns whether any of these bytes are an owner's. */
int is_owned(const void *memory, size_t size);

/* Looks at the bytes of all blocks. */
void look_at_all(void);

/* Gives all blocks back. */
void give_all(void);

#endif /* MISUSE_TABLE_LEDGER_H */
