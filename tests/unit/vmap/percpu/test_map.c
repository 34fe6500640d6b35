// SPDX-License-Identifier: MIT
/*
 * test_map.c - hints, bounds and first fit in the maps of one chunk
 */
#include "support/child.h"
#include "core/bug.h"
#include "vmap/percpu/internal.h"

static struct pcpu_chunk chunk;

static int setup(void **state)
{
	(void)state;
	memset(&chunk, 0, sizeof(chunk));
	pcpu_map_init(&chunk);
	return 0;
}

static void assert_md(const struct pcpu_block_md *md,
		      const struct pcpu_block_md *want)
{
	assert_int_equal(md->contig_hint, want->contig_hint);
	assert_int_equal(md->contig_hint_start, want->contig_hint_start);
	assert_int_equal(md->scan_hint, want->scan_hint);
	assert_int_equal(md->scan_hint_start, want->scan_hint_start);
	assert_int_equal(md->left_free, want->left_free);
	assert_int_equal(md->right_free, want->right_free);
	assert_int_equal(md->first_free, want->first_free);
	assert_int_equal(md->nr_bits, want->nr_bits);
}

static int find(unsigned int bits, unsigned int align)
{
	const struct pcpu_request req = { bits, align, 0 };

	return pcpu_find_block_fit(&chunk, &req);
}

static int find_populated(unsigned int bits, unsigned int align)
{
	const struct pcpu_request req = { bits, align, PCPU_POP_ONLY };

	return pcpu_find_block_fit(&chunk, &req);
}

static void alloc(unsigned int bit, unsigned int nr)
{
	pcpu_alloc_area(&chunk, bit, nr);
	assert_int_equal(pcpu_area_size(&chunk, bit), nr);
}

/* Everything is taken, then only some runs freed: [start, start + nr). */
static void free_only(const unsigned int (*runs)[2], unsigned int n)
{
	unsigned int at = 0;

	for (unsigned int i = 0; i <= n; i++) {
		unsigned int end = i < n ? runs[i][0] : PCPU_UNIT_BITS;

		if (end > at)
			alloc(at, end - at);
		at = i < n ? end + runs[i][1] : end;
	}
}

/* A map of which all is free. Expect one run, from end to end. */
static void test_fresh(void **state)
{
	static const struct pcpu_block_md all = {
		.contig_hint = 8192,
		.left_free = 8192,
		.right_free = 8192,
		.nr_bits = 8192,
	};
	static const struct pcpu_block_md page = {
		.contig_hint = 1024,
		.left_free = 1024,
		.right_free = 1024,
		.nr_bits = 1024,
	};

	(void)state;
	assert_md(&chunk.chunk_md, &all);
	for (unsigned int i = 0; i < 8; i++)
		assert_md(&chunk.md_blocks[i], &page);
	assert_int_equal(chunk.free_bytes, 32768);
	assert_int_equal(find(8192, 1), 0);
	assert_int_equal(find(8193, 1), -1);
	assert_int_equal(pcpu_area_size(&chunk, 0), 0);
}

/* Runs in one block: 4 at its start, then 10, 30, 30, 7 and 5 at its end.
 * Expect the first 30 as the largest, 10 in front of it, and both ends. */
static void test_block(void **state)
{
	static const unsigned int runs[][2] = { { 0, 4 },   { 20, 10 },
						{ 64, 30 }, { 200, 30 },
						{ 500, 7 }, { 1019, 5 } };
	static const struct pcpu_block_md want = {
		.contig_hint = 30,
		.contig_hint_start = 64,
		.scan_hint = 10,
		.scan_hint_start = 20,
		.left_free = 4,
		.right_free = 5,
		.first_free = 0,
		.nr_bits = 1024,
	};

	(void)state;
	free_only(runs, ARRAY_SIZE(runs));
	assert_md(&chunk.md_blocks[0], &want);
	assert_int_equal(chunk.md_blocks[1].first_free, 1024);
	assert_int_equal(chunk.md_blocks[1].contig_hint, 0);
	assert_int_equal(chunk.free_bytes, 4 * (4 + 10 + 30 + 30 + 7 + 5));
	assert_int_equal(find(4, 1), 0);
	assert_int_equal(find(5, 1), 20);
	assert_int_equal(find(11, 1), 64);
	assert_int_equal(find(31, 1), -1);
	assert_int_equal(find(4, 16), 0);
	assert_int_equal(find(5, 16), 64);
	assert_int_equal(find(16, 256), -1); /* no run has an aligned start */
}

/* Runs over the borders of blocks, one of them over two whole blocks. Expect
 * the chunk to know them whole, with the one in front of the largest. */
static void test_borders(void **state)
{
	static const unsigned int runs[][2] = {
		{ 100, 6 },    { 1000, 48 }, /* 24 + 24 */
		{ 2000, 10 },  { 3000, 72 + 1024 + 1024 + 5 },
		{ 6000, 200 }, { 8190, 2 },
	};
	static const struct pcpu_block_md want = {
		.contig_hint = 2125,
		.contig_hint_start = 3000,
		.scan_hint = 48,
		.scan_hint_start = 1000,
		.left_free = 0,
		.right_free = 2,
		.first_free = 100,
		.nr_bits = 8192,
	};

	(void)state;
	free_only(runs, ARRAY_SIZE(runs));
	assert_md(&chunk.chunk_md, &want);
	assert_int_equal(chunk.md_blocks[0].right_free, 24);
	assert_int_equal(chunk.md_blocks[1].left_free, 24);
	assert_int_equal(chunk.md_blocks[5].left_free, 5);
	assert_int_equal(find(48, 1), 1000);
	assert_int_equal(find(25, 1), 1000);
	assert_int_equal(find(24, 1024), 1024);
	assert_int_equal(find(25, 1024), 3072);
	assert_int_equal(find(2125, 1), 3000);
	assert_int_equal(find(2126, 1), -1);
	assert_int_equal(find(1, 512), 1024);
	assert_int_equal(find(150, 64), 3008);
}

/* Pages populated here and there. Expect the lowest place on such pages, also
 * inside a run and over the border of two of them. */
static void test_populated(void **state)
{
	(void)state;
	assert_int_equal(find_populated(1, 1), -1);
	__set_bit(2, chunk.populated);
	__set_bit(3, chunk.populated);
	__set_bit(7, chunk.populated);
	assert_int_equal(find_populated(1, 1), 2048);
	assert_int_equal(find_populated(2048, 1024), 2048);
	assert_int_equal(find_populated(2049, 1), -1);
	alloc(2048, 10);
	assert_int_equal(find_populated(2038, 1), 2058);
	assert_int_equal(find_populated(2039, 1), -1);
	assert_int_equal(find_populated(1000, 1024), 3072);
	alloc(3000, 1096);
	assert_int_equal(find_populated(1000, 1), 7168);
	assert_int_equal(find_populated(900, 1), 2058);
}

/* How many things begin somewhere, by the boundary map. */
static unsigned int bounds(void)
{
	unsigned int nr = 0;

	for (unsigned int bit = 0; bit <= PCPU_UNIT_BITS; bit++)
		nr += test_bit(bit, chunk.bound_map);
	return nr;
}

/* Four neighbours freed in every order. Expect free runs to become one with
 * what is free beside them, and with nothing else. */
static void test_coalesce(void **state)
{
	static const unsigned int start[] = { 1000, 1010, 1040, 2000 };
	static const unsigned int nr[] = { 10, 30, 960, 24 };

	(void)state;
	for (unsigned int order = 0; order < 24; order++) {
		unsigned int left[] = { 0, 1, 2, 3 }, n = 4, pick = order;

		setup(NULL);
		for (unsigned int i = 0; i < 4; i++)
			alloc(start[i], nr[i]);
		assert_int_equal(bounds(), 1 + 4 + 1 + 1);
		while (n) {
			unsigned int i = pick % n, bit = start[left[i]];

			pick /= n;
			pcpu_free_area(&chunk, bit);
			assert_int_equal(pcpu_area_size(&chunk, bit), 0);
			left[i] = left[--n];
		}
		assert_int_equal(bounds(), 2);
		assert_int_equal(chunk.chunk_md.contig_hint, 8192);
		assert_int_equal(chunk.free_bytes, 32768);
	}
	/* One of three stays: its neighbours do not merge over it. */
	for (unsigned int i = 0; i < 3; i++)
		alloc(start[i], nr[i]);
	pcpu_free_area(&chunk, 1000);
	pcpu_free_area(&chunk, 1040);
	assert_int_equal(bounds(), 1 + 1 + 1 + 1);
	assert_int_equal(pcpu_area_size(&chunk, 1010), 30);
	assert_int_equal(pcpu_area_size(&chunk, 1011), 0);
	assert_int_equal(pcpu_area_size(&chunk, 1040), 0);
}

/* Places looked for in vain, then something freed. Expect what is smaller or
 * less aligned to be found at once, and the others as soon as there is room. */
static void test_unfit(void **state)
{
	static const unsigned int runs[][2] = { { 10, 100 }, { 1030, 200 } };

	(void)state;
	free_only(runs, ARRAY_SIZE(runs));
	assert_int_equal(find(150, 128), -1);
	assert_int_equal(chunk.unfit[7], 150);
	assert_int_equal(chunk.unfit[10], 150);
	assert_int_equal(chunk.unfit[6], 8193);
	assert_int_equal(find(150, 128), -1);
	assert_int_equal(find(180, 1024), -1);
	assert_int_equal(find(78, 128), 1152);
	assert_int_equal(find(140, 64), 1088);
	assert_int_equal(find(140, 1024), -1);
	assert_int_equal(chunk.unfit[10], 140);
	assert_int_equal(chunk.unfit[9], 150);
	pcpu_free_area(&chunk, 110);
	assert_int_equal(chunk.unfit[10], 8193);
	assert_int_equal(find(150, 128), 128);
	assert_int_equal(find(140, 1024), 1024);
}

/* The first and the last bit, and all of it. Expect areas there as anywhere. */
static void test_ends(void **state)
{
	(void)state;
	alloc(0, 1);
	alloc(8191, 1);
	assert_int_equal(chunk.chunk_md.contig_hint, 8190);
	assert_int_equal(chunk.chunk_md.contig_hint_start, 1);
	assert_int_equal(find(8190, 1), 1);
	pcpu_free_area(&chunk, 0);
	pcpu_free_area(&chunk, 8191);
	assert_int_equal(bounds(), 2);
	alloc(0, 8192);
	assert_int_equal(chunk.chunk_md.first_free, 8192);
	assert_int_equal(chunk.free_bytes, 0);
	assert_int_equal(find(1, 1), -1);
	pcpu_free_area(&chunk, 0);
	assert_int_equal(find(8192, 1024), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_fresh, setup),
		cmocka_unit_test_setup(test_block, setup),
		cmocka_unit_test_setup(test_borders, setup),
		cmocka_unit_test_setup(test_populated, setup),
		cmocka_unit_test_setup(test_coalesce, setup),
		cmocka_unit_test_setup(test_unfit, setup),
		cmocka_unit_test_setup(test_ends, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
