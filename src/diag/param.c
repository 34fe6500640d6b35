// SPDX-License-Identifier: MIT
/*
 * diag/param.c - find and apply boot parameters
 *
 * The table of parameters is a linker section: each object file brings its
 * own entries, so no room has to know those above it.
 *
 * Source	the syntax of Linux kernel/params.c, parse_args(); written anew.
 */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "diag/param.h"
#include "diag/proc.h"
#include "diag/report.h"

static const char *boot_command_line; /* constant after start */

extern const struct boot_param __start_km_params[]
	__attribute__((weak, visibility("hidden")));
extern const struct boot_param __stop_km_params[]
	__attribute__((weak, visibility("hidden")));

#define PARAM_MAX 256

static char fold_dash(char c)
{
	return c == '-' ? '_' : c;
}

bool param_name_is(const char *text, size_t len, const char *name)
{
	for (; len && *name && fold_dash(*text) == fold_dash(*name); len--) {
		text++;
		name++;
	}
	return !len && !*name;
}

/* Returns true if `text` is for p; a name with a dot at its end is a prefix. */
static bool is_for(const struct boot_param *p, const char *text, size_t len)
{
	size_t prefix = strlen(p->name);

	if (prefix && p->name[prefix - 1] == '.')
		return len > prefix && param_name_is(text, prefix, p->name);
	return param_name_is(text, len, p->name);
}

/* Returns the argument of p->set(): the value, or all behind the dot. */
static const char *param_argument(const struct boot_param *p, const char *text,
				  const char *value)
{
	size_t prefix = strlen(p->name);

	if (prefix && p->name[prefix - 1] == '.')
		return text + prefix;
	return value ? value + 1 : "";
}

static void apply_param(char *param)
{
	char *value = strchr(param, '=');
	size_t len = value ? (size_t)(value - param) : strlen(param);
	const struct boot_param *p;
	int ret = -ENOENT;

	for (p = __start_km_params; p < __stop_km_params; p++)
		if (is_for(p, param, len))
			break;
	if (p != __stop_km_params)
		ret = p->set(param_argument(p, param, value));
	if (value)
		*value = '\0';
	if (ret == -ENOENT)
		km_report("kmalloc: unknown boot parameter '%pE' ignored\n",
			  param);
	else if (ret)
		km_report(
			"kmalloc: malformed boot parameter '%pE=%pE' ignored, "
			"allowed: %s\n",
			param, value ? value + 1 : "", p->allowed);
}

/*
 * Copies one parameter without its quotes. Returns where the next begins. *full
 * is its full length: the caller sees whether it was cut.
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
		km_report("kmalloc: boot parameter '%pE': quote not closed\n",
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
			km_report("kmalloc: malformed boot parameter '%pE' "
				  "ignored, allowed: %u bytes\n",
				  param, PARAM_MAX - 1);
		else if (len)
			apply_param(param);
	}
}

static int cmdline_show(struct seq_file *m, const char *path)
{
	(void)path;
	seq_printf(m, "%s\n", boot_command_line ? boot_command_line : "");
	return 0;
}
proc_file("cmdline", cmdline_show, NULL);

/* Returns a * b + c, or ULONG_MAX if that is too large. */
static unsigned long mul_add(unsigned long a, unsigned long b, unsigned long c)
{
	unsigned long value;

	if (__builtin_mul_overflow(a, b, &value) ||
	    __builtin_add_overflow(value, c, &value))
		return ULONG_MAX;
	return value;
}

static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
		return (c | 0x20) - 'a' + 10;
	return 16;
}

unsigned long memparse(const char *text, const char **end)
{
	unsigned long value = 0;
	int base = 10;

	if (text[0] == '0' && (text[1] | 0x20) == 'x' &&
	    digit_value(text[2]) < 16) {
		base = 16;
		text += 2;
	}
	for (; digit_value(*text) < base; text++)
		value = mul_add(value, (unsigned long)base,
				(unsigned long)digit_value(*text));
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

/*
 * Like the kernel, looks at the first letter, and at the second of "on", "off".
 */
int param_bool(const char *text, unsigned long *out)
{
	char first = *text | 0x20, second = *text ? text[1] | 0x20 : 0;

	if (*text == '1' || first == 'y' || first == 't' ||
	    (first == 'o' && second == 'n'))
		*out = 1;
	else if (*text == '0' || first == 'n' || first == 'f' ||
		 (first == 'o' && second == 'f'))
		*out = 0;
	else
		return -EINVAL;
	return 0;
}
