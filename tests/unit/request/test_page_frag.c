// SPDX-License-Identifier: MIT
/*
 * test_page_frag.c - pieces of pages, cut off one after the other
 * (docs/kernel.md B9)
 */
#include "support/start.h"

#define BLOCK (8 * PAGE_SIZE)

/* Pieces of a block. Expect them side by side, aligned where asked, one block
 * for all, and the block free when the last piece and the cache are. */
static void child_fragments(void *arg)
{
	struct page_frag_cache nc = { NULL, 0, 0 };
	struct zone *zone = start_zone("");
	char *p[40], *aligned;

	(void)arg;
	for (int i = 0; i < 40; i++) {
		p[i] = page_frag_alloc(&nc, 800, GFP_KERNEL);
		memset(p[i], i, 800);
		REQUIRE(p[i] == p[0] + i * 800);
	}
	check_conservation(zone, 8);
	aligned = page_frag_alloc_align(&nc, 10, GFP_KERNEL, 64);
	REQUIRE((uintptr_t)aligned % 64 == 0 && aligned - p[39] < 800 + 64);
	page_frag_free(aligned);
	for (int i = 39; i >= 0; i--) {
		REQUIRE(p[i][0] == i && p[i][799] == i);
		page_frag_free(p[i]);
	}
	check_conservation(zone, 8); /* the cache still has it */
	p[0] = page_frag_alloc(&nc, 1 << 15, GFP_KERNEL); /* from the start */
	check_conservation(zone, 8);
	page_frag_cache_drain(&nc);
	check_conservation(zone, 8);
	page_frag_free(p[0]);
	check_conservation(zone, 0);
	page_frag_free(NULL);
	page_frag_cache_drain(&nc);
}

/* Only single pages are left. Expect pieces of up to a page from these, NULL
 * for more, and all pages back in the end. */
static void child_fragments_short(void *arg)
{
	struct page_frag_cache nc = { NULL, 0, 0 };
	struct page *heads[TEST_BLOCKS];
	struct zone *zone;
	void *p, *q;

	(void)arg;
	zone = start_owned_zone("", heads);
	for (unsigned long n = 0; n < 1024; n += 2)
		give_frames(zone, page_to_pfn(heads[1]) + n, 1);
	p = page_frag_alloc(&nc, 3000, QUIET);
	q = page_frag_alloc(&nc, 3000, QUIET);
	REQUIRE(p && q && ((uintptr_t)p ^ (uintptr_t)q) >= PAGE_SIZE);
	REQUIRE(!page_frag_alloc(&nc, 5000, QUIET));
	page_frag_free(p);
	page_frag_free(q);
	page_frag_cache_drain(&nc);
	drain_all_pages(zone);
	REQUIRE(zone->free_pages == 512);
}

/* FRAG1 */
static void check_references(const struct page_frag_cache *nc, u32 pieces)
{
	REQUIRE(nc->page->_refcount == nc->bias + pieces);
}

/* Pieces come and go while the cache is used. Expect the references of the
 * block to be those of the cache and one for each piece. */
static void child_references(void *arg)
{
	struct page_frag_cache nc = { NULL, 0, 0 };
	void *p[10];

	(void)arg;
	start_zone("");
	for (u32 i = 0; i < 10; i++) {
		p[i] = page_frag_alloc(&nc, 100, GFP_KERNEL);
		check_references(&nc, i + 1);
	}
	for (u32 i = 0; i < 5; i++) {
		page_frag_free(p[i]);
		check_references(&nc, 9 - i);
	}
	p[0] = page_frag_alloc(&nc, BLOCK - 1000, GFP_KERNEL); /* to its end */
	check_references(&nc, 6);
	for (u32 i = 5; i < 10; i++)
		page_frag_free(p[i]);
	page_frag_free(p[0]);
	check_references(&nc, 0);
	page_frag_cache_drain(&nc);
}

/* The block is used up while a piece of it is in use, and while none is. Expect
 * another block, the first one being the piece's alone, and the same block from
 * its start; and a new one from its start, after a drain. */
static void child_used_up(void *arg)
{
	struct page_frag_cache nc = { NULL, 0, 0 };
	struct zone *zone = start_zone("");
	char *p = page_frag_alloc(&nc, BLOCK, GFP_KERNEL);
	char *q = page_frag_alloc(&nc, 1, GFP_KERNEL);
	struct page *second = nc.page;

	(void)arg;
	REQUIRE(virt_to_head_page(p) != second);
	REQUIRE(virt_to_head_page(p)->_refcount == 1);
	check_conservation(zone, 16);
	page_frag_free(p);
	check_conservation(zone, 8);
	page_frag_free(q);
	p = page_frag_alloc(&nc, BLOCK, GFP_KERNEL);
	REQUIRE(p == page_address(second));
	check_references(&nc, 1);
	page_frag_free(p);
	page_frag_cache_drain(&nc);
	check_conservation(zone, 0);
	for (int i = 0; i < 2; i++) {
		p = page_frag_alloc(&nc, 10, GFP_KERNEL);
		REQUIRE(p == page_address(nc.page));
		page_frag_free(p);
		page_frag_cache_drain(&nc);
	}
}

/* The last byte of a block, at the largest alignment too, and one byte more
 * than a block has. Expect the first two from the block in use, and NULL. */
static void child_ends(void *arg)
{
	struct page_frag_cache nc = { NULL, 0, 0 };
	struct page *block;
	char *p;

	(void)arg;
	start_zone("");
	page_frag_free(page_frag_alloc(&nc, BLOCK - PAGE_SIZE - 1, GFP_KERNEL));
	block = nc.page;
	p = page_frag_alloc_align(&nc, PAGE_SIZE, GFP_KERNEL, PAGE_SIZE);
	REQUIRE(p == (char *)page_address(block) + BLOCK - PAGE_SIZE);
	page_frag_free(p);
	REQUIRE(nc.page == block && nc.offset == BLOCK);
	REQUIRE(!page_frag_alloc(&nc, BLOCK + 1, GFP_KERNEL));
	page_frag_cache_drain(&nc);
}

static void request_nothing(void *arg)
{
	struct page_frag_cache nc = { NULL, 0, 0 };

	REQUIRE(!page_frag_alloc_align(&nc, 0, GFP_KERNEL, 1));
	REQUIRE(!page_frag_alloc_align(&nc, 8, GFP_KERNEL, 3));
	REQUIRE(!page_frag_alloc_align(&nc, 8, GFP_KERNEL, 2 * PAGE_SIZE));
	page_frag_free(arg);
}

/* No bytes, alignments that are none or too large, and a free of what is in no
 * page. Expect NULL and a warning for the first of the former, and one for the
 * latter. */
static void child_refused(void *arg)
{
	char text[8192];
	int local;

	(void)arg;
	start_zone("");
	capture_stderr(request_nothing, &local, text, sizeof(text));
	REQUIRE(count_phrase(text, "page_frag_alloc: size") == 1);
	REQUIRE(strstr(text, "page_frag_alloc: size 0, alignment 1"));
	REQUIRE(count_phrase(text, "is in no allocated page") == 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		child_test(child_fragments),  child_test(child_fragments_short),
		child_test(child_references), child_test(child_used_up),
		child_test(child_ends),	      child_test(child_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
