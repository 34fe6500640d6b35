/* SPDX-License-Identifier: MIT */
/*
 * tests/support/short.h - a zone that has run out of memory
 *
 * start_zone("mem=16M"), then every page above a mark is taken, one by one, and
 * can be given back the same way.
 */
#ifndef TEST_SHORT_H
#define TEST_SHORT_H

#include <kmalloc/shrinker.h>

#include "core/tick.h"
#include "support/start.h"

#define SHORT_FRAMES (16UL << 20 >> PAGE_SHIFT)
/* What finds nothing says nothing, and asks once. */
#define SHORT (GFP_KERNEL | __GFP_NOWARN | __GFP_NORETRY)

static struct page *short_pages[SHORT_FRAMES] __maybe_unused;
static unsigned long nr_short __maybe_unused;

/* Single pages until a request with these flags finds none. */
static inline void exhaust(gfp_t gfp)
{
	struct page *page;

	while ((page = alloc_pages(gfp, 0)))
		short_pages[nr_short++] = page;
}

static inline void give_short(unsigned long nr)
{
	while (nr--)
		__free_page(short_pages[--nr_short]);
}

/* All of `mem=16M` is managed, and down to the min mark in use. */
static inline struct zone *start_short(const char *cmdline)
{
	struct zone *zone;

	pin_to_one_cpu();
	parse_args("mem=16M");
	zone = start_zone(cmdline);
	tick_interval_ms = ~0UL; /* ticks are the test's alone */
	exhaust(SHORT);
	REQUIRE(zone->managed_pages == SHORT_FRAMES);
	return zone;
}

/* A shrinker that frees pages of the test's own. */
struct hoard {
	struct page *pages[512];
	unsigned long nr; /* pages left; atomic */
	unsigned long counts, scans; /* calls; atomic */
	gfp_t gfp; /* of the last call */
};

static inline unsigned long hoard_count(struct shrinker *s,
					struct shrink_control *sc)
{
	struct hoard *h = s->private_data;

	__atomic_add_fetch(&h->counts, 1, __ATOMIC_RELAXED);
	WRITE_ONCE(h->gfp, sc->gfp_mask);
	return READ_ONCE(h->nr);
}

static inline unsigned long hoard_scan(struct shrinker *s,
				       struct shrink_control *sc)
{
	struct hoard *h = s->private_data;
	unsigned long freed = 0, nr;

	__atomic_add_fetch(&h->scans, 1, __ATOMIC_RELAXED);
	while ((nr = READ_ONCE(h->nr)) && freed < sc->nr_to_scan) {
		WRITE_ONCE(h->nr, nr - 1);
		__free_page(h->pages[nr - 1]);
		freed++;
	}
	return freed;
}

/* It takes over the last `nr` pages of exhaust(). */
static inline struct shrinker *hoard_start(struct hoard *h, unsigned long nr,
					   unsigned int flags)
{
	static struct shrinker s;

	while (h->nr < nr)
		h->pages[h->nr++] = short_pages[--nr_short];
	s.count_objects = hoard_count;
	s.scan_objects = hoard_scan;
	s.seeks = DEFAULT_SEEKS;
	s.flags = flags;
	s.private_data = h;
	shrinker_register(&s);
	return &s;
}

#endif
