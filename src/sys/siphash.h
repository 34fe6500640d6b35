/* SPDX-License-Identifier: MIT */
/*
 * sys/siphash.h - a keyed hash that tells nothing of its key
 */
#ifndef KM_SYS_SIPHASH_H
#define KM_SYS_SIPHASH_H

#include "sys/compiler.h"

typedef struct {
	u64 key[2];
} siphash_key_t;

/* Returns SipHash-2-4 of the eight bytes of `first`, the lowest first. */
u64 siphash_1u64(u64 first, const siphash_key_t *key);

#endif
