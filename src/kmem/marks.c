// SPDX-License-Identifier: MIT
/*
 * kmem/marks.c - two bytes of the user's for each object of a marked cache
 *
 *	address   |      frame      |      frame      |      frame      |
 *	objects	  | 1280 B | 1280 B | 1280 B | ...
 *	marks	  | m |   | m |     | m | ...	one for each KiB: that in which
 *						the object starts
 *
 * The malloc layer notes there what it knows of a block: shim/block.h. The
 * table is far from the frames, so no write past a block comes to it. It has
 * eight bytes for each frame up to the highest that was in a slab of such a
 * cache. These are mapped for 32 MiB of frames at a time, and resident where
 * they were written. If they cannot be mapped, the slab is not made.
 *
 * A new slab has marks of 0, and one of a marked cache leaves such behind, as
 * does a long name. So the marks of other frames belong to who has these, or
 * had them last: page runs of malloc (shim/vacant.c).
 *
 * Locking	region_lock to make the table longer. A mark belongs to the
 *		owner of the object.
 * Invariants	MARKS1  the marks of a slab are 0 when it is made
 *					(unit.kmem.marks checks it)
 * Source	no counterpart
 */
#include <errno.h>
#include <string.h>

#include "kmem/internal.h"
#include "kmem/marks.h"
#include "sys/os.h"

#define MARKS_STEP (32UL << 20 >> PAGE_SHIFT) /* frames */
#define FRAME_MARKS (MARKS_PER_FRAME * sizeof(u16))
#define MARKS_TRIES 8

u16 *kmem_marks;
unsigned long kmem_marks_end;
uintptr_t kmem_marks_zero;

/* The first step of the table. Returns 0, -EEXIST or another -errno. */
static int marks_begin(uintptr_t at, size_t size)
{
	int ret = os_commit((void *)at, size);

	if (ret)
		return ret;
	kmem_marks = (u16 *)at;
	kmem_marks_zero = at - (arena_base >> MARK_SHIFT) * sizeof(u16);
	return 0;
}

/* The same at a random place with room for all of the table. */
static int marks_place(size_t size)
{
	size_t all = max(OS_PAGE_ALIGN(arena.span_frames * FRAME_MARKS), size);
	uintptr_t gap;
	int ret = -EEXIST;

	for (unsigned int i = 0; i < MARKS_TRIES && ret == -EEXIST; i++)
		ret = marks_begin(arena_place_apart(all), size);
	if (ret != -EEXIST)
		return ret;
	/* all of the middle is taken, as by ThreadSanitizer */
	gap = (uintptr_t)os_place(all);
	return gap ? marks_begin(gap, size) : -ENOMEM;
}

/* Maps the marks of frames below `end`. region_lock is held. */
static void marks_grow(unsigned long end)
{
	unsigned long had = kmem_marks_end, want = ALIGN(end, MARKS_STEP);
	size_t size = (want - had) * FRAME_MARKS;
	int ret;

	if (end <= had)
		return;
	if (had)
		ret = os_commit(kmem_marks + had * MARKS_PER_FRAME, size);
	else
		ret = marks_place(size);
	if (!ret)
		smp_store_release(&kmem_marks_end, want);
}

void kmem_marks_clear(unsigned long pfn, unsigned long nr)
{
	unsigned long end = smp_load_acquire(&kmem_marks_end);

	if (pfn < end)
		memset(kmem_marks + pfn * MARKS_PER_FRAME, 0,
		       min(nr, end - pfn) * FRAME_MARKS);
}

int kmem_marks_cover(unsigned long pfn, unsigned long nr)
{
	const unsigned long end = pfn + nr;

	if (likely(end <= smp_load_acquire(&kmem_marks_end)))
		return 0;
	spin_lock(&region_lock);
	marks_grow(end);
	spin_unlock(&region_lock);
	return end <= smp_load_acquire(&kmem_marks_end) ? 0 : -ENOMEM;
}
