// SPDX-License-Identifier: MIT
/*
 * diag/fmt.h - formatting and one-line messages that never allocate
 */
#ifndef KM_DIAG_FMT_H
#define KM_DIAG_FMT_H

#include <stdarg.h>

#include "sys/compiler.h"

/*
 * As snprintf, for %s %c %d %i %u %x %X %p %% with the flags '-', '0', '+', ' '
 * and '#', width, precision, '*' for either, l, z and t. %H prints an unsigned
 * long of bytes in units that people read ("12.5 MiB"). %pS prints the name of
 * a code address (diag/unwind/symbol.h). Returns the full length, even if the
 * text was cut.
 */
int km_snprintf(char *buf, size_t size, const char *fmt, ...);
int km_vsnprintf(char *buf, size_t size, const char *fmt, va_list args);

/* Prints a message on stderr with one system call; at most 511 bytes. */
void km_report(const char *fmt, ...);

/* The same to another file. */
void km_report_to(int fd, const char *fmt, ...);

/*
 * Many programs close stderr in an exit handler that runs before our
 * destructors. Later messages go to a copy that km_report_keep() makes early.
 * km_report_fd() returns its number, or 2 if it is closed.
 */
void km_report_keep(void);
int km_report_fd(void);
/* The process ends: from now on km_report() writes to the copy. */
void km_report_last(void);

/* km_report, then SIGABRT. */
__attribute__((noreturn)) void km_panic(const char *fmt, ...);

#endif
