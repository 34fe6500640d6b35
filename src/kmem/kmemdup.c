// SPDX-License-Identifier: MIT
/*
 * kmem/kmemdup.c - copies of bytes and strings, in memory of kmalloc()
 *
 * Source	Linux v6.12 mm/util.c (docs/kernel.md L8)
 */
#include <string.h>

#include "kmem/kmalloc.h"

static void *dup_bytes(const void *p, size_t size, gfp_t gfp,
		       const void *caller)
{
	void *q = __kmalloc_node_track_caller(size, gfp, NUMA_NO_NODE, caller);

	return q && size ? memcpy(q, p, size) : q;
}

void *kmemdup(const void *p, size_t size, gfp_t gfp)
{
	return dup_bytes(p, size, gfp, __builtin_return_address(0));
}

void *kmemdup_array(const void *p, size_t n, size_t size, gfp_t gfp)
{
	size_t bytes;

	if (unlikely(__builtin_mul_overflow(n, size, &bytes)))
		return NULL;
	return dup_bytes(p, bytes, gfp, __builtin_return_address(0));
}

/* Returns a copy of the len bytes at s with a '\0' behind them, or NULL. */
static char *dup_nul(const char *s, size_t len, gfp_t gfp, const void *caller)
{
	char *q = __kmalloc_node_track_caller(len + 1, gfp, NUMA_NO_NODE,
					      caller);

	if (q) {
		memcpy(q, s, len);
		q[len] = '\0';
	}
	return q;
}

char *kstrdup(const char *s, gfp_t gfp)
{
	if (!s)
		return NULL;
	return dup_nul(s, strlen(s), gfp, __builtin_return_address(0));
}

char *kstrndup(const char *s, size_t max, gfp_t gfp)
{
	if (!s)
		return NULL;
	return dup_nul(s, strnlen(s, max), gfp, __builtin_return_address(0));
}

char *kmemdup_nul(const char *s, size_t len, gfp_t gfp)
{
	if (!s || len == (size_t)-1)
		return NULL;
	return dup_nul(s, len, gfp, __builtin_return_address(0));
}
