// SPDX-License-Identifier: MIT
/*
 * core/warn.c - what a warning says, and whether the program survives it
 */
#include "core/bug.h"
#include "core/param.h"

static unsigned long panic_on_warn; /* constant after init */

static int set_panic_on_warn(const char *value)
{
	return param_bool(*value ? value : "1", &panic_on_warn);
}
boot_param("panic_on_warn", set_panic_on_warn);

void check_panic_on_warn(const char *origin)
{
	if (panic_on_warn)
		km_panic("Kernel panic - not syncing: %s: panic_on_warn set "
			 "...\n",
			 origin);
}

void __warn(const char *file, int line, const char *function)
{
	km_report("WARNING: at %s:%d %s()\n", file, line, function);
	check_panic_on_warn("kmalloc");
}
