// SPDX-License-Identifier: MIT
/*
 * shim/beside.c - libc's calls beside malloc, free, calloc and realloc
 *
 * If another malloc comes before ours in symbol look-up, these calls work on
 * its blocks: by_name.c.
 *
 * Tests	conformance.own_malloc
 */
#include "shim/by_name.h"
#include "shim/exports.h"
#include "shim/shim.h"

EXPORT void *reallocarray(void *p, size_t n, size_t size)
{
	size_t bytes;

	if (unlikely(__builtin_mul_overflow(n, size, &bytes)))
		return shim_refuse();
	if (unlikely(by_name()->other))
		return by_name()->realloc(p, bytes);
	return shim_realloc(p, bytes, _RET_IP_);
}

EXPORT void cfree(void *p)
{
	by_name()->free(p);
}
