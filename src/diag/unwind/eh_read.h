// SPDX-License-Identifier: MIT
/*
 * diag/unwind/eh_read.h - the bytes of unwind tables: numbers and pointers
 *
 * Source	the Linux Standard Base (.eh_frame), DWARF 5 section 7.6
 */
#ifndef KM_DIAG_UNWIND_EH_READ_H
#define KM_DIAG_UNWIND_EH_READ_H

#include "sys/compiler.h"

/* Pointer encodings: the low four bits are the format. */
#define PE_ULEB 0x01
#define PE_UDATA2 0x02
#define PE_UDATA4 0x03
#define PE_UDATA8 0x04
#define PE_SLEB 0x09
#define PE_SDATA2 0x0a
#define PE_SDATA4 0x0b
#define PE_SDATA8 0x0c
#define PE_FORMAT 0x0f
#define PE_PCREL 0x10
#define PE_DATAREL 0x30
#define PE_RELATIVE 0x70
#define PE_OMIT 0xff

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

#endif
