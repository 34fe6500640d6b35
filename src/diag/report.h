// SPDX-License-Identifier: MIT
/*
 * diag/report.h - one-line messages that never allocate
 */
#ifndef KM_DIAG_REPORT_H
#define KM_DIAG_REPORT_H

#include "sys/compiler.h"

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
