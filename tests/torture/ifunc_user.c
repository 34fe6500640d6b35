// SPDX-License-Identifier: MIT
/*
 * torture/ifunc_user.c - a library that calls first(), bound at once
 */
#include "ifunc.h"

int call_first(void)
{
	return first();
}
