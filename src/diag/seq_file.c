// SPDX-License-Identifier: MIT
/*
 * diag/seq_file.c - see seq_file.h
 */
#include "diag/fmt.h"
#include "diag/seq_file.h"
#include "sys/os.h"

/* Appends to buf. Returns the full length, even if the text was cut. */
static size_t append_text(struct seq_file *m, const char *fmt, va_list args)
{
	size_t used = min(m->count, m->size);

	return (size_t)km_vsnprintf(m->buf + used, m->size - used, fmt, args);
}

/* A text that does not fit into an empty buffer is cut. */
void seq_vprintf(struct seq_file *m, const char *fmt, va_list args)
{
	size_t len = append_text(m, fmt, args);

	if (m->fd && m->count + len >= m->size) {
		seq_flush(m);
		len = min(append_text(m, fmt, args), m->size - 1);
	}
	m->count += len;
}

void seq_flush(struct seq_file *m)
{
	if (!m->fd)
		return;
	os_write(m->fd, m->buf, m->count);
	m->count = 0;
}

void seq_printf(struct seq_file *m, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	seq_vprintf(m, fmt, args);
	va_end(args);
}

void seq_puts(struct seq_file *m, const char *text)
{
	seq_printf(m, "%s", text);
}

void seq_putc(struct seq_file *m, char c)
{
	seq_printf(m, "%c", c);
}
