// SPDX-License-Identifier: MIT
/*
 * test_zones.c - how the arena is cut into nodes and zones
 */
#include "support/start.h"
#include "sys/os.h"

static const char *const layouts[] = {
	"",
	"dma=4M dma32=8M movablecore=16M highmem=8M",
	"numa=fake=3 dma=5M dma32=30M movablecore=13M highmem=17M",
	"numa=fake=2 dma=64M",
};

/* How many zones have this frame in their span? */
static unsigned int zones_of(unsigned long pfn)
{
	unsigned int nr = 0;
	struct zone *zone;

	for_each_zone(zone)
		nr += pfn >= zone->zone_start_pfn && pfn < zone_end_pfn(zone);
	return nr;
}

/* One layout. Expect each frame in one zone, and zones of whole largest
 * blocks that have as many frames as the span (ZONE1). */
static void child_cover(void *arg)
{
	unsigned long frames = 0;
	struct zone *zone;

	start_zone(arg);
	for_each_zone(zone) {
		REQUIRE(zone->zone_start_pfn % MAX_ORDER_NR_PAGES == 0);
		REQUIRE(zone->spanned_pages % MAX_ORDER_NR_PAGES == 0);
		REQUIRE(pfn_to_zone(zone->zone_start_pfn) == zone);
		frames += zone->spanned_pages;
	}
	REQUIRE(frames == arena.span_frames);
	for (unsigned long pfn = 0; pfn < frames; pfn++)
		REQUIRE(zones_of(pfn) == 1);
	REQUIRE(!pfn_to_zone(frames));
}

static void test_cover(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(layouts); i++) {
		struct child_end end;
		char cmdline[80];

		strcpy(cmdline, layouts[i]);
		child_run(child_cover, cmdline, &end);
		assert_string_equal(end.err, "");
		assert_int_equal(end.status, 0);
	}
}

/* First frames chosen at random, in two ways. Expect one inside the first
 * pageblock for each zone with kernel pages, others each time, and mem= as
 * large as without. */
static void child_first_frames(void *arg)
{
	unsigned long first[2], limit;
	struct zone *zone;

	(void)arg;
	start_zone("dma=4M movablecore=16M highmem=8M mem=64M");
	limit = arena.limit_frames;
	zone = &NODE_DATA(0)->node_zones[ZONE_NORMAL];
	for (u64 i = 0; i < 2; i++) {
		unsigned long more = 0;
		struct zone *each;

		os_random_seed(i);
		REQUIRE(!zones_init(ZONES_RANDOM));
		first[i] = zone->first_frame;
		for_each_zone(each) {
			REQUIRE(each->first_frame < PAGEBLOCK_PAGES);
			more += ALIGN(each->first_frame, ARENA_STEP);
		}
		REQUIRE(NODE_DATA(0)->node_zones[ZONE_DMA].first_frame);
		REQUIRE(!NODE_DATA(0)->node_zones[ZONE_MOVABLE].first_frame);
		REQUIRE(!NODE_DATA(0)->node_zones[ZONE_HIGHMEM].first_frame);
		REQUIRE(arena.limit_frames == limit + more);
		limit = arena.limit_frames;
	}
	REQUIRE(first[0] != first[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cover),
		child_test(child_first_frames),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
