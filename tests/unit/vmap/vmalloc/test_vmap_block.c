// SPDX-License-Identifier: MIT
/*
 * test_vmap_block.c - when a block of vm_map_ram() ends
 */
#include "support/vmtest.h"
#include "vmap/vmalloc/vmap_block.h"

#define HIGH (GFP_KERNEL | __GFP_HIGHMEM)
#define PIECE 64 /* the most that a block gives at once */
#define PIECES (VMAP_BBMAP_BITS / PIECE)

static struct page *pages[PIECE];
static char *p[PIECES];

/* A block with so many pieces in use. */
static void map_pieces(unsigned int nr)
{
	for (unsigned int i = 0; i < nr; i++) {
		p[i] = vm_map_ram(pages, PIECE, -1);
		REQUIRE(p[i]);
		REQUIRE(!i || p[i] == p[0] + i * PIECE * PAGE_SIZE);
	}
}

static void unmap_pieces(unsigned int from, unsigned int to)
{
	for (unsigned int i = from; i < to; i++)
		vm_unmap_ram(p[i], PIECE);
	vm_check();
}

static void start(const void *backend)
{
	vm_start("", backend);
	for (unsigned int i = 0; i < PIECE; i++) {
		pages[i] = alloc_page(HIGH);
		REQUIRE(pages[i]);
	}
}

/* A block of which a part is in use and a part was. Expect it to stay, with
 * what is in use, whatever is purged; and to go when nothing is in use. */
static void child_in_use(void *arg)
{
	start(arg);
	map_pieces(3);
	unmap_pieces(0, 1);
	unmap_pieces(2, 3);
	vm_purge_blocks(VM_PURGE_ALL);
	REQUIRE(is_vmalloc_addr(p[0]) && os_readable(p[1]));
	REQUIRE(vmalloc_to_page(p[1]) == pages[0]);
	unmap_pieces(1, 2);
	vm_purge_blocks(VM_PURGE_ALL);
	REQUIRE(!is_vmalloc_addr(p[1]));
}

/* Blocks of which nothing is in use, with a quarter free and with less, when a
 * tick looks. Expect the first to be kept for more mappings, and the second to
 * go; and the first too when all is purged. */
static void child_old(void *arg)
{
	start(arg);
	map_pieces(PIECES * 3 / 4);
	unmap_pieces(0, PIECES * 3 / 4);
	vm_purge_blocks(VM_PURGE_OLD);
	REQUIRE(is_vmalloc_addr(p[0]));
	p[1] = vm_map_ram(pages, 1, -1);
	REQUIRE(p[1] == p[0] + PIECES * 3 / 4 * PIECE * PAGE_SIZE);
	vm_unmap_ram(p[1], 1);
	vm_purge_blocks(VM_PURGE_OLD);
	REQUIRE(!is_vmalloc_addr(p[0]));
	map_pieces(PIECES * 3 / 4);
	unmap_pieces(0, PIECES * 3 / 4);
	vm_purge_blocks(VM_PURGE_ALL);
	REQUIRE(!is_vmalloc_addr(p[0]));
}

/* A block that nothing was mapped in but for what is in use now. Expect no
 * purge to touch it: it costs nothing to keep. */
static void child_fresh(void *arg)
{
	start(arg);
	map_pieces(1);
	vm_purge_blocks(VM_PURGE_ALL);
	vm_purge_blocks(VM_PURGE_OLD);
	REQUIRE(vmalloc_to_page(p[0]) == pages[0]);
	unmap_pieces(0, 1);
}

/* The last piece of a block that is used up is unmapped, in any order. Expect
 * the block to go with it, without a purge. */
static void child_last(void *arg)
{
	start(arg);
	map_pieces(PIECES);
	unmap_pieces(1, PIECES);
	REQUIRE(is_vmalloc_addr(p[0]) && os_readable(p[0]));
	unmap_pieces(0, 1);
	REQUIRE(!is_vmalloc_addr(p[0]));
}

/* The system refuses to unmap the pieces, and then the block. Expect it to be
 * kept, still mapped and charged, and to go with the next purge. */
static void child_refused(void *arg)
{
	unsigned long charged;

	start(arg);
	charged = frames_charged();
	map_pieces(2);
	os_fail_calls(1, 1000);
	unmap_pieces(0, 2);
	vm_purge_blocks(VM_PURGE_ALL);
	os_fail_calls(0, 0);
	REQUIRE(is_vmalloc_addr(p[0]));
	REQUIRE(frames_charged() > charged);
	vm_check();
	vm_purge_blocks(VM_PURGE_ALL);
	REQUIRE(!is_vmalloc_addr(p[0]) && !os_readable(p[0]));
	REQUIRE(frames_charged() == charged);
	vm_check();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		vm_tests(child_in_use),	 vm_tests(child_old),
		vm_tests(child_fresh),	 vm_tests(child_last),
		vm_tests(child_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
