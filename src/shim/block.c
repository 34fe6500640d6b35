// SPDX-License-Identifier: MIT
/*
 * shim/block.c - blocks of 1 to 32 KiB: their sizes, and words of check
 *
 *	in use	|<------ size, as asked for ------>|<---- slack ---->|next
 *						   | word |   | word |
 *	free	| word | word |		    | word | word |   | word |
 *
 * Such a block costs its program more than a look at a few words. So each has a
 * mark (kmem/marks.h) that says whether it is free, and how much of its class
 * the program did not ask for. free() and realloc() end the program if a word
 * behind the size has changed. When the block is taken again, the others are
 * looked at: what was written into it after it was freed has changed one. A
 * free of a block whose mark says free is a double free, whatever came between.
 *
 * The word is the same everywhere, a random one without a byte of 0. A word of
 * a free block may also be 0: the pages of free blocks go back to the OS. What
 * a child of fork() frees of its parent's has none, and is not touched. Above 8
 * KiB there are three words in front alone, for the pages behind may not be
 * resident. Slack below 16 bytes, or above 495, is not looked at.
 *
 * malloc_usable_size() tells a program that the slack is its own, so that block
 * has none from then on; nor has any once malloc_good_size() was called. Caches
 * that are guarded (kmem/guard.h) have no such words: slab_debug has better.
 *
 * Frames of these blocks have an index without a cursor (MARKED_INDEX), so
 * free() misses, and looks here then. The path of smaller blocks does not know
 * of this.
 *
 * Locking	none: mark and words belong to who has the block
 * Tests	misuse.block.*, misuse.table.*
 * Source	no counterpart
 */
#include "diag/param.h"
#include "diag/report.h"
#include "kmem/cache.h"
#include "shim/block.h"
#include "sys/os.h"

#define EACH_BYTE_ODD 0x0101010101010101UL

u64 block_word;
unsigned long block_checks = 1; /* constant after init */
static u8 all_open; /* 1: all slack is the program's; relaxed */

static int set_checks(const char *value)
{
	return param_bool(*value ? value : "1", &block_checks);
}
boot_param("block_checks", set_checks, "0, 1; alone it means 1");

_Static_assert(MAX_UNMARKED < MARK_BYTES, "objects with marks have 1 KiB");
_Static_assert(SLACK_END <= MARK_BYTES / 2 - 16, "a free pointer is in front");
_Static_assert(NR_SMALL_CLASSES < MARKED_INDEX, "an index says one class");

void block_init(void)
{
	block_word = os_random() | EACH_BYTE_ODD;
}

void block_open_all(void)
{
	WRITE_ONCE(all_open, (u8)1);
}

bool word_is_written(const char *at)
{
	u64 word = block_word;

	if (likely(!word_differs(at, word)) || !word_get(at))
		return false;
	for (unsigned int i = 0; i < sizeof(word); i++)
		if (at[i] && at[i] != (char)(word >> 8 * i))
			return true;
	return false;
}

/* Looks at a block that was free. */
static void look_at_free(const struct kmem_cache *s, const char *p,
			 unsigned int slack)
{
	const char *back = p + block_back(s->object_size);

	if (word_is_written(p) || word_is_written(p + 8) ||
	    word_is_written(back) || word_is_written(back - slack))
		km_panic("kmalloc: malloc(): %p was written after it was freed "
			 "(%s)\n",
			 p, s->name);
}

static void set_size(const struct kmem_cache *s, char *p, size_t size,
		     u16 *mark)
{
	unsigned int back = block_back(s->object_size);
	unsigned int slack = back + 8 - (unsigned int)block_counts(size);

	if (slack - SLACK_LEAST >= SLACK_END - SLACK_LEAST ||
	    READ_ONCE(all_open)) {
		WRITE_ONCE(*mark, (u16)0);
		return;
	}
	word_put(p + size, block_word);
	word_put(p + back, block_word);
	WRITE_ONCE(*mark, (u16)slack);
}

void *block_take_odd(const struct kmem_cache *s, void *p, size_t size)
{
	u16 *mark = kmem_mark_of(p);
	unsigned int was = READ_ONCE(*mark);

	WRITE_ONCE(*mark, (u16)0);
	if (s->guard)
		return p;
	if (was & MARK_FREE && was != MARK_BARE)
		look_at_free(s, p, was & MARK_SLACK);
	set_size(s, p, size, mark);
	return p;
}

void *block_take_class(size_t size, void *p, unsigned int class)
{
	return block_take_odd(kmem_classes[MARKED_INDEX + class], p, size);
}

static __cold noinline void end_by_free_block(const struct kmem_cache *s,
					      const void *p,
					      const char *function)
{
	km_panic("kmalloc: %s(): %p was freed already (%s)\n", function, p,
		 s->name);
}

/* Ends the program if bytes behind the size were written. */
static void look_behind(const struct kmem_cache *s, const char *p,
			unsigned int slack, const char *function)
{
	const char *back = p + block_back(s->object_size);

	if (!slack || (!word_differs(back - slack + 8, block_word) &&
		       !word_differs(back, block_word)))
		return;
	if (READ_ONCE(all_open)) /* it may have been, since then */
		return;
	km_panic("kmalloc: %s(): %p is a block of %u bytes, and bytes behind "
		 "it were written (%s)\n",
		 function, p, s->object_size - slack, s->name);
}

void block_give_odd(const struct kmem_cache *s, void *p)
{
	char *back = (char *)p + block_back(s->object_size);
	u16 *mark = kmem_mark_of(p);
	unsigned int slack = READ_ONCE(*mark);

	if (slack & MARK_FREE)
		kmem_double_free(s, p);
	look_behind(s, p, slack, "free");
	if (s->guard || kmem_is_inherited(p)) {
		WRITE_ONCE(*mark, (u16)(s->guard ? 0 : MARK_BARE));
		return;
	}
	word_put(p, block_word);
	word_put((char *)p + 8, block_word);
	word_put(back - slack, block_word);
	word_put(back, block_word);
	WRITE_ONCE(*mark, (u16)(MARK_FREE | slack));
}

void block_claim(const struct kmem_cache *s, const void *p,
		 const char *function)
{
	if (READ_ONCE(*kmem_mark_of(p)) & MARK_FREE)
		end_by_free_block(s, p, function);
}

void block_open(const struct kmem_cache *s, const void *p, const char *function)
{
	block_claim(s, p, function);
	WRITE_ONCE(*kmem_mark_of(p), (u16)0);
}

void block_resize(const struct kmem_cache *s, void *p, size_t size,
		  const char *function)
{
	u16 *mark = kmem_mark_of(p);

	if (s->guard)
		return;
	block_claim(s, p, function);
	look_behind(s, p, READ_ONCE(*mark), function);
	set_size(s, p, size, mark);
}
