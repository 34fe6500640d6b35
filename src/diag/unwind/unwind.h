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
 * Why not the unwinder of libgcc (libgcc_s, libgcc_eh) or libunwind: a trace is
 * made inside malloc, with locks of the allocator held, in processes that know
 * nothing of this library.
 *
 *	needs		The preload libraries need libc alone, in static
 *			programs too. Both unwinders are libraries of their own.
 *			The backtrace() of libc loads libgcc_s by dlopen().
 *	malloc, locks	Where a program registers its tables, libgcc takes a
 *			lock and allocates. libunwind, and libgcc before GCC 12,
 *			call dl_iterate_phdr(). It holds a lock of the loader
 *			while it calls functions of the program, which may call
 *			malloc and wait there for the lock that we hold.
 *	bad stacks	libgcc reads stack memory without checking that it is
 *			mapped. A stack that a program made itself may end
 *			anywhere, and a trace must not crash the program.
 *	static programs	gcc -static leaves the sorted table of functions out.
 *			Here eh_section.c finds the unsorted one, also before
 *			libc has started.
 *
 * The frames are those that libgcc finds: unit.diag.unwind.unwind compares both
 * on deep and optimised stacks, through signals and at each instruction.
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
