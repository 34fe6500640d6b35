// SPDX-License-Identifier: MIT
/*
 * core/start.h - how a lower layer starts the engine, which only init.c can
 *
 * The public functions live in the layers, and a program that links us may call
 * them before our constructor has run. So each function that takes memory calls
 * engine_need() when it has missed its fast path. The library of the kernel's
 * names (api/) replaces engine_start(); elsewhere the weak one returns 0.
 */
#ifndef KM_CORE_START_H
#define KM_CORE_START_H

#include "sys/compiler.h"

extern u8 engine_up; /* 1: the engine has started; release/acquire */

/*
 * Starts the engine. Returns 0, also if this thread is starting it, or -errno.
 */
int engine_start(void);

static inline int engine_need(void)
{
	return likely(smp_load_acquire(&engine_up)) ? 0 : engine_start();
}

#endif
