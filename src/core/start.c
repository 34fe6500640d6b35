// SPDX-License-Identifier: MIT
/*
 * core/start.c - see start.h
 */
#include "core/start.h"

u8 engine_up;

__attribute__((weak)) int engine_start(void)
{
	return 0;
}
