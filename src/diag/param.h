// SPDX-License-Identifier: MIT
/*
 * diag/param.h - boot parameters: KMALLOC_CMDLINE, the kernel's syntax
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
#ifndef KM_DIAG_PARAM_H
#define KM_DIAG_PARAM_H

#include "sys/compiler.h"

struct boot_param {
	const char *name;
	int (*set)(const char *value); /* "" if no '=' was there */
	const char *allowed; /* values, for a person to read */
};

/*
 * A name that ends in a dot takes every parameter that begins with it: set()
 * gets the text behind the dot ("knob=value") and returns -ENOENT if it is
 * unknown.
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
 * Applies one command line; NULL is an empty one. The caller keeps the text
 * unchanged for ever: "cmdline" of proc.h shows it.
 */
void parse_args(const char *cmdline);

/*
 * Returns true if `len` bytes of text are this name; '-' and '_' are the same.
 */
bool param_name_is(const char *text, size_t len, const char *name);

/*
 * Returns the bytes of "8G" or "0x1000"; the rest of the text goes to *end.
 * Unlike the kernel's it knows no octal, and returns ULONG_MAX if the number is
 * too large.
 */
unsigned long memparse(const char *text, const char **end);

/* Reads a text that is one number in [lo, hi]. Returns 0 or -EINVAL. */
int param_number(const char *text, unsigned long lo, unsigned long hi,
		 unsigned long *out);

/* Reads "1", "y", "on", "0", "n", "off" and the like. Returns 0 or -EINVAL. */
int param_bool(const char *text, unsigned long *out);

#endif
