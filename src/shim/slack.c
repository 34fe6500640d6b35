// SPDX-License-Identifier: MIT
/*
 * shim/slack.c - the bytes of a page run beyond the size asked for
 *
 *	|<------- size, as asked for ------->|<----- slack ----->|next block
 *	                                     |canary|     |canary|
 *	                       a write past  ------>      <------  one before
 *	                       this block		           the next one
 *
 * A run is whole pages, and most requests are not. What is left is known to
 * hold a canary, 16 bytes at either end, or all of it. free() and realloc() end
 * the program if that has changed. The bytes are random ones of the process,
 * none of them 0, at the same places of each eight. Memory that is fresh from
 * the OS holds 0 there, and is not touched for this.
 *
 * The size is in `private` of the head page, doubled, and 1 more if the slack
 * is 0. 0: there is no canary. malloc_usable_size() tells a program that the
 * slack is its own, so that block has none from then on; nor has any block once
 * malloc_good_size() was called.
 *
 * Locking	none: `private` belongs to who has the block
 * Tests	misuse.slack.*, misuse.table.*
 * Source	no counterpart
 */
#include <string.h>

#include "diag/report.h"
#include "shim/block.h"
#include "shim/shim.h"
#include "shim/slack.h"
#include "sys/os.h"

#define CANARY_MOST 16U
#define NO_ZERO_BYTE 0x0101010101010101UL

static u64 canary_word; /* atomic; 0: not chosen yet */
static u8 slack_is_used; /* 1: no further canaries; relaxed */

static u64 canary_choose(void)
{
	u64 word = os_random() | NO_ZERO_BYTE, had = 0;

	__atomic_compare_exchange_n(&canary_word, &had, word, false,
				    __ATOMIC_RELAXED, __ATOMIC_RELAXED);
	return had ? had : word;
}

/* The bytes of a canary that begins at an address. */
struct canary {
	u64 words[CANARY_MOST / 8];
};

static struct canary canary_at(const char *at, bool zero)
{
	u64 word = READ_ONCE(canary_word);

	if (zero)
		return (struct canary){ { 0, 0 } };
	if (unlikely(!word))
		word = canary_choose();
	word = ror64(word, (unsigned int)((uintptr_t)at % 8 * 8));
	return (struct canary){ { word, word } };
}

static void canary_put(char *at, size_t nr)
{
	const struct canary canary = canary_at(at, false);

	memcpy(at, &canary, nr);
}

static bool canary_holds(const char *at, size_t nr, bool zero)
{
	const struct canary canary = canary_at(at, zero);

	return !memcmp(at, &canary, nr);
}

void slack_set(struct page *page, size_t size, enum slack_state state)
{
	size_t bytes = page->nr_pages << PAGE_SHIFT;
	char *start = page_to_virt(page);
	size_t nr = min(bytes - size, (size_t)CANARY_MOST);

	if (!nr || READ_ONCE(slack_is_used)) {
		WRITE_ONCE(page->private, 0UL);
		return;
	}
	WRITE_ONCE(page->private, size << 1 | (state == SLACK_ZERO));
	if (state == SLACK_ZERO)
		return;
	canary_put(start + size, nr);
	canary_put(start + bytes - nr, nr);
}

static __cold noinline void end_by_overrun(const char *function, const void *p,
					   size_t size)
{
	km_panic("kmalloc: %s(): %p is a block of %zu bytes, and bytes behind "
		 "it were written\n",
		 function, p, size);
}

void slack_check(const struct page *page, const char *function)
{
	unsigned long word = READ_ONCE(page->private);
	size_t bytes = page->nr_pages << PAGE_SHIFT, size = word >> 1, nr;
	const char *start = page_to_virt(page);

	if (!word || READ_ONCE(slack_is_used))
		return;
	nr = min(bytes - size, (size_t)CANARY_MOST);
	if (unlikely(!canary_holds(start + size, nr, word & 1)) ||
	    unlikely(!canary_holds(start + bytes - nr, nr, word & 1)))
		end_by_overrun(function, start, size);
}

size_t slack_size(const struct page *page)
{
	unsigned long word = READ_ONCE(page->private);

	return word ? word >> 1 : page->nr_pages << PAGE_SHIFT;
}

void slack_give(const void *p)
{
	struct page *page = __virt_to_page(p);

	if (arena_contains(p) && page_type(page) == PAGE_RUN)
		WRITE_ONCE(page->private, 0UL);
}

void slack_give_all(void)
{
	WRITE_ONCE(slack_is_used, (u8)1);
	block_open_all();
}
