/* SPDX-License-Identifier: MIT */
/*
 * tests/support/form.h - which form of SLUB a test of its rooms runs on
 *
 * The tests of SLUB run once for each form: under their own names on 6.18, and
 * with .slub7 behind them on 7.0. They start no library that would read the
 * boot parameter, so they look at the command line themselves.
 */
#ifndef TEST_FORM_H
#define TEST_FORM_H

#include <stdlib.h>
#include <string.h>

#include "slub/slub.h"

/* Returns the SLUB that the boot parameter slub= asks for. */
static inline const struct slab_ops *form_ops(void)
{
	const char *line = getenv("KMALLOC_CMDLINE");

	return line && strstr(line, "slub=7.0") ? &slub7_ops : &slub_ops;
}

#endif
