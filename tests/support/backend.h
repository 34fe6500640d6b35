/* SPDX-License-Identifier: MIT */
/*
 * tests/unit/vmap/backend.h - the layers below vmap, on a backend that can fail
 */
#ifndef TEST_BACKEND_H
#define TEST_BACKEND_H

#include "support/start.h"
#include "kmem/kmem.h"
#include "vmap/internal.h"

/* Arena, page allocator, kmem over malloc, vmap; 0 or the error of vmap. */
int start_vmap(const char *cmdline);

/* Objects handed out from now on until there are no more; -1: no end. */
extern long backend_left;
/* Objects that are out. */
extern long backend_out;

/* V1 to V4, and that free, lazy and busy fill vmalloc space to a byte. */
void check_space(void);

#endif
