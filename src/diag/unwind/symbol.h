// SPDX-License-Identifier: MIT
/*
 * diag/unwind/symbol.h - the name of a code address
 *
 *	address -> loaded object -> its file, .symtab or else .dynsym
 *		main+0x12/0x40			in the program itself
 *		qsort+0x8/0x90 [libc.so.6]	in a library
 *		0x7f0012345678 [libx.so+0x678]	no symbol: file and offset
 *		0x7f0012345678			in no object
 *
 * The file is read in small pieces and nothing is kept. This is for reports,
 * where time does not matter and no memory may be allocated.
 *
 * Locking	none
 * Source	the kernel's %pS as a model; System V ABI for the file
 */
#ifndef KM_DIAG_UNWIND_SYMBOL_H
#define KM_DIAG_UNWIND_SYMBOL_H

#include "sys/compiler.h"

#define KSYM_SYMBOL_LEN 256 /* enough, with the NUL; longer names are cut */

/*
 * Prints the name of a return address: that of the call before it. Returns the
 * length.
 */
int sprint_symbol(char *buf, uintptr_t addr);
/* The same for an address that is no return address, such as a function's. */
int sprint_function(char *buf, uintptr_t addr);

#endif
