// SPDX-License-Identifier: MIT
/*
 * shim/block.h - what is known of each block of 1 to 32 KiB: block.c
 *
 * These are on the path of each call for such blocks. What is rare about a
 * block they leave to the functions whose names end in _odd.
 */
#ifndef KM_SHIM_BLOCK_H
#define KM_SHIM_BLOCK_H

#include <string.h>

#include "kmem/inherited.h"
#include "kmem/marks.h"
#include "shim/shim.h"

/* The first class with marks, and the largest size without. */
#define FIRST_MARKED 32
#define MAX_UNMARKED MAX_FINE
#define NR_MARKED (NR_SMALL_CLASSES - FIRST_MARKED + 1)
/* Above that only the first bytes of a block are looked at. */
#define MAX_WHOLE 8192U
#define FRONT_BYTES 24U

#define SLACK_LEAST 16U /* less is not looked at, nor as much as: */
#define SLACK_END 496U
#define MARK_FREE 0x8000U /* the rest is as when it was in use */
#define MARK_SLACK 0x7fffU /* bytes behind the size that are looked at */
#define MARK_BARE 0xffffU /* a free block without words */

/* The word of check: no byte is 0. Constant after init. */
extern u64 block_word __hidden;
extern unsigned long block_checks __hidden; /* 0: no block is looked at */

/* Returns true if blocks of this size have marks. */
static inline bool block_is_marked(size_t size)
{
	return size > MAX_UNMARKED && block_checks;
}

static __always_inline bool index_is_marked(unsigned long index)
{
	return index - MARKED_INDEX - FIRST_MARKED < NR_MARKED;
}

/* Returns the first size that the fast path of malloc() does not serve. */
static inline size_t block_fast_end(void)
{
	return (block_checks ? MAX_UNMARKED : MAX_SMALL) + 1;
}
/* Chooses the word of check, before the first block. */
void block_init(void);
/* block_take() for any block, and caches that are guarded. */
void *block_take_odd(const struct kmem_cache *s, void *p, size_t size);
/* The same, for a class. */
void *block_take_class(size_t size, void *p, unsigned int class);
/*
 * Notes that the block at p is free. Ends the program if it is already, or if
 * bytes behind its size were written.
 */
void block_give_odd(const struct kmem_cache *s, void *p);
/* Ends the program, in `function`, if the block at p is a free one. */
void block_claim(const struct kmem_cache *s, const void *p,
		 const char *function);
/*
 * The program is told that it may use all of the block at p. Ends it, in
 * `function`, if that is a free one.
 */
void block_open(const struct kmem_cache *s, const void *p,
		const char *function);
/* The program may use the slack of all blocks from now on. */
void block_open_all(void);
/* The block has another size now. Ends the program as free() would. */
void block_resize(const struct kmem_cache *s, void *p, size_t size,
		  const char *function);

/*
 * Returns true if a byte at this address is neither that of the word nor 0. The
 * word may lie on two pages, one of which the OS has had.
 */
bool word_is_written(const char *at);

static __always_inline u64 word_get(const void *at)
{
	u64 word;

	memcpy(&word, at, sizeof(word));
	return word;
}

static __always_inline void word_put(void *at, u64 word)
{
	memcpy(at, &word, sizeof(word));
}

/* Returns true if there is another word at this address. */
static __always_inline bool word_differs(const void *at, u64 word)
{
	return unlikely(word_get(at) != word);
}

/* Returns where in a block of so many bytes the last word is. */
static __always_inline u32 block_back(unsigned int size)
{
	return (size > MAX_WHOLE ? FRONT_BYTES : size) - 8;
}

/* Returns the size that counts: the words in front are never slack. */
static inline size_t block_counts(size_t size)
{
	return max(size, (size_t)FRONT_BYTES);
}

/*
 * Notes that the block at p, of a marked class, is in use with this size. Ends
 * the program if it was written to while it was free. Returns p.
 */
static __always_inline void *block_take(unsigned int class, char *p,
					size_t size)
{
	const unsigned long last = shim_sizes.back[class];
	u16 *const mark = kmem_mark_of(p);
	const u64 word = block_word;
	char *const back = p + last;
	unsigned int slack, was;

	was = READ_ONCE(*mark) - MARK_FREE;
	if (unlikely(was >= MARK_BARE - MARK_FREE) || /* it is not MARK_FREE */
	    word_differs(p, word) || word_differs(p + 8, word) ||
	    word_differs(back, word) || word_differs(back - was, word))
		return block_take_class(size, p, class);
	slack = (unsigned int)last + 8 - (unsigned int)size;
	if (slack - SLACK_LEAST < SLACK_END - SLACK_LEAST) {
		WRITE_ONCE(*mark, (u16)slack);
		word_put(p + size, word);
		word_put(back, word);
	} else {
		WRITE_ONCE(*mark, (u16)0);
	}
	return p;
}

/*
 * block_give_odd() for most blocks. Returns false if it did nothing: that has
 * to be called.
 */
static __always_inline bool block_give(unsigned long class, char *p)
{
	char *const back = p + shim_sizes.back[class];
	u16 *const mark = kmem_mark_of(p);
	const unsigned long slack = READ_ONCE(*mark);
	char *const last = back - slack;
	const u64 word = block_word;

	if (unlikely(slack >= MARK_FREE) || unlikely(kmem_forks))
		return false;
	if (slack && (word_differs(last + 8, word) || word_differs(back, word)))
		return false;
	WRITE_ONCE(*(u64 *)(void *)p, word);
	WRITE_ONCE(*(u64 *)(void *)(p + 8), word);
	word_put(last, word);
	word_put(back, word);
	*mark |= MARK_FREE;
	return true;
}

/* Takes a block_give() back. */
static __always_inline void block_keep(const void *p)
{
	u16 *mark = kmem_mark_of(p);

	WRITE_ONCE(*mark, (u16)(*mark == MARK_BARE ? 0 : *mark & MARK_SLACK));
}

#endif
