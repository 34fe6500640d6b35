// SPDX-License-Identifier: MIT
/*
 * core/param.h - boot parameters: KMALLOC_CMDLINE, the kernel's syntax
 *
 *	KMALLOC_CMDLINE='mem=8G foreign=abort name="a value with blanks"'
 *
 * A parameter is declared beside the variable that it sets:
 *
 *	static int set_delay(const char *value) { ... return 0 or -EINVAL; }
 *	boot_param("page_reporting.delay_ms", set_delay, "0 to 86400000");
 *
 * In names '-' and '_' are the same. An unknown parameter, or one whose
 * function returns an error, is named once on stderr and ignored; of the second
 * the line also says which values are allowed. docs/parameters.md has the same
 * words.
 */
#ifndef KM_CORE_PARAM_H
#define KM_CORE_PARAM_H

#include "sys/compiler.h"

struct boot_param {
	const char *name;
	int (*set)(const char *value); /* "" if no '=' was there */
	const char *allowed; /* values, for a person to read */
};

/*
 * A name that ends in a dot takes every parameter that begins with it: set() is
 * given what follows the dot ("knob=value") and says -ENOENT to unknown ones.
 */

#define boot_param(param_name, function, values)                             \
	static const struct boot_param boot_param_##function __attribute__(( \
		section("km_params"), used,                                  \
		aligned(sizeof(void *)))) = { param_name, function, values }

/* A function for several names: `tag` makes the declarations distinct. */
#define boot_param_alias(param_name, function, tag, values)             \
	static const struct boot_param boot_param_##tag __attribute__(( \
		section("km_params"), used,                             \
		aligned(sizeof(void *)))) = { param_name, function, values }

/*
 * Apply one command line; NULL is an empty one. The text stays the caller's
 * and must stay: "cmdline" of proc.h shows it.
 */
void parse_args(const char *cmdline);

/* Are the first `len` bytes of text this name? '-' and '_' are the same. */
bool param_name_is(const char *text, size_t len, const char *name);

/*
 * "8G" or "0x1000" -> bytes; the rest of the text goes to *end. As the kernel's,
 * but without octal, and too large a number is ULONG_MAX.
 */
unsigned long memparse(const char *text, const char **end);

/* The whole text is one number in [lo, hi]: 0 and *out, else -EINVAL. */
int param_number(const char *text, unsigned long lo, unsigned long hi,
		 unsigned long *out);

/* "1", "y", "on", "0", "n", "off" and the like: 0 and *out, else -EINVAL. */
int param_bool(const char *text, unsigned long *out);

#endif
