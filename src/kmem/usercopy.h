// SPDX-License-Identifier: MIT
/*
 * kmem/usercopy.h - may bytes of an object be copied from or to outside?
 */
#ifndef KM_KMEM_USERCOPY_H
#define KM_KMEM_USERCOPY_H

#include "kmem/kmem.h"

enum usercopy_dir { USERCOPY_OVERWRITE, USERCOPY_EXPOSURE };

/* What was about to be copied, and from where in what. */
struct usercopy {
	enum usercopy_dir dir;
	const char *name; /* of the kind of memory */
	const char *detail; /* in quotes behind it; NULL: nothing */
	unsigned long offset; /* of the first byte in it */
	unsigned long len; /* bytes */
};

/* The kernel's line, and the end of the program. */
__attribute__((noreturn)) void usercopy_abort(const struct usercopy *copy);

/* n bytes at ptr, which is in a slab: return, or usercopy_abort(). */
void __check_heap_object(const void *ptr, unsigned long n,
			 const struct page *slab, enum usercopy_dir dir);

#endif
