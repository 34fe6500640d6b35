// SPDX-License-Identifier: MIT
/*
 * zone/sysctl.c - find, read and set the knobs of sysctl.h
 *
 * The table is a linker section, as those of boot parameters and texts: each
 * file brings its own knobs.
 *
 *	"vm.min_free_kbytes" = "sys/vm/min_free_kbytes"
 *	a text of numbers -> each in [lo, hi]? -> set() or data -> changed()
 *
 * Locking	none; see sysctl.h
 * Invariants	SYSCTL1  a refused write changes nothing
 *						(unit.zone.sysctl checks it)
 * Source	Linux kernel/sysctl.c, proc_dointvec_minmax() and what is in
 *		/proc/sys/vm (docs/kernel.md X5)
 */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "zone/sysctl.h"
#include "core/control.h"
#include "diag/param.h"
#include "diag/proc.h"

extern const struct ctl_table __start_km_sysctls[]
	__attribute__((weak, visibility("hidden")));
extern const struct ctl_table __stop_km_sysctls[]
	__attribute__((weak, visibility("hidden")));

#define NUMBER_MAX 24 /* length of one value */

/* Returns true if the names are equal; "vm/x" and "vm.x" are one name. */
static bool same_name(const char *name, size_t len, const char *procname)
{
	for (size_t i = 0; i < len; i++)
		if (!procname[i] ||
		    (name[i] == '/' ? '.' : name[i]) != procname[i])
			return false;
	return !procname[len];
}

static const struct ctl_table *find_knob(const char *name, size_t len)
{
	const struct ctl_table *knob;

	for (knob = __start_km_sysctls; knob < __stop_km_sysctls; knob++)
		if (same_name(name, len, knob->procname))
			return knob;
	return NULL;
}

static int show_knob(struct seq_file *m, const struct ctl_table *knob)
{
	if (knob->text) {
		seq_printf(m, "%s\n", knob->text);
		return 0;
	}
	if (!knob->data)
		return -EACCES;
	for (unsigned int i = 0; i < knob->nr; i++)
		seq_printf(m, "%s%ld", i ? "\t" : "",
			   (long)READ_ONCE(knob->data[i]));
	seq_putc(m, '\n');
	return 0;
}

/*
 * Splits a text of numbers. Returns how many there are, or -EINVAL if one is
 * not allowed.
 */
static int parse_values(const struct ctl_table *knob, const char *text,
			unsigned long *values)
{
	unsigned int nr = 0;

	for (text += strspn(text, " \t\n"); *text;
	     text += strspn(text, " \t\n")) {
		size_t len = strcspn(text, " \t\n");
		char number[NUMBER_MAX];

		if (nr == knob->nr || len >= sizeof(number))
			return -EINVAL;
		memcpy(number, text, len);
		number[len] = '\0';
		if (param_number(number, knob->lo, knob->hi, &values[nr]))
			return -EINVAL;
		text += len;
		nr++;
	}
	return nr ? (int)nr : -EINVAL;
}

/* Each value lies in [lo, hi]. */
static int store_values(const struct ctl_table *knob,
			const unsigned long *values, unsigned int nr)
{
	int ret = 0;

	if (knob->set)
		ret = knob->set(values, nr);
	else
		for (unsigned int i = 0; i < nr; i++)
			WRITE_ONCE(knob->data[i], values[i]);
	if (!ret && knob->changed)
		knob->changed();
	return ret;
}

static int write_knob(const struct ctl_table *knob, const char *text)
{
	unsigned long values[SYSCTL_WORDS];
	int nr;

	if (knob->text)
		return knob->set_text ? knob->set_text(text) : -EACCES;
	nr = parse_values(knob, text, values);
	return nr < 0 ? nr : store_values(knob, values, (unsigned int)nr);
}

long do_sysctl(const char *name, char *old, size_t size, const char *text)
{
	struct seq_file m = { .buf = old, .size = size };
	const struct ctl_table *knob;
	int ret;

	if (!name || (size && !old) || size > LONG_MAX)
		return -EINVAL;
	if (size)
		*old = '\0';
	knob = find_knob(name, strlen(name));
	if (!knob)
		return -ENOENT;
	ret = show_knob(&m, knob);
	if (ret && (size || !text))
		return ret;
	if (text) {
		ret = write_knob(knob, text);
		if (ret)
			return ret;
	}
	return (long)m.count;
}

/* number[0] stands for the name of a knob, number[1] is its value. */
static long set_from_outside(const u64 *number)
{
	const struct ctl_table *knob;

	for (knob = __start_km_sysctls; knob < __stop_km_sysctls; knob++) {
		if (control_name(knob->procname) != number[0])
			continue;
		if (!knob->outside)
			return -EACCES;
		if (number[1] < knob->lo || number[1] > knob->hi)
			return -ERANGE;
		return store_values(knob, &number[1], 1);
	}
	return -ENOENT;
}
control_action(CONTROL_SET, set_from_outside, UINT64_MAX, UINT64_MAX);

/* ---- as files, and on the command line ----------------------------------- */

static void list_knobs(struct seq_file *m)
{
	const struct ctl_table *knob;

	for (knob = __start_km_sysctls; knob < __stop_km_sysctls; knob++)
		if (!strncmp(knob->procname, "vm.", 3))
			seq_printf(m, "%s\n", knob->procname + 3);
}

static const struct ctl_table *find_vm(const char *path)
{
	char name[64] = "vm.";
	size_t len = strlen(path);

	if (len + 4 > sizeof(name))
		return NULL;
	memcpy(name + 3, path, len + 1);
	return find_knob(name, len + 3);
}

static int sysctl_show(struct seq_file *m, const char *path)
{
	const struct ctl_table *knob;

	if (!*path) {
		list_knobs(m);
		return 0;
	}
	knob = find_vm(path);
	return knob ? show_knob(m, knob) : -ENOENT;
}

static int sysctl_write(const char *path, const char *text)
{
	const struct ctl_table *knob = find_vm(path);

	return knob ? write_knob(knob, text) : -ENOENT;
}
proc_file("sys/vm/", sysctl_show, sysctl_write);

/* sysctl.vm.NAME=VALUE */
static int set_sysctl(const char *value)
{
	size_t len = strcspn(value, "=");
	const struct ctl_table *knob = find_knob(value, len);

	if (!knob)
		return -ENOENT;
	return value[len] ? write_knob(knob, value + len + 1) : -EINVAL;
}
boot_param("sysctl.", set_sysctl, "vm.NAME=VALUE");
