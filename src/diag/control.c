// SPDX-License-Identifier: MIT
/*
 * diag/control.c - the boot parameter of core/control.h, and its name outside
 *
 *	control=off	a tool that asks is told that it may not
 *	control=on	obeys in every program
 *
 * Without it a program with more rights than its user (AT_SECURE) does not
 * obey; such a program does not look at boot parameters either.
 *
 * Tests	unit.core.control, preload.ask
 */
#include <errno.h>

#include "core/control.h"
#include "diag/observe.h"
#include "diag/param.h"

observe_symbol(km_control);

static int set_control(const char *value)
{
	unsigned long on;

	if (param_bool(value, &on))
		return -EINVAL;
	control_mode = on ? CONTROL_ON : CONTROL_OFF;
	return 0;
}
boot_param("control", set_control, "off, on");
