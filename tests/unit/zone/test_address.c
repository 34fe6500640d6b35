// SPDX-License-Identifier: MIT
/*
 * test_address.c - from an address to its page, to the head of its block, and
 * back
 */
#include "support/start.h"

/* Every byte at the edges of frames that are in use. Expect the frame, and its
 * first byte of the frame. */
static void child_frames(void *arg)
{
	struct page *page;
	char *at;

	(void)arg;
	start_zone("");
	page = alloc_pages(GFP_KERNEL, 2);
	at = page_address(page);
	for (unsigned int i = 0; i < 4; i++) {
		char *frame = at + i * PAGE_SIZE;

		REQUIRE(page_address(page + i) == frame);
		REQUIRE(virt_to_page(frame) == page + i);
		REQUIRE(virt_to_page(frame + PAGE_SIZE - 1) == page + i);
	}
	__free_pages(page, 2);
}

/* Addresses outside the arena, before its frames, and of frames that are not
 * online. Expect no page; and no address of none. */
static void child_none(void *arg)
{
	char *base = (char *)arena_base;
	int local;

	(void)arg;
	start_zone("");
	base = (char *)arena_base;
	REQUIRE(!virt_to_page(&local));
	REQUIRE(!virt_to_page(NULL));
	REQUIRE(!virt_to_page(base - 1));
	REQUIRE(!virt_to_page(base + (TEST_FRAMES << PAGE_SHIFT)));
	REQUIRE(!virt_to_page(base + (arena_bound() << PAGE_SHIFT)));
	REQUIRE(!virt_to_head_page(&local));
	REQUIRE(!page_address(NULL));
}

/* A block with and one without __GFP_COMP. Expect each frame of the first to
 * lead to the head, and those of the second to themselves. */
static void child_heads(void *arg)
{
	struct page *comp, *plain;

	(void)arg;
	start_zone("");
	comp = alloc_pages(GFP_KERNEL | __GFP_COMP, 3);
	plain = alloc_pages(GFP_KERNEL, 3);
	for (unsigned int i = 0; i < 8; i++) {
		char *at = page_address(comp + i);

		REQUIRE(compound_head(comp + i) == comp);
		REQUIRE(virt_to_head_page(at + 5) == comp);
		REQUIRE(compound_head(plain + i) == plain + i);
	}
	__free_pages(comp, 3);
	for (unsigned int i = 0; i < 8; i++)
		REQUIRE(compound_head(comp + i) == comp + i);
	__free_pages(plain, 3);
}

static void *mapped_at(const struct page *page)
{
	return (void *)((page_to_pfn(page) + 1) << 20);
}

/* A page of HighMem, without a room that maps such pages and with one. Expect
 * no address, then what the room says; and of other pages their own. */
static void child_highmem(void *arg)
{
	static const struct frame_mapper mapper = { .address = mapped_at };
	struct page *high, *low;

	(void)arg;
	start_zone("highmem=8M");
	high = alloc_pages(GFP_HIGHUSER, 0);
	low = alloc_pages(GFP_KERNEL, 0);
	REQUIRE(PageHighMem(high) && !PageHighMem(low));
	frame_mapper_register(NULL);
	REQUIRE(!page_address(high));
	REQUIRE(page_address(low) == page_to_virt(low));
	frame_mapper_register(&mapper);
	REQUIRE(page_address(high) == mapped_at(high));
	REQUIRE(page_address(low) == page_to_virt(low));
	frame_mapper_register(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		child_test(child_frames),
		child_test(child_none),
		child_test(child_heads),
		child_test(child_highmem),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
