// SPDX-License-Identifier: MIT
/*
 * core/start.h - how a lower layer asks for a start that only the top knows
 *
 * The public functions live in the layers, and a program that links us may
 * call them before our constructor has run. So each function that takes memory
 * asks engine_need() where it has missed its fast path; the library of the
 * kernel's names (api/) replaces engine_start(), and everywhere else the weak
 * one answers that there is nothing to start.
 */
#ifndef KM_CORE_START_H
#define KM_CORE_START_H

#include "sys/compiler.h"

extern u8 engine_up; /* 1: the engine has started; release/acquire */

/* Start it: 0, also while this thread is doing just that, or -errno. */
int engine_start(void);

static inline int engine_need(void)
{
	return likely(smp_load_acquire(&engine_up)) ? 0 : engine_start();
}

#endif
