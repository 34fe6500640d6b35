// SPDX-License-Identifier: MIT
/*
 * diag/unwind/eh_frame.c - see eh_frame.h
 *
 * glibc's _dl_find_object() (2.35) names the object without a lock. In a static
 * program the program itself is known. libc finds other addresses once it has
 * started; before that it has no list of objects.
 */
#include <dlfcn.h>
#include <elf.h>
#include <errno.h>
#include <link.h>
#include <string.h>

#include "diag/unwind/eh_frame.h"
#include "sys/os.h"

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

#define HDR_TABLE (PE_DATAREL | PE_SDATA4) /* the only kind linkers write */

/* ---- reading ------------------------------------------------------------- */

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

/* ---- objects ------------------------------------------------------------- */

extern __typeof__(_dl_find_object) _dl_find_object __attribute__((weak));

static int find_in_program(uintptr_t pc, struct eh_object *object)
{
	const void *headers;
	unsigned int nr = os_program_headers(&headers, &object->bias);
	const Elf64_Phdr *ph = headers;

	object->name = "";
	object->start = ~0UL;
	object->end = 0;
	object->hdr = object->frames = object->frames_end = 0;
	for (unsigned int i = 0; i < nr; i++) {
		uintptr_t at = object->bias + ph[i].p_vaddr;

		if (ph[i].p_type == PT_GNU_EH_FRAME)
			object->hdr = at;
		if (ph[i].p_type != PT_LOAD)
			continue;
		object->start = min(object->start, at);
		object->end = max(object->end, at + ph[i].p_memsz);
	}
	if (pc < object->start || pc >= object->end)
		return -ENOENT;
	if (!object->hdr)
		eh_program_frames(object);
	return 0;
}

int eh_find_object(uintptr_t pc, struct eh_object *object)
{
	struct dl_find_object found;

	if (os_is_static() && !find_in_program(pc, object))
		return 0;
	if (!os_libc_started() || !&_dl_find_object ||
	    _dl_find_object((void *)pc, &found))
		return -ENOENT;
	object->start = (uintptr_t)found.dlfo_map_start;
	object->end = (uintptr_t)found.dlfo_map_end;
	object->hdr = (uintptr_t)found.dlfo_eh_frame;
	object->frames = object->frames_end = 0;
	object->bias = found.dlfo_link_map->l_addr;
	object->name = found.dlfo_link_map->l_name;
	return 0;
}

/* ---- frames -------------------------------------------------------------- */

struct hdr_row {
	s32 start, fde; /* both from the beginning of .eh_frame_hdr */
};

/* Returns the FDE whose code begins last at or before pc, or NULL. */
static const u8 *search_table(uintptr_t hdr, uintptr_t pc)
{
	struct eh_reader r = { (const u8 *)hdr, (const u8 *)hdr + 32 };
	const struct hdr_row *rows;
	u64 low = 0, high;
	u8 frame_enc, count_enc;

	if (eh_u8(&r) != 1) /* version */
		return NULL;
	frame_enc = eh_u8(&r);
	count_enc = eh_u8(&r);
	if (eh_u8(&r) != HDR_TABLE || count_enc == PE_OMIT)
		return NULL;
	eh_pointer(&r, frame_enc, hdr);
	high = eh_pointer(&r, count_enc, hdr);
	rows = (const void *)r.at;
	while (low < high) {
		u64 middle = (low + high) / 2;

		if (hdr + (uintptr_t)(s64)rows[middle].start <= pc)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low)
		return NULL;
	return (const u8 *)(hdr + (uintptr_t)(s64)rows[low - 1].fde);
}

/* Returns the CIE or FDE at `at`, without its length; empty if unknown. */
static struct eh_reader open_entry(const u8 *at)
{
	u32 length;

	memcpy(&length, at, sizeof(length));
	if (length == 0xffffffff) /* 64-bit DWARF: never seen */
		length = 0;
	return (struct eh_reader){ at + 4, at + 4 + length };
}

/* The augmentation data that "z..." announces: what each letter means. */
static void read_augmentation(struct eh_reader *r, const char *letters,
			      struct eh_frame *frame)
{
	u64 length = eh_uleb(r);
	struct eh_reader data = { r->at, min(r->at + length, r->end) };

	r->at = data.end;
	for (; *letters; letters++) {
		switch (*letters) {
		case 'R':
			frame->encoding = eh_u8(&data);
			break;
		case 'P':
			eh_pointer(&data, eh_u8(&data) & PE_FORMAT, 0);
			break;
		case 'L':
			eh_u8(&data);
			break;
		case 'S':
			frame->signal = 1;
		}
	}
}

static int read_cie(const u8 *at, struct eh_frame *frame)
{
	struct eh_reader r = open_entry(at);
	const char *letters;
	u8 version;

	if (eh_fixed(&r, 4)) /* this is what makes it a CIE */
		return -ENOENT;
	version = eh_u8(&r);
	letters = (const char *)r.at;
	while (eh_u8(&r))
		;
	if ((version != 1 && version != 3) || (*letters && *letters != 'z'))
		return -ENOENT;
	frame->code_align = eh_uleb(&r);
	frame->data_align = eh_sleb(&r);
	frame->ra_reg = version == 1 ? eh_u8(&r) : eh_uleb(&r);
	if (*letters)
		read_augmentation(&r, letters + 1, frame);
	frame->initial = r;
	return *letters ? 0 : -ENOENT;
}

int eh_read_frame(const u8 *fde, uintptr_t datarel, struct eh_frame *frame)
{
	struct eh_reader r = open_entry(fde);
	const u8 *cie = r.at;
	u64 skip;

	memset(frame, 0, sizeof(*frame));
	cie -= eh_fixed(&r, 4);
	if (read_cie(cie, frame))
		return -ENOENT;
	frame->start = eh_pointer(&r, frame->encoding, datarel);
	frame->end = frame->start +
		     eh_pointer(&r, frame->encoding & PE_FORMAT, 0);
	skip = eh_uleb(&r);
	r.at = min(r.at + skip, r.end);
	frame->rest = r;
	return 0;
}

int eh_find_frame(const struct eh_object *object, uintptr_t pc,
		  struct eh_frame *frame)
{
	const u8 *fde = object->hdr ? search_table(object->hdr, pc) :
				      eh_scan_frames(object, pc);

	if (!fde || eh_read_frame(fde, object->hdr, frame))
		return -ENOENT;
	return pc >= frame->start && pc < frame->end ? 0 : -ENOENT;
}
