// SPDX-License-Identifier: MIT
/*
 * diag/unwind/unwind_cache.c - remembers how to leave a function
 *
 *	pc, object -> slot: [ check | cfa | saved registers ]
 *
 * Programs call malloc from few places, and nearly all rows of unwind tables
 * have one simple form. So each frame of a trace costs a look-up, and no unwind
 * instructions are run. A row is valid while its object is loaded at that
 * place, so address and object are the key.
 *
 * Locking	none. The words of a slot are written one by one. `check` is the
 *		key mixed with the others, so a slot that is half written
 *		matches no key.
 */
#include <string.h>

#include "diag/unwind/internal.h"

#define NR_SLOTS 2048U

static struct slot {
	u64 check, cfa, saved; /* atomic, each by itself */
} slots[NR_SLOTS];

static u64 key_of(uintptr_t pc, uintptr_t hdr)
{
	u64 key = (pc ^ (hdr << 17 | hdr >> 47)) * 0x9e3779b97f4a7c15UL;

	return key ^ key >> 32;
}

static u64 pack_saved(const struct unwind_simple *row)
{
	u64 word = 0;

	memcpy(&word, row->saved, sizeof(row->saved));
	return word;
}

bool unwind_cache_get(uintptr_t pc, uintptr_t hdr, struct unwind_simple *row)
{
	u64 key = key_of(pc, hdr), cfa, saved;
	struct slot *slot = &slots[key % NR_SLOTS];

	cfa = READ_ONCE(slot->cfa);
	saved = READ_ONCE(slot->saved);
	if (READ_ONCE(slot->check) != (key ^ cfa ^ saved) || !cfa)
		return false;
	row->cfa_reg = (u8)cfa;
	row->cfa_offset = (s32)(cfa >> 32);
	memcpy(row->saved, &saved, sizeof(row->saved));
	return true;
}

void unwind_cache_put(uintptr_t pc, uintptr_t hdr,
		      const struct unwind_simple *row)
{
	u64 key = key_of(pc, hdr), saved = pack_saved(row);
	u64 cfa = (u64)(u32)row->cfa_offset << 32 | row->cfa_reg;
	struct slot *slot = &slots[key % NR_SLOTS];

	WRITE_ONCE(slot->cfa, cfa);
	WRITE_ONCE(slot->saved, saved);
	WRITE_ONCE(slot->check, key ^ cfa ^ saved);
}
