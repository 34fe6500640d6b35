// SPDX-License-Identifier: MIT
/*
 * core/start.c - see start.h
 */
#include "core/start.h"

u8 engine_up;

extern const struct engine_starter __start_km_starters[]
	__attribute__((weak, visibility("hidden")));
extern const struct engine_starter __stop_km_starters[]
	__attribute__((weak, visibility("hidden")));

int engine_start(void)
{
	const struct engine_starter *starter = __start_km_starters;

	return starter < __stop_km_starters ? starter->start() : 0;
}
