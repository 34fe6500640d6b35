// SPDX-License-Identifier: MIT
/*
 * kmem/region.c - memory for what the fast paths trust, apart from the frames
 *
 * Sheaves, arrays of objects and tables of cursors hold the addresses that
 * malloc() returns next. They lie in a region of their own, which a program
 * that writes past the end of its block cannot reach (region_map.c).
 *
 *	guard | block, 1 MiB			| block		  ... | guard
 *	      | header | units of 1 KiB ...	| header | ...
 *		used	#  ##..#######......	a bit for each unit
 *		dirty	1    1    1   0		a bit for each page of the OS
 *
 * A request gets the first run of free units that is long enough. All that is
 * known of it is in the header of the block: freed memory holds no links.
 *
 * A page is dirty from its first use until it is given back. Whole dirty pages
 * with no unit in use are idle, and go back to the OS at ticks, when malloc is
 * trimmed, and when there are many. Address space does not go back.
 *
 * Locking	region_lock (rank LOCK_REGION). System calls are made while it
 *		is held, and frames may be allocated.
 * Invariants	REGION1  a unit in use lies in mapped bytes and in a dirty page
 *		REGION2  the counts are the sums over all blocks
 *		REGION3  no run of free units of a block is longer than
 *			 `longest`; blocks before `roomy` have none
 *					(region_check() checks all three)
 */
#include <errno.h>
#include <string.h>

#include "core/bitmap.h"
#include "kmem/internal.h"
#include "kmem/region.h"
#include "kmem/region_map.h"
#include "sys/os.h"

#define BLOCK_UNITS (REGION_BLOCK / REGION_UNIT)
#define PAGE_UNITS (OS_PAGE_SIZE / REGION_UNIT)
#define REGION_FIRST (64UL << 10) /* bytes mapped at first */
#define IDLE_MOST ((256UL << 10) / OS_PAGE_SIZE) /* and an eighth of dirty */
#define REGION_ZERO 1U /* the block is to be zeroed */
#define REFUSED_SKIPS 64 /* requests between two tries to grow */

/* The first unit of a block; region_lock. */
struct region_block {
	struct list_head list; /* region_blocks, in the order they were made */
	u32 number; /* on the list; constant */
	u16 units; /* mapped; the header is the first */
	u16 longest;
	unsigned long used[BLOCK_UNITS / BITS_PER_LONG];
	unsigned long dirty[BITS_TO_LONGS(REGION_BLOCK / OS_PAGE_SIZE)];
};

_Static_assert(sizeof(struct region_block) <= REGION_UNIT, "one unit");
_Static_assert(PAGE_UNITS <= BITS_PER_LONG, "a page's units are in one word");

static LIST_HEAD(region_blocks); /* region_lock */
static struct region_block *roomy; /* region_lock */
/* region_lock; read without */
static unsigned long region_dirty, region_idle, region_mapped; /* pages */
static unsigned long region_units; /* units, without headers */
static unsigned long idle_kept; /* that the OS did not take back */
static unsigned int refused; /* requests to fail without a try to grow */

static unsigned int units_of(size_t size)
{
	return (unsigned int)DIV_ROUND_UP(size, REGION_UNIT);
}

static struct region_block *region_block_of(const void *p)
{
	return (struct region_block *)((uintptr_t)p & ~(REGION_BLOCK - 1));
}

static char *unit_address(struct region_block *block, unsigned int unit)
{
	return (char *)block + unit * REGION_UNIT;
}

static struct region_block *next_region_block(const struct region_block *block)
{
	return block->list.next == &region_blocks ?
		       NULL :
		       list_entry(block->list.next, struct region_block, list);
}

/* Returns true if no unit of the page is in use. */
static bool page_unused(const struct region_block *block, unsigned int page)
{
	unsigned int unit = page * (unsigned int)PAGE_UNITS;

	return !(block->used[unit / BITS_PER_LONG] >> unit % BITS_PER_LONG &
		 ~0UL >> (BITS_PER_LONG - PAGE_UNITS));
}

static bool page_idle(const struct region_block *block, unsigned int page)
{
	return test_bit(page, block->dirty) && page_unused(block, page);
}

/* ---- growth -------------------------------------------------------------- */

/* Makes the header of a block. Fresh pages are zero. */
static void block_begin(struct region_block *block, unsigned int units)
{
	static u32 blocks; /* region_lock */

	block->number = blocks++;
	block->units = (u16)units;
	block->longest = (u16)(units - 1);
	__set_bit(0, block->used);
	__set_bit(0, block->dirty);
	WRITE_ONCE(region_dirty, region_dirty + 1);
	list_add_tail(&block->list, &region_blocks);
	if (!roomy)
		roomy = block;
}

/* Maps `size` bytes more, or less if that ends a block. 0 or -ENOMEM. */
static int grow_by(size_t size)
{
	struct region_block *block;
	char *start;

	start = __region_grow(&size);
	if (!start)
		return -ENOMEM;
	WRITE_ONCE(region_mapped, region_mapped + size / OS_PAGE_SIZE);
	block = region_block_of(start);
	if (start == (char *)block) {
		block_begin(block, units_of(size));
		return 0;
	}
	block->units = (u16)(block->units + units_of(size));
	block->longest = block->units;
	return 0; /* roomy is no later block: this is the newest */
}

/*
 * Maps as much as there is, up to a block; or, where that is refused, what the
 * request needs. Returns 0 or -ENOMEM.
 */
static int region_more(unsigned int units)
{
	size_t step = clamp(region_mapped * OS_PAGE_SIZE, REGION_FIRST,
			    REGION_BLOCK);
	size_t least = OS_PAGE_ALIGN((units + 1) * REGION_UNIT);

	if (refused) {
		refused--;
		return -ENOMEM;
	}
	if (!grow_by(max(step, least)) || !grow_by(least))
		return 0;
	refused = REFUSED_SKIPS;
	return -ENOMEM;
}

/* ---- blocks of units ----------------------------------------------------- */

/* Returns the first of so many free units in a row, or block->units. */
static unsigned int find_units(const struct region_block *block,
			       unsigned int units)
{
	unsigned int at = 0, end;

	for (;;) {
		at = find_next_zero_bit(block->used, block->units, at);
		if (at + units > block->units)
			return block->units;
		end = find_next_bit(block->used, at + units, at);
		if (end == at + units)
			return at;
		at = end;
	}
}

/* Clears the part of units [start, end) that lies in one page. */
static void clear_in_page(struct region_block *block, unsigned int page,
			  unsigned int start, unsigned int end)
{
	unsigned int first = page * (unsigned int)PAGE_UNITS;

	start = max(start, first);
	end = min(end, first + (unsigned int)PAGE_UNITS);
	memset(unit_address(block, start), 0, (end - start) * REGION_UNIT);
}

static void *take_units(struct region_block *block, unsigned int start,
			unsigned int units, unsigned int flags)
{
	unsigned int end = start + units;
	unsigned int page = start / (unsigned int)PAGE_UNITS;

	for (; page * PAGE_UNITS < end; page++) {
		if (!test_bit(page, block->dirty)) {
			__set_bit(page, block->dirty);
			WRITE_ONCE(region_dirty, region_dirty + 1);
			continue;
		}
		if (page_unused(block, page))
			WRITE_ONCE(region_idle, region_idle - 1);
		if (flags & REGION_ZERO)
			clear_in_page(block, page, start, end);
	}
	bitmap_set(block->used, start, units);
	WRITE_ONCE(region_units, region_units + units);
	idle_kept = min(idle_kept, region_idle);
	return unit_address(block, start);
}

/* Returns a run of units of a block that is mapped, or NULL. */
static void *take_mapped(unsigned int units, unsigned int flags)
{
	struct region_block *block = roomy, *next;
	unsigned int at;

	for (; block; block = next) {
		next = next_region_block(block);
		if (units <= block->longest) {
			at = find_units(block, units);
			if (at < block->units)
				return take_units(block, at, units, flags);
			block->longest = (u16)(units - 1);
		}
		if (block == roomy && !block->longest && next)
			roomy = next;
	}
	return NULL;
}

static void *region_take(size_t size, unsigned int flags)
{
	unsigned int units = units_of(size);
	void *p;

	if (size > REGION_MOST)
		return NULL;
	spin_lock(&region_lock);
	do {
		p = take_mapped(units, flags);
	} while (!p && !region_more(units));
	spin_unlock(&region_lock);
	return p;
}

void region_retry(void)
{
	spin_lock(&region_lock);
	refused = 0;
	spin_unlock(&region_lock);
}

void *region_alloc(size_t size)
{
	return region_take(size, 0);
}

void *region_zalloc(size_t size)
{
	return region_take(size, REGION_ZERO);
}

/* ---- back to the OS ------------------------------------------------------ */

/* Gives idle pages [start, end) back. */
static void discard_pages(struct region_block *block, unsigned int start,
			  unsigned int end)
{
	if (os_discard((char *)block + start * OS_PAGE_SIZE,
		       (end - start) * OS_PAGE_SIZE))
		return; /* locked in memory, or no call was possible */
	bitmap_clear(block->dirty, start, end - start);
	WRITE_ONCE(region_dirty, region_dirty - (end - start));
	WRITE_ONCE(region_idle, region_idle - (end - start));
}

static void trim_block(struct region_block *block)
{
	unsigned int nr = block->units / (unsigned int)PAGE_UNITS, start, end;

	for (start = 0; start < nr; start = end + 1) {
		end = start;
		while (end < nr && page_idle(block, end))
			end++;
		if (end > start)
			discard_pages(block, start, end);
	}
}

static void __region_trim(void)
{
	struct region_block *block;

	list_for_each_entry(block, &region_blocks, list)
		trim_block(block);
	idle_kept = region_idle;
}

void region_trim(void)
{
	if (!READ_ONCE(region_idle))
		return;
	spin_lock(&region_lock);
	__region_trim();
	spin_unlock(&region_lock);
}

void region_free(void *p, size_t size)
{
	struct region_block *block = region_block_of(p);
	unsigned int start, end, page;

	if (!p)
		return;
	start = (unsigned int)(((char *)p - (char *)block) / REGION_UNIT);
	end = start + units_of(size);
	spin_lock(&region_lock);
	BUG_ON(!start || end > block->units ||
	       find_next_zero_bit(block->used, end, start) < end);
	bitmap_clear(block->used, start, end - start);
	WRITE_ONCE(region_units, region_units - (end - start));
	page = start / (unsigned int)PAGE_UNITS;
	for (; page * PAGE_UNITS < end; page++)
		if (page_unused(block, page))
			WRITE_ONCE(region_idle, region_idle + 1);
	block->longest = block->units;
	if (block->number < roomy->number)
		roomy = block;
	refused = 0;
	if (region_idle > idle_kept + IDLE_MOST + region_dirty / 8)
		__region_trim();
	spin_unlock(&region_lock);
}

/* ---- numbers and checks -------------------------------------------------- */

unsigned long region_used(void)
{
	return READ_ONCE(region_units) * REGION_UNIT;
}

unsigned long region_pages(void)
{
	return READ_ONCE(region_dirty) * (OS_PAGE_SIZE >> PAGE_SHIFT);
}

bool region_holds(const void *p)
{
	const struct region_block *block;
	bool found = false;

	spin_lock(&region_lock);
	list_for_each_entry(block, &region_blocks, list)
		found |= block == region_block_of(p) &&
			 (uintptr_t)p - (uintptr_t)block <
				 block->units * REGION_UNIT;
	spin_unlock(&region_lock);
	return found;
}

struct region_count {
	unsigned long dirty, idle, mapped, used;
};

static void check_region_block(const struct region_block *block,
			       struct region_count *count)
{
	unsigned int run = 0, unit;

	BUG_ON(!test_bit(0, block->used));
	for (unit = 0; unit < block->units; unit++) {
		bool used = test_bit(unit, block->used);

		BUG_ON(used && !test_bit(unit / (unsigned int)PAGE_UNITS,
					 block->dirty));
		run = used ? 0 : run + 1;
		count->used += used && unit;
		BUG_ON(run > block->longest);
	}
	BUG_ON(find_next_bit(block->used, BLOCK_UNITS, unit) < BLOCK_UNITS);
	BUG_ON(block->longest && block->number < roomy->number);
	for (unsigned int page = 0; page < block->units / PAGE_UNITS; page++) {
		count->dirty += test_bit(page, block->dirty);
		count->idle += page_idle(block, page);
		count->mapped++;
	}
}

void region_check(void)
{
	const struct region_block *block;
	struct region_count count = { 0 };

	spin_lock(&region_lock);
	list_for_each_entry(block, &region_blocks, list)
		check_region_block(block, &count);
	BUG_ON(count.dirty != region_dirty || count.idle != region_idle);
	BUG_ON(count.mapped != region_mapped || count.used != region_units);
	spin_unlock(&region_lock);
}
