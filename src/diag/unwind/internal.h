// SPDX-License-Identifier: MIT
/*
 * diag/unwind/internal.h - what the files of the unwinder share
 */
#ifndef KM_DIAG_UNWIND_INTERNAL_H
#define KM_DIAG_UNWIND_INTERNAL_H

#include "diag/unwind/eh_read.h"
#include "diag/unwind/unwind.h"

/* The registers that a function saves, in the order of unwind_simple.saved. */
#define UNWIND_SAVED 6 /* rbx rbp r12 r13 r14 r15 */

/*
 * The simple form of a row: the CFA is a register and an offset, the return
 * address lies below it, and saved registers lie further below.
 */
struct unwind_simple {
	s32 cfa_offset;
	u8 cfa_reg;
	s8 saved[UNWIND_SAVED]; /* in words from the CFA; 0: not saved */
};

/* Gets the cached row for pc in the object of hdr; returns false if none is. */
bool unwind_cache_get(uintptr_t pc, uintptr_t hdr, struct unwind_simple *row);
void unwind_cache_put(uintptr_t pc, uintptr_t hdr,
		      const struct unwind_simple *row);

/* Reads the 8 bytes at addr. Returns 0 or -EFAULT. */
int unwind_peek(struct unwind_cursor *cursor, uintptr_t addr, u64 *value);
/*
 * Evaluates the expression at r, with *value first on its stack. Returns 0, or
 * -EINVAL for operators that call frames do not use.
 */
int unwind_expression(struct unwind_cursor *cursor, struct eh_reader r,
		      u64 *value);

#endif
