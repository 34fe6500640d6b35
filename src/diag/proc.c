// SPDX-License-Identifier: MIT
/*
 * diag/proc.c - find, read and write the texts of proc.h
 *
 * The table is a linker section, as that of the boot parameters: each object
 * file brings its own texts, so no layer has to know those above it.
 *
 * Invariants	PROC1  a text is the same, but for its end, for every size of
 *		    the buffer: show functions do not see how much fits
 *					(unit.diag.proc checks it)
 * Source	the calls of Linux fs/seq_file.c; there is no file, no position
 *		and no iterator here, a text is made in one go.
 */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "diag/fmt.h"
#include "diag/param.h"
#include "diag/proc.h"
#include "sys/os.h"

extern const struct proc_file __start_km_procs[]
	__attribute__((weak, visibility("hidden")));
extern const struct proc_file __stop_km_procs[]
	__attribute__((weak, visibility("hidden")));

/* ---- seq_file ------------------------------------------------------------ */

/* Appends to buf. Returns the full length, even if the text was cut. */
static size_t append(struct seq_file *m, const char *fmt, va_list args)
{
	size_t used = min(m->count, m->size);

	return (size_t)km_vsnprintf(m->buf + used, m->size - used, fmt, args);
}

/* A text that does not fit into an empty buffer is cut. */
void seq_vprintf(struct seq_file *m, const char *fmt, va_list args)
{
	size_t len = append(m, fmt, args);

	if (m->fd && m->count + len >= m->size) {
		seq_flush(m);
		len = min(append(m, fmt, args), m->size - 1);
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

/* ---- the table ----------------------------------------------------------- */

const struct proc_file *proc_find(const char *name, const char **path)
{
	const struct proc_file *p;

	for (p = __start_km_procs; p < __stop_km_procs; p++) {
		size_t len = strlen(p->name);
		bool prefix = p->name[len - 1] == '/';

		if (strncmp(p->name, name, len) || (!prefix && name[len]))
			continue;
		*path = name + len;
		return p;
	}
	return NULL;
}

static void list_names(struct seq_file *m)
{
	const struct proc_file *p;

	for (p = __start_km_procs; p < __stop_km_procs; p++)
		seq_printf(m, "%s\n", p->name);
}

long proc_read(const char *name, char *buf, size_t size)
{
	struct seq_file m = { .buf = buf, .size = size };
	const struct proc_file *file;
	const char *path;
	int ret;

	if (!name || (size && !buf) || size > LONG_MAX)
		return -EINVAL;
	if (size)
		*buf = '\0';
	if (!*name) {
		list_names(&m);
		return (long)m.count;
	}
	file = proc_find(name, &path);
	if (!file)
		return -ENOENT;
	ret = file->show(&m, path);
	if (ret && size)
		*buf = '\0';
	return ret ? ret : (long)m.count;
}

int proc_write(const char *name, const char *text)
{
	const struct proc_file *file;
	const char *path;

	if (!name || !text)
		return -EINVAL;
	file = proc_find(name, &path);
	if (!file)
		return -ENOENT;
	return file->write ? file->write(path, text) : -EACCES;
}

int proc_number(const char *text, unsigned long lo, unsigned long hi,
		unsigned long *out)
{
	char number[32];
	size_t len = strcspn(text, "\n");

	if (len >= sizeof(number) || (text[len] && text[len + 1]))
		return -EINVAL;
	memcpy(number, text, len);
	number[len] = '\0';
	return param_number(number, lo, hi, out);
}
