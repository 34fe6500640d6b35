// SPDX-License-Identifier: MIT
/*
 * diag/unwind/unwind_peek.c - reads a stack that may be damaged
 *
 * A page that was found readable is not tested again while the walk stays on
 * it.
 */
#include <errno.h>

#include "diag/unwind/internal.h"
#include "sys/os.h"

int unwind_peek(struct unwind_cursor *c, uintptr_t addr, u64 *value)
{
	if (addr % 8)
		return -EFAULT;
	if (addr < c->readable || addr >= c->readable_end) {
		if (!os_readable((const void *)addr))
			return -EFAULT;
		c->readable = ALIGN_DOWN(addr, OS_PAGE_SIZE);
		c->readable_end = c->readable + OS_PAGE_SIZE;
	}
	*value = *(const u64 *)addr;
	return 0;
}
