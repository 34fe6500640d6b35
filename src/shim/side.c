// SPDX-License-Identifier: MIT
/*
 * shim/side.c - blocks for calls that may not use the engine
 *
 * This file serves a signal handler that interrupted a slow path, and a thread
 * that a fork keeps out for long (kmem/inside.h). Blocks of the engine that
 * they free are freed later.
 *
 *	segment	[header|16 size tag|block ...|16 size tag|block ...|       ]
 *	         state = blocks live << 32 | 16-byte units used
 *
 * Space is given out from the front. When the last block of a segment is freed
 * all of it can be used again, and touched pages behind KEEP_SIZE go back to
 * the OS. Segments stay: there are as many as were needed at once.
 *
 * Locking	none, for a handler may interrupt these functions too: state
 *		and the list of segments change by compare and exchange
 * Invariants	SIDE1  a live block is in the units used of its segment
 *		SIDE2  state is SEGMENT_BUSY only while its pages are given back
 *					(unit.shim.side checks both)
 */
#include <errno.h>

#include "kmem/inside.h"
#include "shim/shim.h"
#include "sys/os.h"

#define UNIT 16UL
#define SEGMENT_SIZE (1UL << 20)
#define KEEP_SIZE OS_PAGE_MOST /* stays resident */
#define SEGMENT_BUSY UINT32_MAX /* no unit is free */
#define LIVE_ONE (1UL << 32)

struct segment {
	struct segment *next; /* constant once it is listed */
	size_t size; /* bytes of its mapping; constant */
	u64 state; /* atomic */
	u64 unused;
};

struct header {
	size_t size; /* bytes of the block, a multiple of UNIT */
	uintptr_t tag; /* TAG ^ its address; 0: it is free */
};

#define TAG 0x6b6d5f7369646531UL

_Static_assert(sizeof(struct segment) % UNIT == 0 &&
		       sizeof(struct header) == UNIT,
	       "blocks are aligned");

static struct segment *segments; /* atomic */

static struct header *header_of(const void *p)
{
	return (struct header *)((uintptr_t)p - sizeof(struct header));
}

/* ---- segments ------------------------------------------------------------ */

/* Returns the place for a block behind `used` units; 0: there is none. */
static uintptr_t place_in(const struct segment *seg, u32 used, size_t size,
			  size_t align)
{
	uintptr_t start = (uintptr_t)(seg + 1),
		  end = (uintptr_t)seg + seg->size;
	uintptr_t p;

	if (used == SEGMENT_BUSY)
		return 0;
	p = ALIGN(start + used * UNIT + sizeof(struct header), align);
	return p <= end && size <= end - p ? p : 0;
}

static void *take_from(struct segment *seg, size_t size, size_t align)
{
	u64 state = READ_ONCE(seg->state), next;
	struct header *header;
	uintptr_t p;

	do {
		p = place_in(seg, (u32)state, size, align);
		if (!p)
			return NULL;
		next = (state & ~(LIVE_ONE - 1)) + LIVE_ONE +
		       (p + size - (uintptr_t)(seg + 1)) / UNIT;
	} while (!__atomic_compare_exchange_n(&seg->state, &state, next, false,
					      __ATOMIC_ACQUIRE,
					      __ATOMIC_RELAXED));
	header = header_of((void *)p);
	header->size = size;
	smp_store_release(&header->tag, TAG ^ p);
	return (void *)p;
}

/* Returns a new segment for this block, not listed yet; NULL: no memory. */
static struct segment *new_segment(size_t size, size_t align)
{
	size_t most = sizeof(struct segment) + sizeof(struct header);
	struct segment *seg;

	if (__builtin_add_overflow(most, align, &most) ||
	    __builtin_add_overflow(most, size, &most) || most > PTRDIFF_MAX ||
	    most / UNIT >= SEGMENT_BUSY)
		return NULL;
	most = max(OS_PAGE_ALIGN(most), SEGMENT_SIZE);
	seg = os_map(most);
	if (seg)
		seg->size = most;
	return seg;
}

static void list_segment(struct segment *seg)
{
	seg->next = READ_ONCE(segments);
	while (!__atomic_compare_exchange_n(&segments, &seg->next, seg, false,
					    __ATOMIC_RELEASE, __ATOMIC_RELAXED))
		;
}

/* The last block was freed: gives pages back and makes all space free. */
static void segment_empty(struct segment *seg)
{
	if (seg->size > KEEP_SIZE)
		os_discard((char *)seg + KEEP_SIZE, seg->size - KEEP_SIZE);
	__atomic_store_n(&seg->state, 0, __ATOMIC_RELEASE);
}

static void give_to(struct segment *seg)
{
	u64 state = READ_ONCE(seg->state), next;

	do {
		next = state - LIVE_ONE;
		if (next < LIVE_ONE)
			next = SEGMENT_BUSY;
	} while (!__atomic_compare_exchange_n(&seg->state, &state, next, false,
					      __ATOMIC_ACQ_REL,
					      __ATOMIC_RELAXED));
	if (next == SEGMENT_BUSY)
		segment_empty(seg);
}

/* Returns the segment that holds an address; NULL: not of the side heap. */
static struct segment *segment_of(const void *p)
{
	struct segment *seg = smp_load_acquire(&segments);

	while (seg && ((const char *)p < (char *)seg ||
		       (const char *)p >= (char *)seg + seg->size))
		seg = seg->next;
	return seg;
}

/* ---- blocks -------------------------------------------------------------- */

void *side_alloc(size_t size, size_t align)
{
	struct segment *seg = smp_load_acquire(&segments);
	void *p = NULL;

	if (size > PTRDIFF_MAX || align > PTRDIFF_MAX)
		return NULL;
	size = max(ALIGN(size, UNIT), UNIT);
	for (; seg && !p; seg = seg->next)
		p = take_from(seg, size, align);
	if (p)
		return p;
	seg = new_segment(size, align);
	if (!seg)
		return NULL;
	p = take_from(seg, size, align);
	list_segment(seg);
	return p;
}

int side_find(const void *p, size_t *usable)
{
	const struct segment *seg = segment_of(p);
	const struct header *header = header_of(p);

	if (likely(!seg))
		return -ENOENT;
	if ((const void *)header < (const void *)(seg + 1) ||
	    (uintptr_t)p % UNIT ||
	    smp_load_acquire(&header->tag) != (TAG ^ (uintptr_t)p))
		return -EINVAL;
	*usable = header->size;
	return 0;
}

int side_free(void *p)
{
	struct segment *seg = segment_of(p);
	uintptr_t tag = TAG ^ (uintptr_t)p;

	if (!seg)
		return -ENOENT;
	if (!__atomic_compare_exchange_n(&header_of(p)->tag, &tag, 0, false,
					 __ATOMIC_ACQ_REL, __ATOMIC_RELAXED))
		return -EINVAL;
	give_to(seg);
	return 0;
}

/* ---- frees that are put off ---------------------------------------------- */

struct put_off {
	struct put_off *next;
	void *p;
	uintptr_t caller;
};

static struct put_off *queue; /* atomic */

/* If there is no memory for the note the block is never freed. */
void side_put_off(void *p, uintptr_t caller)
{
	struct put_off *note = side_alloc(sizeof(*note), UNIT);

	if (!note)
		return;
	note->p = p;
	note->caller = caller;
	note->next = READ_ONCE(queue);
	while (!__atomic_compare_exchange_n(&queue, &note->next, note, false,
					    __ATOMIC_RELEASE, __ATOMIC_RELAXED))
		;
	kmem_visit.queued = 1;
}

void side_free_put_off(void (*free_block)(void *p, uintptr_t caller))
{
	struct put_off *note, *next;

	note = __atomic_exchange_n(&queue, (struct put_off *)NULL,
				   __ATOMIC_ACQUIRE);
	for (; note; note = next) {
		void *p = note->p;
		uintptr_t caller = note->caller;

		next = note->next;
		side_free(note);
		free_block(p, caller);
	}
}
