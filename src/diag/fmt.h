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
 * a code address (diag/unwind/symbol.h). Returns the full length, even if the
 * text was cut.
 */
int km_snprintf(char *buf, size_t size, const char *fmt, ...);
int km_vsnprintf(char *buf, size_t size, const char *fmt, va_list args);

#endif
