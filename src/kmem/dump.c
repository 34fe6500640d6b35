// SPDX-License-Identifier: MIT
/*
 * kmem/dump.c - prints which object an address is in, to help find a bug
 *
 * Source	Linux v6.12 mm/slab_common.c, kmem_dump_obj()
 */
#include "diag/fmt.h"
#include "diag/report.h"
#include "kmem/kmem.h"
#include "kmem/slab_ops.h"

bool kmem_dump_obj(void *object)
{
	const struct page *slab = virt_to_slab_page(object);
	struct kmem_cache *s;
	char where[96] = "";
	char *obj;

	if (!slab)
		return false;
	s = slab->slab_cache;
	obj = s->ops->object_of(s, object);
	if (obj)
		km_snprintf(where, sizeof(where),
			    " start %p pointer offset %ld", (void *)obj,
			    (long)((char *)object - obj));
	km_report(" slab %pE%s size %u\n", s->name, where, s->object_size);
	if (obj && s->ops->print_tracking)
		s->ops->print_tracking(s, obj);
	return true;
}
