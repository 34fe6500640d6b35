// SPDX-License-Identifier: MIT
/*
 * kmem/dump.c - what an address is, for somebody who looks for a bug
 *
 * Source	Linux v6.12 mm/slab_common.c, kmem_dump_obj()
 */
#include "core/fmt.h"
#include "kmem/kmem.h"

bool kmem_dump_obj(void *object)
{
	const struct page *slab = virt_to_slab_page(object);
	struct kmem_cache *s;
	const char *start;
	char where[96] = "";

	if (!slab)
		return false;
	s = slab->slab_cache;
	start = s->ops->object_of(s, object);
	if (start)
		km_snprintf(where, sizeof(where),
			    " start %p pointer offset %lu", (const void *)start,
			    (unsigned long)((const char *)object - start));
	km_report(" slab %s%s size %u\n", s->name, where, s->object_size);
	return true;
}
