// SPDX-License-Identifier: MIT
/*
 * diag/seq_file.h - where a text of proc.h goes while it is printed
 *
 * Source	the calls of Linux fs/seq_file.c; there is no file, no position
 *		and no iterator here, a text is made in one go.
 */
#ifndef KM_DIAG_SEQ_FILE_H
#define KM_DIAG_SEQ_FILE_H

#include <stdarg.h>

#include "sys/compiler.h"

/*
 * Where a text goes. In memory: all of it is counted, and as much as fits is
 * stored. In a file: buf is written out whenever it is full.
 */
struct seq_file {
	char *buf; /* its owner; always ends in '\0' if size is not 0 */
	size_t size; /* bytes of buf */
	size_t count; /* bytes of the whole text, or in buf and not written */
	int fd; /* 0: into memory */
};

__printf(2, 3) void seq_printf(struct seq_file *m, const char *fmt, ...);
void seq_vprintf(struct seq_file *m, const char *fmt, va_list args);
void seq_puts(struct seq_file *m, const char *text);
void seq_putc(struct seq_file *m, char c);
/* Writes buf to the file, with one system call; does nothing for memory. */
void seq_flush(struct seq_file *m);

#endif
