// SPDX-License-Identifier: MIT
/*
 * core/fmt.h - formatting and one-line messages that never allocate
 */
#ifndef KM_CORE_FMT_H
#define KM_CORE_FMT_H

#include <stdarg.h>

#include "sys/compiler.h"

/*
 * As snprintf, for %s %c %d %u %x %p %% with width, '-', '0', l and z; and
 * %H: an unsigned long of bytes in units that people read ("12.5 MiB").
 * Returns the full length, whatever fitted.
 */
int km_snprintf(char *buf, size_t size, const char *fmt, ...);
int km_vsnprintf(char *buf, size_t size, const char *fmt, va_list args);

/* One message on stderr, written with one system call; at most 511 bytes. */
void km_report(const char *fmt, ...);

/* The same to another file. */
void km_report_to(int fd, const char *fmt, ...);

/* km_report, then SIGABRT. */
__attribute__((noreturn)) void km_panic(const char *fmt, ...);

#endif
