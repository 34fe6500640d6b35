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

#endif
