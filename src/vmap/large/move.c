// SPDX-License-Identifier: MIT
/*
 * vmap/large/move.c - the pages of an area move to another range, not the bytes
 *
 * The kernel moves a part of one mapping. An area may consist of several: one
 * that was cut from what was mapped at different times, of which a part was
 * moved before, or is marked for huge pages. Such an area moves in pieces, one
 * for each mapping.
 *
 *	old	|## marked ##|#### moved once ####|## new ##|
 *		      \	mremap() \  mremap()	     \	mremap()
 *	new	       |############|####################|#######|......|
 *		       committed first; each piece replaces a part of that
 *
 * Where pieces end is found by halving: mremap() says whether a stretch is in
 * one mapping when it is asked for a growth that cannot be had. Pieces beyond
 * PIECES_MOST are copied, so that few mappings stay, and so is a piece that the
 * kernel does not move. So once the new range is committed nothing fails.
 *
 * Locking	none: both ranges are the caller's alone
 * Invariants	AREAMOVE1  all bytes are at the old place, or all at the new
 *					(unit.vmap.large.move checks it)
 * Source	none
 */
#include <errno.h>
#include <string.h>

#include "core/bug.h"
#include "sys/os.h"
#include "vmap/large/internal.h"

#define PIECES_MOST 8

/* Returns how many bytes at `at`, up to `size`, are in one mapping. */
static size_t piece_size(uintptr_t at, size_t size)
{
	size_t one = OS_PAGE_SIZE, more = size + OS_PAGE_SIZE;

	if (os_one_mapping((void *)at, size))
		return size;
	while (more - one > OS_PAGE_SIZE) {
		size_t half = one + OS_PAGE_ALIGN((more - one) / 2);

		if (os_one_mapping((void *)at, half))
			one = half;
		else
			more = half;
	}
	return one;
}

/*
 * Copies a piece to a part of the new range. If the kernel took that part away
 * before it refused to move a piece there, it is mapped again.
 */
static void copy_mapping(uintptr_t from, size_t size, uintptr_t to)
{
	if (os_allow((void *)to, size))
		BUG_ON(os_commit((void *)to, size));
	memcpy((void *)to, (void *)from, size);
}

/* Moves the bytes piece by piece to a range that is committed. */
static void move_pieces(uintptr_t old, size_t size, uintptr_t to)
{
	unsigned int nr = 0;
	size_t piece;

	for (size_t at = 0; at < size; at += piece) {
		bool moved;

		piece = size - at;
		if (nr < PIECES_MOST)
			piece = piece_size(old + at, size - at);
		moved = nr++ < PIECES_MOST &&
			!os_move((void *)(old + at), piece, (void *)(to + at),
				 piece);
		if (!moved)
			copy_mapping(old + at, piece, to + at);
	}
	os_release((void *)old, size);
}

/*
 * Returns true if a lazy range has room for so many bytes. Its pages are there,
 * so a copy faults for none, and the old range becomes lazy in its turn.
 */
static bool lazy_has_room(size_t size)
{
	const struct vmap_area *va;
	bool has;

	spin_lock(&vm_space.lock);
	va = range_largest(&vm_space.lazy);
	has = va && va_size(va) >= size;
	spin_unlock(&vm_space.lock);
	return has;
}

int move_pages(uintptr_t old, size_t old_size, uintptr_t to, size_t size)
{
	int ret = os_move((void *)old, old_size, (void *)to, size);

	if (ret != -EFAULT || lazy_has_room(size))
		return ret;
	ret = os_release((void *)to, size);
	if (!ret)
		ret = os_commit((void *)to, size);
	if (!ret)
		move_pieces(old, old_size, to);
	return ret;
}
