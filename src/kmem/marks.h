// SPDX-License-Identifier: MIT
/*
 * kmem/marks.h - two bytes of the user's for each object of a marked cache
 */
#ifndef KM_KMEM_MARKS_H
#define KM_KMEM_MARKS_H

#include "arena/arena.h"

/* Objects of marked caches are as large at least: each has its own mark. */
#define MARK_SHIFT 10
#define MARK_BYTES (1UL << MARK_SHIFT)
#define MARKS_PER_FRAME (PAGE_SIZE >> MARK_SHIFT)

extern u16 *kmem_marks __hidden; /* constant once there are any */
extern unsigned long kmem_marks_end __hidden; /* frames below have marks */
/* Where the mark of address 0 would be: constant once there are any. */
extern uintptr_t kmem_marks_zero __hidden;

/* Returns the mark of the object of a marked cache that starts at p. */
static __always_inline u16 *kmem_mark_of(const void *p)
{
	return (u16 *)(READ_ONCE(kmem_marks_zero) +
		       ((uintptr_t)p >> MARK_SHIFT) * sizeof(u16));
}

/* Maps the marks of frames. Returns 0 or -ENOMEM. */
int kmem_marks_cover(unsigned long pfn, unsigned long nr);
/* Clears the marks of frames, as far as they have any. */
void kmem_marks_clear(unsigned long pfn, unsigned long nr);

#endif
