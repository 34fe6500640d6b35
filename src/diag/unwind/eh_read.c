// SPDX-License-Identifier: MIT
/*
 * diag/unwind/eh_read.c - see eh_read.h
 */
#include <string.h>

#include "diag/unwind/eh_read.h"

u8 eh_u8(struct eh_reader *r)
{
	return r->at < r->end ? *r->at++ : 0;
}

u64 eh_fixed(struct eh_reader *r, unsigned int bytes)
{
	u64 value = 0;

	if ((size_t)(r->end - r->at) < bytes) {
		r->at = r->end;
		return 0;
	}
	memcpy(&value, r->at, bytes);
	r->at += bytes;
	return value;
}

static s64 fixed_signed(struct eh_reader *r, unsigned int bytes)
{
	unsigned int shift = 64 - 8 * bytes;

	return (s64)(eh_fixed(r, bytes) << shift) >> shift;
}

u64 eh_uleb(struct eh_reader *r)
{
	unsigned int shift = 0;
	u64 value = 0;
	u8 byte;

	do {
		byte = eh_u8(r);
		if (shift < 64)
			value |= (u64)(byte & 0x7f) << shift;
		shift += 7;
	} while (byte & 0x80);
	return value;
}

s64 eh_sleb(struct eh_reader *r)
{
	unsigned int shift = 0;
	u64 value = 0;
	u8 byte;

	do {
		byte = eh_u8(r);
		if (shift < 64)
			value |= (u64)(byte & 0x7f) << shift;
		shift += 7;
	} while (byte & 0x80);
	if (shift < 64 && (byte & 0x40))
		value |= ~0UL << shift;
	return (s64)value;
}

uintptr_t eh_pointer(struct eh_reader *r, u8 encoding, uintptr_t datarel)
{
	uintptr_t base = 0;

	if ((encoding & PE_RELATIVE) == PE_PCREL)
		base = (uintptr_t)r->at;
	else if ((encoding & PE_RELATIVE) == PE_DATAREL)
		base = datarel;
	switch (encoding & PE_FORMAT) {
	case 0:
	case PE_UDATA8:
	case PE_SDATA8:
		return base + eh_fixed(r, 8);
	case PE_UDATA4:
		return base + eh_fixed(r, 4);
	case PE_UDATA2:
		return base + eh_fixed(r, 2);
	case PE_SDATA4:
		return base + (uintptr_t)fixed_signed(r, 4);
	case PE_SDATA2:
		return base + (uintptr_t)fixed_signed(r, 2);
	case PE_ULEB:
		return base + eh_uleb(r);
	case PE_SLEB:
		return base + (uintptr_t)eh_sleb(r);
	default:
		r->at = r->end;
		return 0;
	}
}
