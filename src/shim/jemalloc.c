// SPDX-License-Identifier: MIT
/*
 * shim/jemalloc.c - jemalloc's own calls (weak), all of them
 *
 * A program that is linked with jemalloc takes blocks by mallocx() and gives
 * them back by free(), or the other way round. All seven are served here, so
 * that no block begins in one allocator and ends in another. mallctl() is not:
 * it controls and describes jemalloc, which has no blocks then.
 *
 *	flags	0-5	log2 of the alignment, 0: none asked for
 *		6	the bytes are to be zero
 *		8-19	a cache of freed blocks, by number: not needed here
 *		20-31	an arena, by number: ignored, with one warning
 *
 * A request for zeroed bytes zeroes all of the usable size, since the next
 * rallocx() or xallocx() begins to clear there.
 *
 * Tests	conformance.jemalloc
 * Source	the manual page jemalloc(3)
 */
#include <errno.h>
#include <string.h>

#include "diag/report.h"
#include "kmem/inside.h"
#include "shim/exports.h"
#include "shim/shim.h"
#include "shim/slack.h"
#include "shim/trace.h"

#define FLAG_LG_ALIGN 0x3f
#define FLAG_ZERO 0x40
#define FLAG_ARENA_SHIFT 20

/* Returns the alignment that flags ask for; 1: none. */
static size_t flags_alignment(int flags)
{
	return 1UL << (flags & FLAG_LG_ALIGN);
}

static __cold void say_no_arenas(void)
{
	static u8 said;

	if (!__atomic_exchange_n(&said, 1, __ATOMIC_RELAXED))
		km_report("kmalloc: an arena of jemalloc's was asked for: "
			  "there is one for all\n");
}

static void check_arena(int flags)
{
	if (unlikely((unsigned int)flags >> FLAG_ARENA_SHIFT))
		say_no_arenas();
}

/* Clears a block from byte `from` to its end. */
static void clear_rest(void *p, size_t from)
{
	size_t usable = malloc_usable_size(p);

	if (usable > from)
		memset((char *)p + from, 0, usable - from);
}

static void *take_flagged(size_t size, int flags, uintptr_t caller)
{
	void *p = shim_memalign(flags_alignment(flags), size, caller);

	if (p && (flags & FLAG_ZERO))
		clear_rest(p, 0);
	return p;
}

WEAK_EXPORT void *mallocx(size_t size, int flags)
{
	check_arena(flags);
	return take_flagged(size, flags, _RET_IP_);
}

/* Resizes, and moves the block if it does not fit or is not aligned so. */
static void *resize_aligned(void *p, size_t size, int flags, uintptr_t caller)
{
	size_t usable = malloc_usable_size(p);
	void *q;

	if (IS_ALIGNED((uintptr_t)p, flags_alignment(flags)) &&
	    size <= usable && size > usable / 2)
		return p;
	q = take_flagged(size, flags & ~FLAG_ZERO, caller);
	if (!q)
		return NULL;
	memcpy(q, p, min(size, usable));
	free(p);
	return q;
}

WEAK_EXPORT void *rallocx(void *p, size_t size, int flags)
{
	size_t before;
	void *q;

	check_arena(flags);
	size = max(size, 1UL);
	before = malloc_usable_size(p);
	if (flags_alignment(flags) > MALLOC_ALIGN)
		q = resize_aligned(p, size, flags, _RET_IP_);
	else
		q = realloc(p, size);
	if (q && (flags & FLAG_ZERO)) /* a moved block has the new size */
		clear_rest(q, q == p ? before : min(before, size));
	return q;
}

/* Resizes a run in place, to `most` or `size` bytes. Returns 0 or -ENOMEM. */
static int resize_run(void *p, size_t before, size_t size, size_t most)
{
	struct large large;

	if (large_find(p, &large) || !most)
		return -ENOMEM;
	if (most <= PTRDIFF_MAX && !large_resize_here(p, most))
		return 0;
	if (size <= before || size > PTRDIFF_MAX)
		return -ENOMEM;
	return large_resize_here(p, size);
}

/* Resizes in place. Returns the block's size afterwards, changed or not. */
WEAK_EXPORT size_t xallocx(void *p, size_t size, size_t extra, int flags)
{
	size_t before = malloc_usable_size(p), most;
	int ret;

	check_arena(flags);
	if (__builtin_add_overflow(size, extra, &most))
		most = SIZE_MAX;
	if (!km_ready() || !arena_contains(p) || arena_index[virt_to_pfn(p)] ||
	    !kmem_enter())
		return before;
	ret = resize_run(p, before, size, most);
	kmem_leave();
	if (ret)
		return before;
	if (flags & FLAG_ZERO)
		clear_rest(p, before);
	most = malloc_usable_size(p);
	if (unlikely(trace_on)) {
		__trace_call(TRACE_REALLOC, p, most, 0);
		__trace_resized(p, p, most);
	}
	return most;
}

WEAK_EXPORT size_t sallocx(const void *p, int flags)
{
	(void)flags;
	return malloc_usable_size((void *)(uintptr_t)p);
}

WEAK_EXPORT void dallocx(void *p, int flags)
{
	(void)flags;
	free(p);
}

WEAK_EXPORT void sdallocx(void *p, size_t size, int flags)
{
	(void)size;
	(void)flags;
	free(p);
}

WEAK_EXPORT size_t nallocx(size_t size, int flags)
{
	size_t align = flags_alignment(flags);

	if (size > PTRDIFF_MAX || align > PTRDIFF_MAX)
		return 0;
	if (align > aligned_max(align) ||
	    ALIGN(size, align) > aligned_max(align)) {
		slack_give_all();
		return PAGE_ALIGN(max(size, 1UL));
	}
	return malloc_good_size(max(ALIGN(size, align), align));
}
