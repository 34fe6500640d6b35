// SPDX-License-Identifier: MIT
/*
 * test_check.c - what percpu_check() sees, one broken word or bit at a time
 */
#include "support/percpu.h"

static struct pcpu_chunk *chunk;
static unsigned int used; /* a bit in the middle of an area */
static unsigned int unused; /* a bit in the middle of a free run */

/* A chunk with areas and free runs between them, on two pages and a half. */
static void start(void)
{
	void *p[5];

	start_percpu("");
	for (unsigned int i = 0; i < ARRAY_SIZE(p); i++)
		p[i] = __alloc_percpu(2000, 16);
	free_percpu(p[1]);
	free_percpu(p[3]);
	chunk = chunk_of(p[0]);
	used = (unsigned int)(offset_of(p[2]) + 1000) / 4;
	unused = (unsigned int)(offset_of(p[3]) + 1000) / 4;
	check_percpu();
}

static void check(void *arg)
{
	(void)arg;
	percpu_check();
}

/* One word is changed, and put back. */
#define EXPECT_ABORT(word, value, phrase)                   \
	do {                                                \
		__typeof__(word) _was = (word);             \
                                                            \
		(word) = (__typeof__(word))(value);         \
		REQUIRE(child_aborts(check, NULL, phrase)); \
		(word) = _was;                              \
		percpu_check();                             \
	} while (0)

static void flip(unsigned int bit, unsigned long *map)
{
	map[bit / BITS_PER_LONG] ^= 1UL << bit % BITS_PER_LONG;
}

static void expect_bit(unsigned int bit, unsigned long *map, const char *phrase)
{
	flip(bit, map);
	REQUIRE(child_aborts(check, NULL, phrase));
	flip(bit, map);
	percpu_check();
}

/* Each field of the summary of a page, and of that of the whole map. Expect it
 * to be compared with the bits (PCPU2). */
static void child_summaries(void *arg)
{
	struct pcpu_block_md *md;

	(void)arg;
	start();
	for (int whole = 0; whole < 2; whole++) {
		md = whole ? &chunk->chunk_md : &chunk->md_blocks[0];
		EXPECT_ABORT(md->contig_hint, md->contig_hint - 1,
			     "BUG: md->contig_hint");
		EXPECT_ABORT(md->contig_hint_start, md->contig_hint_start + 1,
			     "BUG: md->contig_hint_start");
		EXPECT_ABORT(md->scan_hint, md->scan_hint + 1,
			     "BUG: md->scan_hint");
		EXPECT_ABORT(md->scan_hint_start, md->scan_hint_start + 1,
			     "BUG: md->scan_hint_start");
		EXPECT_ABORT(md->left_free, 1, "BUG: md->left_free");
		EXPECT_ABORT(md->right_free, md->right_free + 1,
			     "BUG: md->right_free");
		EXPECT_ABORT(md->first_free, md->first_free + 1,
			     "BUG: md->first_free");
		EXPECT_ABORT(md->nr_bits, md->nr_bits - 1, "BUG: md->nr_bits");
	}
}

/* Bits of the maps: a bound where none is, none where one is, the last one, and
 * an area on a page that is not populated. Expect each to be seen (PCPU1,
 * PCPU5). */
static void child_bits(void *arg)
{
	unsigned int bound = unused;

	(void)arg;
	start();
	while (!test_bit(bound, chunk->bound_map))
		bound--;
	expect_bit(unused, chunk->bound_map, "BUG: ");
	expect_bit(bound, chunk->bound_map, "BUG: ");
	expect_bit(PCPU_UNIT_BITS, chunk->bound_map, "BUG: ");
	expect_bit(pcpu_page_of(used), chunk->populated, "BUG: ");
	chunk->nr_populated--;
	flip(pcpu_page_of(used), chunk->populated);
	REQUIRE(child_aborts(check, NULL, "BUG: !empty"));
	flip(pcpu_page_of(used), chunk->populated);
	chunk->nr_populated++;
	expect_bit(used, chunk->alloc_map, "BUG: md->");
}

/* The counts of a chunk, and their sums. Expect each to be counted again
 * (PCPU4). */
static void child_counts(void *arg)
{
	(void)arg;
	start();
	EXPECT_ABORT(chunk->free_bytes, chunk->free_bytes + 4,
		     "BUG: chunk->free_bytes");
	EXPECT_ABORT(chunk->nr_populated, chunk->nr_populated + 1,
		     "BUG: chunk->nr_populated");
	EXPECT_ABORT(chunk->nr_empty_pop_pages, chunk->nr_empty_pop_pages + 1,
		     "BUG: chunk->nr_empty_pop_pages");
	EXPECT_ABORT(pcpu.nr_chunks, pcpu.nr_chunks + 1, "BUG: pcpu.nr_chunks");
	EXPECT_ABORT(pcpu.nr_populated, pcpu.nr_populated + 1,
		     "BUG: pcpu.nr_populated");
	EXPECT_ABORT(pcpu.nr_empty_pop_pages, pcpu.nr_empty_pop_pages - 1,
		     "BUG: pcpu.nr_empty_pop_pages");
}

static void to_other_slot(void *arg)
{
	(void)arg;
	chunk->slot--;
	list_del(&chunk->list);
	list_add(&chunk->list, &pcpu.slots[chunk->slot]);
	percpu_check();
}

static void off_the_tree(void *arg)
{
	(void)arg;
	rb_erase(&pcpu.chunks, &chunk->node, NULL);
	percpu_check();
}

static void in_no_slot(void *arg)
{
	(void)arg;
	list_del(&chunk->list);
	pcpu.nr_chunks--;
	pcpu.nr_populated -= chunk->nr_populated;
	pcpu.nr_empty_pop_pages -= chunk->nr_empty_pop_pages;
	percpu_check();
}

/* A chunk in a slot that is not its own, under a number that is not its slot's,
 * on no tree, and in no slot. Expect each to be seen (PCPU3, PCPU6). */
static void child_places(void *arg)
{
	(void)arg;
	start();
	EXPECT_ABORT(chunk->slot, chunk->slot - 1, "BUG: chunk->slot");
	REQUIRE(child_aborts(to_other_slot, NULL, "BUG: free && "));
	REQUIRE(child_aborts(off_the_tree, NULL, "BUG: "));
	REQUIRE(child_aborts(in_no_slot, NULL, "BUG: nr"));
}

/* A note that rules out requests for which there is a place. Expect it to be
 * seen, at the least and the largest alignment, and none that rules out only
 * what is too long (PCPU7). */
static void child_unfit(void *arg)
{
	unsigned int longest;

	(void)arg;
	start();
	longest = chunk->chunk_md.contig_hint;
	EXPECT_ABORT(chunk->unfit[0], longest, "BUG: ");
	EXPECT_ABORT(chunk->unfit[PCPU_NR_ALIGNS - 1], 1, "BUG: ");
	chunk->unfit[0] = (u16)(longest + 1);
	percpu_check();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		child_test(child_summaries), child_test(child_bits),
		child_test(child_counts),    child_test(child_places),
		child_test(child_unfit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
