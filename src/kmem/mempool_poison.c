// SPDX-License-Identifier: MIT
/*
 * kmem/mempool_poison.c - finds writes to elements in reserve
 *
 * For the allocator, elements in reserve are in use, so it does not poison
 * them. If their cache has SLAB_POISON, the pool fills them: 0x6b, and 0xa5 in
 * the last byte.
 *
 * Source	Linux v6.12 mm/mempool.c, poison_element(), check_element()
 *		(docs/kernel.md L11)
 */
#include <string.h>

#include "diag/dump_stack.h"
#include "diag/fmt.h"
#include "diag/report.h"
#include "kmem/debug.h"
#include "kmem/kmalloc.h"
#include "kmem/mempool.h"

/* Returns how many bytes of an element the pool may fill. */
static size_t poisoned_size(const mempool_t *pool, const void *element)
{
	struct kmem_cache *s;
	struct page *page;

	if (pool->free != mempool_free_slab && pool->free != mempool_kfree)
		return 0;
	if (ZERO_OR_NULL_PTR(element))
		return 0;
	s = virt_to_cache(element, &page);
	if (!s || !(s->flags & SLAB_POISON))
		return 0;
	return pool->free == mempool_free_slab ? s->object_size :
						 (size_t)pool->pool_data;
}

void mempool_poison(const mempool_t *pool, void *element)
{
	size_t size = poisoned_size(pool, element);
	unsigned char *p = element;

	if (likely(!size))
		return;
	memset(p, POISON_FREE, size - 1);
	p[size - 1] = POISON_END;
}

static void poison_error(const mempool_t *pool, const unsigned char *p,
			 size_t size, size_t byte)
{
	size_t start = byte < 8 ? 0 : byte - 8;
	size_t end = min(byte + 8, size);
	char bytes[64] = "";
	int len = 0;

	for (size_t i = start; i < end; i++)
		len += km_snprintf(bytes + len, sizeof(bytes) - (size_t)len,
				   "%x ", p[i]);
	km_report("BUG: mempool element poison mismatch\n"
		  "Mempool %p size %zu\n"
		  " nr=%d @ %p: %s0x%s%s\n",
		  (const void *)pool, size, pool->curr_nr, (const void *)p,
		  start ? "... " : "", bytes, end < size ? "..." : "");
	dump_stack();
}

void mempool_check(const mempool_t *pool, void *element)
{
	size_t size = poisoned_size(pool, element);
	unsigned char *p = element;

	for (size_t i = 0; i < size; i++) {
		u8 wanted = i < size - 1 ? POISON_FREE : POISON_END;

		if (p[i] == wanted)
			continue;
		poison_error(pool, p, size, i);
		break;
	}
	if (size)
		memset(p, POISON_INUSE, size);
}
