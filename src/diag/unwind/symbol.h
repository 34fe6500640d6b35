// SPDX-License-Identifier: MIT
/*
 * diag/unwind/symbol.h - the function of a code address
 *
 *	address -> loaded object -> its file, .symtab or else .dynsym
 *
 * The file is read in small pieces and nothing is kept. This is for reports,
 * where time does not matter and no memory may be allocated.
 *
 * Locking	none
 * Source	System V ABI for the file
 */
#ifndef KM_DIAG_UNWIND_SYMBOL_H
#define KM_DIAG_UNWIND_SYMBOL_H

#include "sys/compiler.h"

struct symbol {
	const char *object; /* path of the loaded object; "": the program */
	uintptr_t bias; /* run-time address - address in the file */
	uintptr_t start, size; /* in the file; size 0: not known */
	char name[160]; /* of the function; "": it has none */
};

/*
 * Finds the function that holds the code at pc. Returns 0, or -ENOENT if no
 * object does.
 */
int symbol_find(uintptr_t pc, struct symbol *out);

#endif
