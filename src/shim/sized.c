// SPDX-License-Identifier: MIT
/*
 * shim/sized.c - frees that say how large the block is
 *
 *	free_sized(p, 60)	is the class of p's frame that of 60 bytes?
 *		yes		freed at once
 *		no		a block resized in place or aligned, or large:
 *				has it 60 bytes? else the program ends
 *
 * The class of the frame is one load away, so the size is only checked. A
 * program that is wrong about it wrote past the end, or has another block in
 * mind. The operators delete with a size do not check it: cxx_order.c.
 *
 * If another malloc comes before ours in symbol look-up, these calls work on
 * its blocks: by_name.c.
 *
 * Source	C23; no counterpart in the kernel
 */
#include "shim/by_name.h"
#include "shim/exports.h"
#include "shim/fast.h"
#include "shim/shim.h"

static noinline void free_claimed(void *p, size_t size, const char *function)
{
	const struct by_name *names = by_name();

	if (p && likely(!names->other))
		pointer_claim(p, function, size);
	names->free(p);
}

EXPORT noinline __hot_text void free_sized(void *p, size_t size)
{
	if (likely(size < shim_sizes.fine_sized) &&
	    push_class(p, shim_sizes.fine[size]))
		return;
	free_claimed(p, size, "free_sized");
}

/* The class is the one that pop_aligned() takes. */
EXPORT noinline __hot_text void free_aligned_sized(void *p, size_t align,
						   size_t size)
{
	size_t bytes = (size + align - 1) & -align;

	if (likely((size | align) < shim_sizes.fine_sized) &&
	    push_class(p, shim_sizes.class[(bytes + 15) / 16]))
		return;
	free_claimed(p, size, "free_aligned_sized");
}
