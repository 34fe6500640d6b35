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

/* Ends the program if the block at p has less bytes. */
static void claim_block(void *p, const char *function, size_t size)
{
	if (p && likely(!by_name()->other))
		pointer_claim(p, function, size);
}

/*
 * The class is one load away, so the size is only checked: a program that is
 * wrong about it wrote past the end, or has another block in mind.
 */
EXPORT void free_sized(void *p, size_t size)
{
	claim_block(p, "free_sized", size);
	by_name()->free(p);
}

EXPORT void free_aligned_sized(void *p, size_t align, size_t size)
{
	(void)align;
	claim_block(p, "free_aligned_sized", size);
	by_name()->free(p);
}

EXPORT void cfree(void *p)
{
	by_name()->free(p);
}
