// SPDX-License-Identifier: MIT
/*
 * diag/hexdump.c - see hexdump.h
 */
#include <string.h>

#include "diag/hexdump.h"
#include "diag/report.h"

#define ROW 16
#define HEX_WIDTH (3 * ROW + 1) /* where the characters begin */

static void print_row(const char *prefix, const u8 *at, size_t len)
{
	char hex[HEX_WIDTH + 1], ascii[ROW + 1];

	memset(hex, ' ', sizeof(hex));
	for (size_t i = 0; i < len; i++) {
		hex[3 * i] = "0123456789abcdef"[at[i] >> 4];
		hex[3 * i + 1] = "0123456789abcdef"[at[i] & 15];
		ascii[i] = at[i] >= 0x20 && at[i] < 0x7f ? (char)at[i] : '.';
	}
	hex[HEX_WIDTH] = '\0';
	ascii[len] = '\0';
	km_report("%s%016lx: %s%s\n", prefix, (unsigned long)(uintptr_t)at, hex,
		  ascii);
}

void print_hex_dump(const char *prefix, const void *addr, size_t len)
{
	const u8 *at = addr;

	for (; len; at += min(len, (size_t)ROW), len -= min(len, (size_t)ROW))
		print_row(prefix, at, min(len, (size_t)ROW));
}

void *memchr_inv(const void *start, int c, size_t bytes)
{
	const u8 *at = start, *end = at + bytes;
	const u64 word = 0x0101010101010101UL * (u8)c;

	for (; at < end && (uintptr_t)at % 8; at++)
		if (*at != (u8)c)
			return (void *)(uintptr_t)at;
	while (end - at >= 8 && *(const u64 *)(const void *)at == word)
		at += 8;
	for (; at < end; at++)
		if (*at != (u8)c)
			return (void *)(uintptr_t)at;
	return NULL;
}
