// SPDX-License-Identifier: MIT
/*
 * arena/page.h - struct page, which describes one 4 KiB frame
 *
 * Only the first page of a block is ever written. The pages behind it keep
 * their old contents, so a block of 4 MiB costs one cache line of the page
 * array. The first eight bytes mean the same for every type; what follows
 * belongs to the type's owner. SLUB overlays its own struct slab (slub/slab.h).
 *
 *	byte	0 type  1 order  2 flags  3 migratetype  4 zone  5 node  6 epoch
 *		8 lru            on a list of the page allocator; the owner's
 *		24 mapping, private, _refcount, _mapcount, memcg, owner
 *
 * Invariants	PAGE1  a page that heads no allocated block is clean: byte 24
 *		    and what follows is zero. Slab code uses these bytes and
 *		    calls page_clean() before the block is freed.
 *				(check_new_page() checks it)
 * Source	Linux v6.12 include/linux/mm_types.h for the names
 */
#ifndef KM_ARENA_PAGE_H
#define KM_ARENA_PAGE_H

#include "core/list.h"

enum page_type {
	PAGE_NONE, /* offline, a tail, or on its way */
	PAGE_BUDDY, /* heads a block on zone->free_area[order] */
	PAGE_PCP, /* on a per-CPU list */
	PAGE_ISOLATED, /* off the lists while it is given to the OS or moved */
	PAGE_ALLOCATED, /* heads an allocated block */
	PAGE_SLAB, /* heads a slab */
	PAGE_RUN, /* heads a run of nr_pages frames (large malloc) */
	PAGE_BAD, /* something is wrong with it: never used again */
};

/* page->flags */
#define PG_REPORTED 0x01 /* not resident: the OS has it, it reads as zero */
#define PG_HEAD 0x02 /* allocated with __GFP_COMP */
#define PG_PFMEMALLOC 0x04 /* came from the reserves */
#define PG_MOVABLE_OPS 0x08 /* mapping is the owner's movable_operations */
#define PG_ISOLATED 0x10 /* its owner has let go of it for migration */
#define PG_SHARED 0x80 /* its address shows the memfd: vmap/vmalloc/share.c */
#define PG_DIRTY 0x40 /* counted as dirty; atomic */
#define PG_LOCKED 0x20 /* for a moment: see compaction/migrate.h */

struct km_memcg;

struct page {
	union {
		struct {
			u8 type; /* enum page_type; owner of the block */
			u8 order; /* of the block this page heads */
			u8 flags; /* the same; atomic while movable */
			/* of the list it is on; of the request */
			u8 migratetype;
		};
		u32 word; /* all four, for compare and exchange */
	};
	u8 zone_id, node_id; /* constant once online */
	u16 epoch; /* zone->epoch when it became free */
	union {
		struct {
			union {
				struct list_head lru; /* zone's or pcp's lock */
				unsigned long nr_pages; /* PAGE_RUN: frames */
			};
			const void *mapping; /* owner */
			unsigned long private; /* owner */
			u32 _refcount; /* atomic; 1 when allocated */
			u32 _mapcount; /* owner; 0 when not mapped */
			struct km_memcg *memcg; /* charged to; constant */
			union {
				/* debugging: the allocation's */
				u64 owner_stack;
				/* PAGE_SLAB: page_memcg_to_slab() */
				u16 slab_words[4];
			};
		};
		struct kmem_cache *slab_cache; /* PAGE_SLAB: constant */
		u64 owner[7];
	};
} __aligned(64);

/* The parts of page->word. */
#define PAGE_WORD_FLAGS(flags) ((u32)(flags) << 16)
#define PAGE_WORD_TYPE_MASK 0xffu

static inline unsigned int page_word_order(u32 word)
{
	return word >> 8 & 0xff;
}

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "PAGE_WORD_FLAGS");
_Static_assert(sizeof(struct page) == 64, "one cache line a frame");
_Static_assert(offsetof(struct page, mapping) == 24, "behind the list");

/*
 * Returns the first word of any page. Its owner may write to it meanwhile, so
 * it is a hint until a compare and exchange confirms it.
 */
static __racy inline u32 page_word(const struct page *page)
{
	return *(const volatile u32 *)&page->word;
}

static inline bool page_is_movable(const struct page *page)
{
	u32 word = page_word(page);

	return (word & PAGE_WORD_TYPE_MASK) == PAGE_ALLOCATED &&
	       (word & PAGE_WORD_FLAGS(PG_MOVABLE_OPS));
}

/* PAGE1: forget what the owner of a block wrote into its head. */
static inline void page_clean(struct page *page)
{
	page->mapping = NULL;
	page->private = 0;
	page->_refcount = 0;
	page->_mapcount = 0;
	page->memcg = NULL;
	page->owner_stack = 0;
}

/*
 * A slab uses the bytes of memcg, so the memcg moves to owner_stack. Addresses
 * of programs have 48 bits. Above them is how many forks the process had behind
 * it when the slab was made (kmem/inherited.h).
 */
#define SLAB_MEMCG_MASK ((1UL << 48) - 1)

static inline void page_memcg_to_slab(struct page *page)
{
	page->owner_stack = (uintptr_t)page->memcg & SLAB_MEMCG_MASK;
}

static inline struct km_memcg *page_slab_memcg(const struct page *page)
{
	return (struct km_memcg *)(READ_ONCE(page->owner_stack) &
				   SLAB_MEMCG_MASK);
}

static inline u16 page_slab_born(const struct page *page)
{
	return READ_ONCE(page->slab_words[3]);
}

static inline void page_slab_set_born(struct page *page, u16 forks)
{
	WRITE_ONCE(page->slab_words[3], forks);
}

static inline bool page_is_clean(const struct page *page)
{
	return !((uintptr_t)page->mapping | page->private |
		 (u64)page->_refcount | page->_mapcount |
		 (uintptr_t)page->memcg);
}

#endif
