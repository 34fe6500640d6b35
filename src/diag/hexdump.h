// SPDX-License-Identifier: MIT
/*
 * diag/hexdump.h - bytes as people read them
 *
 *  Object 00007f0012345640: 6b 6b 6b 6b a5 00 ... 34 35 36 37  kkkk.. ... 4567
 *
 * Source	the format of the kernel's print_hex_dump() with rows of 16 and
 *		addresses; written anew
 */
#ifndef KM_DIAG_HEXDUMP_H
#define KM_DIAG_HEXDUMP_H

#include "sys/compiler.h"

/* Prints lines of 16 bytes on stderr, each beginning with `prefix`. */
void print_hex_dump(const char *prefix, const void *addr, size_t len);

/* Returns the first byte that is not c, or NULL. */
void *memchr_inv(const void *start, int c, size_t bytes);

#endif
