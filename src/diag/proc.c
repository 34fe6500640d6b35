// SPDX-License-Identifier: MIT
/*
 * diag/proc.c - find, read and write the texts of proc.h
 *
 * The table is a linker section, as that of the boot parameters: each object
 * file brings its own texts, so no room has to know those above it.
 *
 * Invariants	PROC1  a text is the same, but for its end, for every size of
 *		    the buffer: show functions do not see how much fits
 *					(unit.diag.proc checks it)
 */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "diag/param.h"
#include "diag/proc.h"

extern const struct proc_file __start_km_procs[]
	__attribute__((weak, visibility("hidden")));
extern const struct proc_file __stop_km_procs[]
	__attribute__((weak, visibility("hidden")));

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
