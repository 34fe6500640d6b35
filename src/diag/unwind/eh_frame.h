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

#include "diag/unwind/eh_read.h"
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
/*
 * For a program without .eh_frame_hdr: sets frames and frames_end of its object
 * (eh_section.c). Returns 0 or -ENOENT.
 */
int eh_program_frames(struct eh_object *object);

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

#endif
