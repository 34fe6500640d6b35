// SPDX-License-Identifier: MIT
/*
 * kmem/usercopy.h - checks copies of an object's bytes from and to outside
 */
#ifndef KM_KMEM_USERCOPY_H
#define KM_KMEM_USERCOPY_H

#include "kmem/kmem.h"

enum usercopy_dir { USERCOPY_OVERWRITE, USERCOPY_EXPOSURE };

/* A copy that is refused. */
struct usercopy {
	enum usercopy_dir dir;
	const char *name; /* kind of memory */
	const char *detail; /* printed in quotes behind it, or NULL */
	unsigned long offset; /* of the first byte in the memory */
	unsigned long len; /* bytes */
};

/* Prints the kernel's line and aborts. */
__attribute__((noreturn)) void usercopy_abort(const struct usercopy *copy);

/*
 * Returns if n bytes at ptr, which is in a slab, may be copied; otherwise calls
 * usercopy_abort().
 */
void __check_heap_object(const void *ptr, unsigned long n,
			 const struct page *slab, enum usercopy_dir dir);

#endif
