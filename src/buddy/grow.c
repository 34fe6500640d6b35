// SPDX-License-Identifier: MIT
/*
 * buddy/grow.c - zones get frames as they need them
 *
 * A section that came online is not put on the free lists at once. Its frames
 * are deferred: one block, of 4 MiB if there are as many, is put on the lists
 * whenever nothing else serves a request. So a small program touches one struct
 * page.
 *
 *	zone_start_pfn      deferred_pfn    deferred_end   grow_pfn     end
 *	   |==== managed ======|~~~ deferred ~~~|             |...........|
 *
 * The first section is 1 MiB, each further one as large as all before it, up to
 * 32 MiB; a zone of more than 256 MiB grows by an eighth. If the OS refuses a
 * section, half of it is asked for, and so on down to 512 KiB. So the zone gets
 * what is allowed near RLIMIT_AS and with mlockall(MCL_FUTURE).
 *
 * Of the first section the frames below first_frame are skipped, so that
 * addresses are harder to guess: they have no memory and are not present.
 *
 *	   |..skipped..|~~~ deferred ~~~|
 *	               ^first_frame, 0 to 511
 *
 * Holes are left by sections that were taken offline and by other mappings.
 * Growth first looks behind the last section, and into the holes when there is
 * nothing else.
 *
 * Locking	arena_lock for growth; zone->lock for the lists
 * Invariants	GROW1  deferred frames are online, zero, and on no list
 *		GROW2  skipped frames are not mapped and never on a list
 *						(unit.buddy.grow checks both)
 * Source	Linux mm/mm_init.c, deferred_grow_zone() and
 *		mm/memory_hotplug.c as a model
 */
#include <errno.h>
#include <limits.h>

#include "buddy/buddy.h"
#include "buddy/freelist.h"
#include "sys/os.h"
#include "zone/numa.h"
#include "zone/surplus.h"
#include "zone/thp.h"
#include "zone/watermark.h"
#include "zone/zone.h"

#define FIRST_SECTION (1UL << 20 >> PAGE_SHIFT)

/* Returns how many frames at the start of the next section are not used. */
static unsigned long frames_skipped(const struct zone *zone)
{
	return zone->present_pages ? 0 : zone->first_frame;
}

/* Returns how many frames the next section should have. */
static unsigned long section_wanted(const struct zone *zone)
{
	unsigned long there = zone->present_pages, most = arena.section_frames;
	unsigned long skipped = ALIGN(frames_skipped(zone), ARENA_STEP);

	if (!arena.limit_frames)
		most = max(most, ALIGN_DOWN(there / 8, MAX_ORDER_NR_PAGES));
	return clamp(ALIGN_DOWN(there, ARENA_STEP), FIRST_SECTION, most) +
	       skipped;
}

/*
 * Returns how much of that fits at pfn and below `end`, or less if the limit of
 * mem= is near.
 */
static unsigned long section_size(const struct zone *zone, unsigned long pfn,
				  unsigned long end)
{
	unsigned long nr = min(end - pfn, section_wanted(zone));

	/* from the next pageblock on: the rest of this one counts as online */
	for (unsigned long n = ALIGN(pfn, PAGEBLOCK_PAGES) - pfn; n < nr;
	     n += PAGEBLOCK_PAGES)
		if (pfn_online(pfn + n))
			nr = n; /* a hole that is no whole section */
	return min(nr, ALIGN_DOWN(arena_room(), ARENA_STEP));
}

/*
 * Skips frames of the first section: fewer, and at random too, of one that was
 * halved. They are unmapped, so that mlockall() does not bring them. Returns
 * how many.
 */
static unsigned long skip_frames(const struct zone *zone, unsigned long pfn,
				 unsigned long nr)
{
	unsigned long skipped = frames_skipped(zone) % nr;
	size_t size = ALIGN_DOWN(skipped << PAGE_SHIFT, OS_PAGE_SIZE);

	if (size)
		os_release(pfn_to_virt(pfn), size);
	return skipped;
}

static void section_came(struct zone *zone, unsigned long pfn, unsigned long nr)
{
	unsigned long skipped = skip_frames(zone, pfn, nr);

	if (nr_online_nodes > 1 && !zone_arena_flags(zone))
		numa_bind_frames(zone, pfn + skipped, nr - skipped);
	if (!zone_arena_flags(zone))
		thp_mark_frames(pfn + skipped, nr - skipped);
	WRITE_ONCE(zone->deferred_pfn, pfn + skipped);
	WRITE_ONCE(zone->deferred_end, pfn + nr);
	WRITE_ONCE(zone->grow_pfn, max(zone->grow_pfn, pfn + nr));
	WRITE_ONCE(zone->present_pages, zone->present_pages + nr - skipped);
	WRITE_ONCE(zone->populated_end,
		   max(zone->populated_end, ALIGN(pfn + nr, PAGEBLOCK_PAGES)));
}

/*
 * Brings the first section in [pfn, end) online that the OS allows. Returns 0
 * or -errno. A section that is refused is halved and tried again, but only the
 * last one of a zone may end inside a pageblock. Addresses where another
 * mapping lies are skipped, at first in steps that double, because that mapping
 * may be large.
 */
static int online_section_in(struct zone *zone, unsigned long pfn,
			     unsigned long end)
{
	bool last = pfn >= zone->grow_pfn;
	unsigned long least = last ? ARENA_STEP : PAGEBLOCK_PAGES;
	unsigned long skip = PAGEBLOCK_PAGES, most = ULONG_MAX;

	while (pfn < end) {
		unsigned long nr;
		int ret;

		if (pfn % PAGEBLOCK_PAGES == 0 && pfn_online(pfn)) {
			pfn += PAGEBLOCK_PAGES;
			continue;
		}
		nr = ALIGN_DOWN(min(section_size(zone, pfn, end), most), least);
		if (!nr)
			return -ENOMEM;
		ret = arena_online(pfn, nr, zone_arena_flags(zone));
		if (!ret) {
			section_came(zone, pfn, nr);
			return 0;
		}
		most = ALIGN_DOWN(nr / 2, least);
		if (most)
			continue;
		if (ret != -EEXIST)
			return ret;
		most = PAGEBLOCK_PAGES;
		zone->has_holes = true;
		pfn = ALIGN_DOWN(pfn + skip, PAGEBLOCK_PAGES);
		if (last)
			skip = min(2 * skip, arena.section_frames);
	}
	return -ENOMEM;
}

/*
 * Brings one section of the zone online. Returns 0 or -errno. arena_lock is
 * held.
 */
static int online_section(struct zone *zone)
{
	unsigned long start = zone->zone_start_pfn, end = zone_end_pfn(zone);
	int ret = online_section_in(zone, zone->grow_pfn, end);

	if (!ret || (!zone->offlined_pages && !zone->has_holes))
		return ret;
	ret = online_section_in(zone, start, end);
	if (!ret)
		zone->offlined_pages -= min(zone->offlined_pages,
					    zone->deferred_end -
						    zone->deferred_pfn);
	return ret;
}

/*
 * Returns the order of the largest block at the start of the deferred frames.
 */
static unsigned int deferred_order(const struct zone *zone)
{
	unsigned long pfn = zone->deferred_pfn, nr = zone->deferred_end - pfn;
	unsigned int order = MAX_PAGE_ORDER;

	while (nr >> order == 0 || pfn & ((1UL << order) - 1))
		order--;
	return order;
}

/*
 * Puts the first block of the deferred frames on the free lists. arena_lock is
 * held.
 */
void release_deferred(struct zone *zone)
{
	struct page *page = pfn_to_page(zone->deferred_pfn);
	unsigned int order = deferred_order(zone);

	WRITE_ONCE(zone->deferred_pfn, zone->deferred_pfn + (1UL << order));
	WRITE_ONCE(page->flags, PG_REPORTED);
	set_page_links(page, zone);
	spin_lock(&zone->lock);
	WRITE_ONCE(zone->managed_pages, zone->managed_pages + (1UL << order));
	__free_one_page(zone, page, order);
	spin_unlock(&zone->lock);
	surplus_grown();
	zone_clear_flag(zone, ZONE_BELOW_HIGH); /* the next request checks */
	init_per_zone_wmark_min();
}

bool zone_can_grow(const struct zone *zone)
{
	return READ_ONCE(zone->deferred_pfn) != READ_ONCE(zone->deferred_end) ||
	       (READ_ONCE(zone->grow_pfn) < zone_end_pfn(zone) &&
		arena_room() >= ARENA_STEP);
}

int deferred_grow_zone(struct zone *zone, unsigned long seen)
{
	int ret = 0;

	spin_lock(&arena_lock);
	if (zone->managed_pages != seen)
		goto unlock;
	if (zone->deferred_pfn == zone->deferred_end)
		ret = online_section(zone);
	if (!ret)
		release_deferred(zone);
unlock:
	spin_unlock(&arena_lock);
	return ret;
}
