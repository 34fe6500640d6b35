// SPDX-License-Identifier: MIT
/*
 * core/start.h - how a lower room starts the engine, which only init.c can
 *
 * The public functions live in the rooms, and a program that links us may call
 * them before our constructor has run. So each function that takes memory calls
 * engine_need() when it has missed its fast path. The library of the kernel's
 * names (api/) has a starter; one without starts the engine by itself.
 */
#ifndef KM_CORE_START_H
#define KM_CORE_START_H

#include "sys/compiler.h"

extern u8 engine_up; /* 1: the engine has started; release/acquire */

/* A library has one at most: docs/hooks.md. */
struct engine_starter {
	/* Returns 0, also if this thread is starting the engine, or -errno. */
	int (*start)(void);
};

/* Marks it as the one. No code could register it before the first call. */
#define __engine_starter \
	__attribute__((section("km_starters"), used, aligned(sizeof(void *))))

/* Starts the engine. Returns 0, also if there is no starter, or -errno. */
int engine_start(void);

static inline int engine_need(void)
{
	return likely(smp_load_acquire(&engine_up)) ? 0 : engine_start();
}

#endif
