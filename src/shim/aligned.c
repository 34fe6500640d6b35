// SPDX-License-Identifier: MIT
/*
 * shim/aligned.c - memory at a stated alignment
 *
 * A class of size n is aligned to the lowest set bit of n, so the smallest
 * class whose size is a multiple of the alignment serves. 96 bytes at 32 are in
 * malloc-96, 100 bytes at 64 in malloc-128. Beyond the classes page runs are
 * aligned to their order and areas to anything; so are 17 KiB at 128.
 */
#include <errno.h>

#include "kmem/inside.h"
#include "kmem/miss.h"
#include "kmem/section.h"
#include "shim/block.h"
#include "shim/count.h"
#include "shim/early.h"
#include "shim/exports.h"
#include "shim/fast.h"
#include "shim/shim.h"
#include "shim/trace.h"
#include "sys/os.h"

/*
 * Returns the smallest class that holds size bytes at this alignment; 0: none.
 * Up to 15 times the alignment each multiple has a class. Classes above are
 * further apart than the alignment, and multiples of it, up to 16 KiB.
 */
static unsigned int aligned_class(size_t align, size_t size)
{
	/* aligned_max(), which rounding up to align does not exceed */
	if (unlikely(size > MAX_EVEN || align > MAX_EVEN) &&
	    (size > MAX_SMALL || align > EVEN_ALIGN))
		return 0;
	size = max(ALIGN(size, align), align);
	return shim_sizes.class[(size + 15) / 16];
}

static void *serve_aligned(size_t align, size_t size, uintptr_t caller)
{
	unsigned int class = aligned_class(align, size);
	struct kmem_cache *s = class ? shim_cache(class) : NULL;
	void *p = NULL;

	if (s)
		p = kmem_cache_alloc_slow(s, SHIM_GFP, NUMA_NO_NODE, size,
					  caller);
	if (p && s->marked)
		block_take_odd(s, p, size);
	return p ? p : large_alloc(max(size, 1UL), align, 0);
}

static noinline void *aligned_slow(size_t align, size_t size, uintptr_t caller)
{
	void *p = NULL;

	if (is_early())
		return NULL; /* errno cannot be reached either */
	if (unlikely(max(size, align) > MAX_REQUEST))
		return shim_refuse();
	if (unlikely(!kmem_enter())) {
		count_call(CALL_ALLOC);
		p = malloc_aside(size, align);
		trace_aligned(p, size, align);
		return p;
	}
	if (!shim_boot() && !inject_begin(size, caller)) {
		p = serve_aligned(align, size, caller);
		inject_end(caller);
	}
	kmem_leave();
	count_call(CALL_ALLOC);
	trace_aligned(p, size, align);
	return p ? p : shim_refuse();
}

/* Class 0 always misses, so requests without a class take the slow path. */
static noinline void *aligned_rest(size_t align, size_t size, uintptr_t caller)
{
	unsigned int class;
	void *p;

	if (align <= MALLOC_ALIGN)
		return shim_malloc(size, caller);
	class = aligned_class(align, size);
	p = section_pop_here(class);
	if (unlikely(!p))
		return aligned_slow(align, size, caller);
	if (class < FIRST_MARKED || !block_checks)
		return p;
	return block_take(class, p, block_counts(size));
}

__hot_text void *shim_new_aligned(size_t size, size_t align,
				  const void *nothrow, uintptr_t caller)
{
	void *p = pop_aligned(align, size);

	(void)nothrow;
	return likely(p) ? p : aligned_rest(align, size, caller);
}

static noinline void *aligned_odd(size_t align, size_t size, uintptr_t caller)
{
	if (!is_power_of_2(align)) {
		errno = EINVAL;
		return NULL;
	}
	return aligned_rest(align, size, caller);
}

EXPORT int posix_memalign(void **out, size_t align, size_t size)
{
	int saved = errno;
	void *p;

	if (!is_power_of_2(align) || align % sizeof(void *))
		return EINVAL;
	p = shim_memalign(align, size, _RET_IP_);
	errno = saved;
	if (!p)
		return ENOMEM;
	*out = p;
	return 0;
}

/* As glibc from 2.38 on: the alignment must be a power of two. */
EXPORT noinline __hot_text void *aligned_alloc(size_t align, size_t size)
{
	if (likely(!(align & (align - 1)))) {
		void *p = pop_aligned(align, size);

		if (likely(p))
			return p;
	}
	return aligned_odd(align, size, _RET_IP_);
}

/* As glibc: another alignment is rounded up to a power of two. */
EXPORT void *memalign(size_t align, size_t size)
{
	if (align > SIZE_MAX / 2 + 1) {
		errno = EINVAL;
		return NULL;
	}
	return shim_memalign(roundup_pow_of_two(max(align, 1UL)), size,
			     _RET_IP_);
}

EXPORT void *valloc(size_t size)
{
	return shim_memalign(OS_PAGE_SIZE, size, _RET_IP_);
}

EXPORT void *pvalloc(size_t size)
{
	if (size > PTRDIFF_MAX) {
		errno = ENOMEM;
		return NULL;
	}
	return shim_memalign(OS_PAGE_SIZE,
			     max(OS_PAGE_ALIGN(size), OS_PAGE_SIZE), _RET_IP_);
}

void *__libc_memalign(size_t align, size_t size) ALIAS(memalign);
void *__libc_valloc(size_t size) ALIAS(valloc);
void *__libc_pvalloc(size_t size) ALIAS(pvalloc);
int __posix_memalign(void **out, size_t align, size_t size)
	ALIAS(posix_memalign);
