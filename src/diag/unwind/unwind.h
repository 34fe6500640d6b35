// SPDX-License-Identifier: MIT
/*
 * diag/unwind/unwind.h - from the frame of a function to that of its caller
 *
 *	higher	| caller's frame   |
 *	        |------------------| <- CFA, the caller's stack pointer
 *	        | return address   |    CFA - 8
 *	        | saved rbp, rbx   |    where the FDE says
 *	        | locals           |
 *	lower	|------------------| <- sp
 *
 * Code without frame pointers can be walked only by the unwind tables of the
 * compiler. Nothing is allocated and no lock is taken. Stack memory is checked
 * to be readable before it is read: on an unusual stack the walk ends early,
 * and the program does not crash.
 *
 * Source	DWARF 5 section 6.4; System V ABI for x86-64. Other machines
 *		have no unwinder: unwind_here() returns -ENOSYS.
 */
#ifndef KM_DIAG_UNWIND_UNWIND_H
#define KM_DIAG_UNWIND_UNWIND_H

#include "diag/unwind/eh_frame.h"
#include "sys/compiler.h"

#define UNWIND_REGS 17 /* rax rdx rcx rbx rsi rdi rbp rsp r8..r15, pc */
#define UNWIND_SP 7
#define UNWIND_PC 16

struct unwind_cursor {
	u64 reg[UNWIND_REGS];
	uintptr_t readable, readable_end; /* memory known to be so */
	u8 interrupted; /* 1: pc is exact, not behind a call */
};

/* Begins in the frame of this function's caller. Returns 0 or -ENOSYS. */
int unwind_here(struct unwind_cursor *cursor);
/* Steps to the caller. Returns 0, or -ENOENT: last frame, or no table. */
int unwind_step(struct unwind_cursor *cursor);

/* ---- for the files of the unwinder alone --------------------------------- */

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
