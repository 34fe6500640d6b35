// SPDX-License-Identifier: MIT
/*
 * test_prep.c - what a block is when it is handed out (docs/kernel.md B10)
 */
#include "support/start.h"
#include "zone/watermark.h"

#define ORDER 2
#define BYTES (PAGE_SIZE << ORDER)

/* A block that is off the lists, as the allocator has it in hand: clean, with
 * no type, its bytes not zero. */
static struct page *take(void)
{
	struct page *page = alloc_pages(GFP_KERNEL, ORDER);

	REQUIRE(page);
	memset(page_address(page), 0x11, BYTES);
	page_clean(page);
	set_page_type(page, PAGE_NONE);
	WRITE_ONCE(page->flags, 0);
	return page;
}

static bool all(const struct page *page, char value)
{
	const char *at = page_address(page);

	for (unsigned long i = 0; i < BYTES; i++)
		if (at[i] != value)
			return false;
	return true;
}

/* A plain request. Expect one reference, the order, the type of the request, no
 * flag, the bytes as they were, and no frame in the index. */
static void child_plain(void *arg)
{
	struct page *page;

	(void)arg;
	start_zone("");
	page = take();
	prep_new_page(page, ORDER, GFP_KERNEL | __GFP_MOVABLE, 0);
	REQUIRE(page_type(page) == PAGE_ALLOCATED);
	REQUIRE(page->_refcount == 1 && page->order == ORDER);
	REQUIRE(page->migratetype == MIGRATE_MOVABLE);
	REQUIRE(!page->flags);
	REQUIRE(all(page, 0x11));
	for (unsigned int i = 0; i < 1U << ORDER; i++)
		REQUIRE(!arena_index[page_to_pfn(page) + i]);
	__free_pages(page, ORDER);
}

/* A compound block. Expect the flag at its head, and each of its frames, and no
 * other, in the index. */
static void child_compound(void *arg)
{
	struct page *page;
	unsigned long pfn;

	(void)arg;
	start_zone("");
	page = take();
	pfn = page_to_pfn(page);
	prep_new_page(page, ORDER, GFP_KERNEL | __GFP_COMP, 0);
	REQUIRE(page->flags & PG_HEAD);
	for (unsigned int i = 0; i < 1U << ORDER; i++)
		REQUIRE(arena_index[pfn + i] == INDEX_OTHER + ORDER);
	REQUIRE(arena_index[pfn + (1UL << ORDER)] != INDEX_OTHER + ORDER);
	__free_pages(page, ORDER);
	REQUIRE(!arena_index[pfn]);
}

/* Zeroed blocks: one with old bytes, and one that the system has taken back,
 * whose bytes are zero without a write. Expect the first to be cleared to its
 * last byte, and the second not to be written to. */
static void child_zero(void *arg)
{
	struct page *page;

	(void)arg;
	start_zone("");
	page = take();
	prep_new_page(page, ORDER, GFP_KERNEL | __GFP_ZERO, 0);
	REQUIRE(all(page, 0));
	__free_pages(page, ORDER);
	page = take();
	WRITE_ONCE(page->flags, PG_REPORTED);
	prep_new_page(page, ORDER, GFP_KERNEL | __GFP_ZERO, 0);
	REQUIRE(all(page, 0x11)); /* a real one would be zero */
	WRITE_ONCE(page->flags, 0);
	__free_pages(page, ORDER);
}

/* A zeroed block of HighMem, which has no address. Expect its part of the file
 * to read as zero. */
static void child_highmem(void *arg)
{
	struct page *page;
	char bytes[64];
	off_t at;

	(void)arg;
	start_zone("highmem=8M");
	page = alloc_pages(GFP_HIGHUSER, 0);
	REQUIRE(page && PageHighMem(page));
	at = (off_t)(page_to_pfn(page) << PAGE_SHIFT) + 100;
	WRITE_ONCE(page->flags, page->flags & (u16)~PG_REPORTED);
	REQUIRE(pwrite(arena.highmem_fd, "old bytes", 9, at) == 9);
	prep_new_page(page, 0, GFP_HIGHUSER | __GFP_ZERO, 0);
	REQUIRE(pread(arena.highmem_fd, bytes, 64, at) == 64);
	for (unsigned int i = 0; i < 64; i++)
		REQUIRE(!bytes[i]);
	__free_page(page);
}

/* A block that was taken below all marks. Expect the flag that says so. */
static void child_reserves(void *arg)
{
	struct page *page;

	(void)arg;
	start_zone("");
	page = take();
	prep_new_page(page, ORDER, GFP_KERNEL, ALLOC_NO_WATERMARKS);
	REQUIRE(page->flags & PG_PFMEMALLOC);
	__free_pages(page, ORDER);
}

static bool good;

static void look(void *page)
{
	good = check_new_page(page);
}

/* A clean page, and pages that were written to while they were free: each field
 * that its owner uses. Expect a report of each but the first, by its reason. */
static void child_checked(void *arg)
{
	static const char *const reasons[] = {
		"nonzero _refcount",
		"nonzero mapcount",
		"non-NULL mapping",
	};
	char text[8192];
	struct page *page;

	(void)arg;
	start_zone("");
	page = take();
	capture_stderr(look, page, text, sizeof(text));
	REQUIRE(good && !*text);
	for (unsigned int i = 0; i < ARRAY_SIZE(reasons); i++) {
		page = take();
		page->_refcount = i == 0;
		page->_mapcount = i == 1;
		page->mapping = i == 2 ? &page : NULL;
		capture_stderr(look, page, text, sizeof(text));
		REQUIRE(!good);
		REQUIRE(strstr(text, reasons[i]));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		child_test(child_plain),    child_test(child_compound),
		child_test(child_zero),	    child_test(child_highmem),
		child_test(child_reserves), child_test(child_checked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
