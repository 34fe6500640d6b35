// SPDX-License-Identifier: MIT
/*
 * test_thp.c - which memory is marked for huge pages, and what forbids it
 *
 * The system's setting is one of files made up, so that all machines do alike.
 * On a kernel without huge pages, which refuses each mark, marks are not looked
 * for.
 */
#include <sys/mman.h>

#include "diag/proc.h"
#include "support/folder.h"
#include "support/start.h"
#include "zone/pageblock.h"
#include "zone/surplus.h"
#include "zone/thp.h"

#define MIB_PAGES (1UL << 20 >> PAGE_SHIFT)
#define FROM (24 * MIB_PAGES)

static char status[64];
static bool has_huge; /* the kernel accepts marks */

static int set_up(void **state)
{
	(void)state;
	folder_make();
	snprintf(status, sizeof(status), "%s/status", folder);
	return 0;
}

static int take_down(void **state)
{
	(void)state;
	return folder_remove();
}

/* ---- files --------------------------------------------------------------- */

/* The setting of all sizes, that of 2 MiB above it, and none. Expect the words
 * of the file that decides, and "never" for what cannot be read. */
static void test_setting(void **state)
{
	(void)state;
	folder_drop("enabled");
	folder_drop("hugepages-2048kB/enabled");
	assert_int_equal(thp_read_setting(folder), THP_NEVER);
	folder_put("enabled", "always [madvise] never\n");
	assert_int_equal(thp_read_setting(folder), THP_MADVISE);
	folder_put("enabled", "[always] madvise never\n");
	assert_int_equal(thp_read_setting(folder), THP_ALWAYS);
	folder_put("hugepages-2048kB/enabled",
		   "always [inherit] madvise never\n");
	assert_int_equal(thp_read_setting(folder), THP_ALWAYS);
	folder_put("hugepages-2048kB/enabled",
		   "always inherit madvise [never]\n");
	assert_int_equal(thp_read_setting(folder), THP_NEVER);
	folder_put("enabled", "always madvise [never]\n");
	folder_put("hugepages-2048kB/enabled",
		   "always inherit [madvise] never\n");
	assert_int_equal(thp_read_setting(folder), THP_MADVISE);
	folder_put("hugepages-2048kB/enabled", "");
	assert_int_equal(thp_read_setting(folder), THP_NEVER);
}

/* What the kernel says of the process. Expect 0 alone to disable. */
static void test_disabled(void **state)
{
	(void)state;
	folder_drop("status");
	assert_false(thp_read_disabled(status));
	folder_put("status", "Name:\tx\nTHP_enabled:\t1\nThreads:\t1\n");
	assert_false(thp_read_disabled(status));
	folder_put("status", "Name:\tx\nTHP_enabled:\t0\nThreads:\t1\n");
	assert_true(thp_read_disabled(status));
	folder_put("status", "Name:\tTHP_enabled:\t0\n");
	assert_false(thp_read_disabled(status));
}

/* ---- marks --------------------------------------------------------------- */

/* A zone whose system says madvise, and whose process may have huge pages. */
static struct zone *start(const char *cmdline)
{
	char words[128];

	folder_drop("hugepages-2048kB/enabled");
	folder_put("enabled", "always [madvise] never\n");
	folder_put("status", "Name:\tx\nTHP_enabled:\t1\n");
	thp_look_at(folder, status);
	snprintf(words, sizeof(words), "thp=auto %s", cmdline);
	return start_zone(words);
}

/* Grows to the end of the arena, and uses all that comes. */
static void use_all(struct zone *zone, unsigned long frames)
{
	while (surplus_used() < frames)
		REQUIRE(alloc_pages(QUIET | __GFP_MOVABLE, MAX_PAGE_ORDER));
	zone_check(zone);
}

/* Returns the first pageblock with a mark, or the end of the arena. */
static unsigned long first_mark(void)
{
	unsigned long pfn = 0;

	while (pfn < TEST_FRAMES &&
	       !(pfn_online(pfn) && READ_ONCE(*pageblock_byte(pfn)) & PB_HUGE))
		pfn += PAGEBLOCK_PAGES;
	return pfn;
}

/* Returns true if the mapping at a frame is marked, as the kernel has it. */
static bool kernel_marks(unsigned long pfn)
{
	uintptr_t at = (uintptr_t)pfn_to_virt(pfn);
	char line[512];
	bool there = false, marked = false;
	FILE *f = fopen("/proc/self/smaps", "r");

	REQUIRE(f);
	while (fgets(line, sizeof(line), f)) {
		unsigned long start, end;

		if (sscanf(line, "%lx-%lx ", &start, &end) == 2)
			there = start <= at && at < end;
		else if (there && !strncmp(line, "VmFlags:", 8))
			marked = strstr(line, " hg");
	}
	fclose(f);
	return marked;
}

/* A heap that grows. Expect marks from the first pageblock beyond 24 MiB in
 * use, up to the end, and the kernel to have the same. */
static void child_auto(void *arg)
{
	struct zone *zone = start("");
	unsigned long first;

	(void)arg;
	surplus_areas.used = 3; /* so that 24 MiB are no multiple of anything */
	use_all(zone, TEST_FRAMES - MAX_ORDER_NR_PAGES);
	if (!has_huge)
		return;
	first = first_mark();
	REQUIRE(first >= FROM - PAGEBLOCK_PAGES &&
		first <= FROM + PAGEBLOCK_PAGES);
	REQUIRE(!kernel_marks(first - 1));
	for (unsigned long pfn = first; pfn < TEST_FRAMES;
	     pfn += PAGEBLOCK_PAGES) {
		REQUIRE(READ_ONCE(*pageblock_byte(pfn)) & PB_HUGE);
		REQUIRE(kernel_marks(pfn));
	}
}

/* Large areas are in use, frames are few. Expect a section to be marked whole,
 * and later ones too when the areas have gone. */
static void child_areas_count(void *arg)
{
	struct zone *zone = start("");

	(void)arg;
	grow_zone_to(zone, 8 * MIB_PAGES);
	REQUIRE(first_mark() == TEST_FRAMES);
	surplus_areas.used = FROM;
	grow_zone_to(zone, 16 * MIB_PAGES);
	REQUIRE(!has_huge || first_mark() == 8 * MIB_PAGES);
	surplus_areas.used = 0;
	grow_zone_to(zone, 32 * MIB_PAGES);
	REQUIRE(!has_huge ||
		READ_ONCE(*pageblock_byte(16 * MIB_PAGES)) & PB_HUGE);
}

/* thp=always. Expect marks from the first whole pageblock on. */
static void child_always(void *arg)
{
	struct zone *zone = start("thp=always");

	(void)arg;
	grow_zone_to(zone, 8 * MIB_PAGES);
	REQUIRE(!has_huge || first_mark() <= 2 * PAGEBLOCK_PAGES);
}

/* An area while little is in use, and while much is. Expect the second to be
 * marked, and none near the limit. */
static void child_area(void *arg)
{
	char *at = mmap(NULL, 8 << 20, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	unsigned long calls;

	(void)arg;
	REQUIRE(at != MAP_FAILED);
	start("page_reporting.limit=64M");
	calls = os_mem_calls;
	surplus_areas.used = FROM;
	thp_mark_area((uintptr_t)at, 8 << 20, 0);
	REQUIRE(os_mem_calls == calls);
	surplus_areas.used = 2 * FROM + 1; /* above 3/4 of the limit */
	thp_mark_area((uintptr_t)at, 8 << 20, 0);
	REQUIRE(os_mem_calls == calls);
	surplus_areas.used = FROM;
	thp_mark_area((uintptr_t)at, 8 << 20, 1);
	REQUIRE(os_mem_calls == calls + 1);
}

static void expect_none(const char *cmdline, const char *enabled,
			const char *text)
{
	struct zone *zone = start(cmdline);

	folder_put("enabled", enabled);
	folder_put("status", text);
	use_all(zone, TEST_FRAMES - MAX_ORDER_NR_PAGES);
	REQUIRE(first_mark() == TEST_FRAMES);
}

#define MADVISE "always [madvise] never\n"
#define ENABLED "Name:\tx\nTHP_enabled:\t1\n"

/* Each reason not to mark. Expect no mark at all. */
static void child_never(void *arg)
{
	(void)arg;
	expect_none("thp=never", MADVISE, ENABLED);
}

static void child_system_never(void *arg)
{
	(void)arg;
	expect_none("", "always madvise [never]\n", ENABLED);
}

static void child_system_never_always(void *arg)
{
	(void)arg;
	expect_none("thp=always", "always madvise [never]\n", ENABLED);
}

static void child_disabled(void *arg)
{
	(void)arg;
	expect_none("", MADVISE, "Name:\tx\nTHP_enabled:\t0\n");
}

static void child_near_limit(void *arg)
{
	(void)arg;
	expect_none("page_reporting.limit=32M", MADVISE, ENABLED);
}

static void child_unmapping(void *arg)
{
	(void)arg;
	expect_none("debug_pagealloc=1", MADVISE, ENABLED);
}

/* A file of the setting that changes when the heap is larger. Expect it to be
 * read once, and not while the heap is small. */
static void child_read_once(void *arg)
{
	struct zone *zone = start("");

	(void)arg;
	folder_put("enabled", "always madvise [never]\n");
	surplus_areas.used = 8 * MIB_PAGES;
	grow_zone_to(zone, 8 * MIB_PAGES);
	folder_put("enabled", MADVISE);
	surplus_areas.used = FROM;
	grow_zone_to(zone, 16 * MIB_PAGES);
	REQUIRE(!has_huge || first_mark() == 8 * MIB_PAGES);
	folder_put("enabled", "always madvise [never]\n");
	grow_zone_to(zone, 32 * MIB_PAGES);
	REQUIRE(!has_huge ||
		READ_ONCE(*pageblock_byte(16 * MIB_PAGES)) & PB_HUGE);
}

/* The text. Expect the words of the parameter, and the one in force in
 * brackets; another word to be refused. */
static void child_text(void *arg)
{
	char text[64];

	(void)arg;
	REQUIRE(proc_read("transparent_hugepage/enabled", text, sizeof(text)) >
		0);
	REQUIRE(!strcmp(text, "[auto] never always\n"));
	parse_args("thp=always");
	proc_read("transparent_hugepage/enabled", text, sizeof(text));
	REQUIRE(!strcmp(text, "auto never [always]\n"));
}

static bool kernel_has_huge(void)
{
	const size_t size = 4 << 20;
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	bool has = at != MAP_FAILED && !madvise(at, size, MADV_HUGEPAGE);

	munmap(at, size);
	return has;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_setting),
		cmocka_unit_test(test_disabled),
		child_test(child_auto),
		child_test(child_areas_count),
		child_test(child_always),
		child_test(child_area),
		child_test(child_never),
		child_test(child_system_never),
		child_test(child_system_never_always),
		child_test(child_disabled),
		child_test(child_near_limit),
		child_test(child_unmapping),
		child_test(child_read_once),
		child_test(child_text),
	};

	has_huge = kernel_has_huge();
	return cmocka_run_group_tests(tests, set_up, take_down);
}
