// SPDX-License-Identifier: MIT
/*
 * kmem/usercopy.c - the window of an object that user copies may touch
 *
 *	object	|........|######window######|......|
 *		         ^useroffset        ^useroffset + usersize
 *
 * A copy has to lie in the window of one object. A cache made without a window
 * allows no copy; in kmalloc caches the window is the whole object.
 *
 * Source	Linux v6.12 mm/slub.c and mm/usercopy.c (docs/kernel.md D15)
 */
#include "diag/report.h"
#include "kmem/slab_ops.h"
#include "kmem/usercopy.h"

void usercopy_abort(const struct usercopy *copy)
{
	bool to_user = copy->dir == USERCOPY_EXPOSURE;

	km_panic("usercopy: Kernel memory %s attempt detected %s %s%s%pE%s "
		 "(offset %lu, size %lu)!\n",
		 to_user ? "exposure" : "overwrite", to_user ? "from" : "to",
		 copy->name, copy->detail ? " '" : "",
		 copy->detail ? copy->detail : "", copy->detail ? "'" : "",
		 copy->offset, copy->len);
}

void __check_heap_object(const void *ptr, unsigned long n,
			 const struct page *slab, enum usercopy_dir dir)
{
	struct kmem_cache *s = slab->slab_cache;
	const char *obj = s->ops->object_of(s, ptr);
	struct usercopy copy = {
		.dir = dir,
		.name = "SLUB object",
		.detail = s->name,
		.len = n,
	};

	if (s->ops->flag == KM_SLAB_ON_SLAB)
		copy.name = "SLAB object";
	if (!obj) { /* addr is behind the last object */
		copy.name = "SLUB object not in SLUB page?!";
		copy.detail = NULL;
		usercopy_abort(&copy);
	}
	if ((const char *)ptr < obj) {
		copy.name = "SLUB object in left red zone";
		copy.offset = s->size -
			      (unsigned long)(obj - (const char *)ptr);
		usercopy_abort(&copy);
	}
	copy.offset = (unsigned long)((const char *)ptr - obj);
	if (copy.offset >= s->useroffset &&
	    copy.offset - s->useroffset <= s->usersize &&
	    n <= s->useroffset - copy.offset + s->usersize)
		return;
	usercopy_abort(&copy);
}
