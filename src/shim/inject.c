// SPDX-License-Identifier: MIT
/*
 * shim/inject.c - failslab for malloc
 *
 * Each call of the program is tested once, small or large, whatever allocations
 * it causes inside. The loader ends a program when it gets no memory, so its
 * calls are exempt from this and from fail_page_alloc.
 */
#include <errno.h>

#include "kmem/failslab.h"
#include "shim/shim.h"
#include "sys/os.h"

__cold int __inject_begin(size_t size, uintptr_t caller)
{
	const struct kmem_cache *s = NULL;

	if (os_in_loader(caller)) {
		fault_exempt_begin();
		return 0;
	}
	if (size <= MAX_SMALL)
		s = shim_cache_for(size);
	return should_failslab(s, GFP_KERNEL, size) ? -ENOMEM : 0;
}

__cold void __inject_end(uintptr_t caller)
{
	if (os_in_loader(caller))
		fault_exempt_end();
}
