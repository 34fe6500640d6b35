// SPDX-License-Identifier: MIT
/*
 * core/param.c - find and apply boot parameters
 *
 * The table of parameters is a linker section: each object file brings its
 * own entries, so no layer has to know those above it.
 *
 * Source	the syntax of Linux kernel/params.c, parse_args(); written anew.
 */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "core/fmt.h"
#include "core/param.h"
#include "core/proc.h"

static const char *boot_command_line; /* constant after start */

extern const struct boot_param __start_km_params[]
	__attribute__((weak, visibility("hidden")));
extern const struct boot_param __stop_km_params[]
	__attribute__((weak, visibility("hidden")));

#define PARAM_MAX 256

static char dash(char c)
{
	return c == '-' ? '_' : c;
}

static bool same_name(const char *a, const char *b)
{
	while (*a && dash(*a) == dash(*b)) {
		a++;
		b++;
	}
	return dash(*a) == dash(*b);
}

static void apply(char *param)
{
	char *value = strchr(param, '=');
	const struct boot_param *p;

	if (value)
		*value = '\0';
	for (p = __start_km_params; p < __stop_km_params; p++)
		if (same_name(p->name, param))
			break;
	if (p == __stop_km_params)
		km_report("kmalloc: unknown boot parameter '%s' ignored\n",
			  param);
	else if (p->set(value ? value + 1 : ""))
		km_report("kmalloc: malformed boot parameter '%s=%s' ignored\n",
			  param, value ? value + 1 : "");
}

/*
 * Copy one parameter without its quotes; returns where the next begins. *full
 * is its full length, so what was cut can be told.
 */
static const char *next_param(const char *at, char *out, size_t size,
			      size_t *full)
{
	bool quoted = false;
	size_t len = 0;

	*full = 0;

	for (; *at && (quoted || (*at != ' ' && *at != '\t' && *at != '\n'));
	     at++) {
		if (*at == '"')
			quoted = !quoted;
		else if (++*full < size)
			out[len++] = *at;
	}
	out[len] = '\0';
	if (quoted)
		km_report("kmalloc: boot parameter '%s': quote not closed\n",
			  out);
	return at;
}

void parse_args(const char *cmdline)
{
	char param[PARAM_MAX];
	size_t len;

	boot_command_line = cmdline;
	while (cmdline && *cmdline) {
		cmdline += strspn(cmdline, " \t\n");
		if (!*cmdline)
			break;
		cmdline = next_param(cmdline, param, sizeof(param), &len);
		if (len >= sizeof(param))
			km_report("kmalloc: malformed boot parameter '%s' "
				  "ignored\n",
				  param);
		else if (len)
			apply(param);
	}
}

static int cmdline_show(struct seq_file *m, const char *path)
{
	(void)path;
	seq_printf(m, "%s\n", boot_command_line ? boot_command_line : "");
	return 0;
}
proc_file("cmdline", cmdline_show, NULL);

/* a * b + c; what is too large is the largest number there is. */
static unsigned long mul_add(unsigned long a, unsigned long b, unsigned long c)
{
	unsigned long value;

	if (__builtin_mul_overflow(a, b, &value) ||
	    __builtin_add_overflow(value, c, &value))
		return ULONG_MAX;
	return value;
}

unsigned long memparse(const char *text, const char **end)
{
	unsigned long value = 0;

	for (; *text >= '0' && *text <= '9'; text++)
		value = mul_add(value, 10, (unsigned long)(*text - '0'));
	switch (*text) {
	case 'T':
	case 't':
		value = mul_add(value, 1024, 0);
		/* fall through */
	case 'G':
	case 'g':
		value = mul_add(value, 1024, 0);
		/* fall through */
	case 'M':
	case 'm':
		value = mul_add(value, 1024, 0);
		/* fall through */
	case 'K':
	case 'k':
		value = mul_add(value, 1024, 0);
		text++;
	}
	if (end)
		*end = text;
	return value;
}

int param_number(const char *text, unsigned long lo, unsigned long hi,
		 unsigned long *out)
{
	const char *end;
	unsigned long value = memparse(text, &end);

	if (end == text || *end || value < lo || value > hi)
		return -EINVAL;
	*out = value;
	return 0;
}
