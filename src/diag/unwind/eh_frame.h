// SPDX-License-Identifier: MIT
/*
 * diag/unwind/eh_frame.h - finds the compiler's unwind table of a code address
 *
 *	pc -> loaded object -> .eh_frame_hdr: a sorted table
 *	                         [start of function | its FDE] ...
 *	                    -> FDE: how far, which instructions
 *	                    -> CIE: what is common to many FDEs
 *
 * Reads only what the loader mapped; takes no lock and allocates nothing.
 *
 * Source	the Linux Standard Base (.eh_frame, .eh_frame_hdr), DWARF 5
 */
#ifndef KM_DIAG_UNWIND_EH_FRAME_H
#define KM_DIAG_UNWIND_EH_FRAME_H

#include "sys/compiler.h"

/* A loaded object that holds code. */
struct eh_object {
	uintptr_t start, end; /* of its mapping */
	uintptr_t hdr; /* its .eh_frame_hdr; 0: none */
	uintptr_t frames, frames_end; /* its .eh_frame, if hdr is 0 */
	uintptr_t bias; /* run-time address - address in the file */
	const char *name; /* its path; "" for the program itself */
};

/* Finds the object that holds pc. Returns 0 or -ENOENT. */
int eh_find_object(uintptr_t pc, struct eh_object *object);

/* A piece of unwind data that is being read. */
struct eh_reader {
	const u8 *at, *end;
};

u8 eh_u8(struct eh_reader *r);
u64 eh_fixed(struct eh_reader *r, unsigned int bytes);
u64 eh_uleb(struct eh_reader *r);
s64 eh_sleb(struct eh_reader *r);
/* Reads a pointer in an encoding of the LSB. Returns 0 if it is unknown. */
uintptr_t eh_pointer(struct eh_reader *r, u8 encoding, uintptr_t datarel);

/* The contents of an FDE and its CIE. */
struct eh_frame {
	uintptr_t start, end; /* of the code */
	u64 code_align;
	s64 data_align;
	u64 ra_reg; /* the column of the return address */
	u8 encoding; /* of pointers in the FDE */
	u8 signal; /* 1: pc was interrupted, it is no return address */
	struct eh_reader initial; /* the instructions of the CIE */
	struct eh_reader rest; /* those of the FDE */
};

/* Reads the FDE at `fde` and its CIE. Returns 0 or -ENOENT. */
int eh_read_frame(const u8 *fde, uintptr_t datarel, struct eh_frame *frame);

/* Finds the frame of the function that holds pc. Returns 0 or -ENOENT. */
int eh_find_frame(const struct eh_object *object, uintptr_t pc,
		  struct eh_frame *frame);

/* ---- eh_section.c: a program without .eh_frame_hdr ----------------------- */

/* Sets frames and frames_end of the program's object. Returns 0 or -ENOENT. */
int eh_program_frames(struct eh_object *object);
/*
 * Returns the FDE of the function that holds pc, by a linear search, or NULL.
 */
const u8 *eh_scan_frames(const struct eh_object *object, uintptr_t pc);

#endif
