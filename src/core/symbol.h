// SPDX-License-Identifier: MIT
/*
 * core/symbol.h - the name of a code address
 *
 *	address -> loaded object -> its file, .symtab or else .dynsym
 *		main+0x12/0x40			in the program itself
 *		qsort+0x8/0x90 [libc.so.6]	in a library
 *		0x7f0012345678 [libx.so+0x678]	no symbol: file and offset
 *		0x7f0012345678			in no object
 *
 * The file is read in small pieces, with nothing kept: for reports, where time
 * does not matter and memory may not be asked for.
 *
 * Locking	none
 * Source	the kernel's %pS as a model; System V ABI for the file
 */
#ifndef KM_CORE_SYMBOL_H
#define KM_CORE_SYMBOL_H

#include "sys/compiler.h"

#define KSYM_SYMBOL_LEN 256 /* enough, with the NUL; longer names are cut */

/*
 * The text for addr, which is a return address: the call before it is what is
 * named. Returns its length.
 */
int sprint_symbol(char *buf, uintptr_t addr);
/* The same for an address that is no return address, such as a function's. */
int sprint_function(char *buf, uintptr_t addr);

#endif
