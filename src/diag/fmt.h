// SPDX-License-Identifier: MIT
/*
 * diag/fmt.h - a printf that never allocates
 */
#ifndef KM_DIAG_FMT_H
#define KM_DIAG_FMT_H

#include <stdarg.h>

#include "sys/compiler.h"

/*
 * As snprintf, for %s %c %d %i %u %x %X %p %% with the flags '-', '0', '+', ' '
 * and '#', width, precision, '*' for either, l, z and t. %H prints an unsigned
 * long of bytes in units that people read ("12.5 MiB"). %pS prints the name of
 * a return address. %pE prints a name that the library did not choose, with
 * "\ooo" for a byte that is not printable or is a backslash, and with '#' for
 * blanks; a precision counts its own bytes. Returns the full length, even if
 * the text was cut.
 */
int km_snprintf(char *buf, size_t size, const char *fmt, ...);
int km_vsnprintf(char *buf, size_t size, const char *fmt, va_list args);

/* ---- names of code addresses --------------------------------------------- */

#define KSYM_SYMBOL_LEN 256 /* enough, with the NUL; longer names are cut */

/*
 * Prints the name of a return address: that of the call before it. Returns the
 * length.
 *
 *	main+0x12/0x40			in the program itself
 *	qsort+0x8/0x90 [libc.so.6]	in a library
 *	0x7f0012345678 [libx.so+0x678]	no symbol: file and offset
 *	0x7f0012345678			in no object
 */
int sprint_symbol(char *buf, uintptr_t addr);
/* The same for an address that is no return address, such as a function's. */
int sprint_function(char *buf, uintptr_t addr);

#endif
