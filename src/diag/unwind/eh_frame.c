// SPDX-License-Identifier: MIT
/*
 * diag/unwind/eh_frame.c - finds and reads the table of one function
 *
 * The sorted table of .eh_frame_hdr is searched. An object without one has its
 * .eh_frame, whose entries are read one after the other.
 */
#include <errno.h>
#include <string.h>

#include "diag/unwind/eh_frame.h"
#include "diag/unwind/eh_read.h"

#define HDR_TABLE (PE_DATAREL | PE_SDATA4) /* the only kind linkers write */

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

/* Returns the FDE of the function of pc, by a linear search, or NULL. */
static const u8 *scan_frames(const struct eh_object *object, uintptr_t pc)
{
	const u8 *at = (const u8 *)object->frames;
	const u8 *end = (const u8 *)object->frames_end;
	struct eh_frame frame;

	while (end - at > 8) {
		u32 length, cie;

		memcpy(&length, at, sizeof(length));
		memcpy(&cie, at + 4, sizeof(cie));
		if (!length || length > (size_t)(end - at) - 4)
			break;
		if (cie && !eh_read_frame(at, 0, &frame) && pc >= frame.start &&
		    pc < frame.end)
			return at;
		at += 4 + length;
	}
	return NULL;
}

int eh_find_frame(const struct eh_object *object, uintptr_t pc,
		  struct eh_frame *frame)
{
	const u8 *fde = object->hdr ? search_table(object->hdr, pc) :
				      scan_frames(object, pc);

	if (!fde || eh_read_frame(fde, object->hdr, frame))
		return -ENOENT;
	return pc >= frame->start && pc < frame->end ? 0 : -ENOENT;
}
