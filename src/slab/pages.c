// SPDX-License-Identifier: MIT
/*
 * slab/pages.c - gives pages inside slabs in use to the OS
 *
 *	numbers of a slab's free objects	4 0 7 2 5
 *	under list_lock		all are taken: the slab counts as full, so
 *				others may free objects to it and take none
 *	after it		pages on which all objects are free: madvise()
 *	under list_lock		4 7 | 0 2 5	the numbers go back; those of
 *				objects on such pages are handed out last
 *
 * A free object holds nothing, but for the one that the freelist lies in
 * (FREELIST_OBJ). That is handed out last of all, and is kept on a page that
 * stays. So a slab needs to know nothing of pages that went: they are touched
 * again when their objects are.
 *
 * A slab is looked at again when the number of its objects in use has changed,
 * or objects were taken from it. It is not looked at where free objects have to
 * keep their bytes: constructors, type-stable memory.
 *
 * Locking	list_lock for one slab at a time; none over a system call
 * Invariants	SLAB1-SLAB3 of internal.h
 * Source	no counterpart: docs/divergence.md H
 */
#include "kmem/account.h"
#include "kmem/cache.h"
#include "slab/numbers.h"
#include "sys/os.h"

#define DESC_LOOKS 64U /* slabs looked at under one hold of the lock */

/* A slab whose free objects are the caller's. */
struct desc_giver {
	struct slab_desc *slab;
	unsigned int nr;
	freelist_idx_t index[SLAB_OBJ_MAX_NUM]; /* as in the freelist */
};

/* ---- which pages ----------------------------------------------------------*/

/* Returns the binary logarithm of the bytes of a piece: a page, or more. */
static unsigned int desc_piece_shift(const struct kmem_cache *s)
{
	unsigned int shift = PAGE_SHIFT;

	if (s->gfporder > 3)
		shift += s->gfporder - 3U;
	return max(shift, (unsigned int)OS_PAGE_SHIFT);
}

/* Returns the pieces that bytes [start, end) of a slab lie on. */
static unsigned int pieces_between(const struct kmem_cache *s,
				   unsigned long start, unsigned long end)
{
	const unsigned int shift = desc_piece_shift(s);

	return (2U << ((end - 1) >> shift)) - (1U << (start >> shift));
}

static unsigned int pieces_of_index(const struct kmem_cache *s,
				    const struct slab_desc *slab,
				    unsigned int index)
{
	unsigned long start = (unsigned long)((char *)index_to_obj(s, slab,
								   index) -
					      desc_address(slab));

	return pieces_between(s, start, start + s->size);
}

/* Returns the pieces that objects in use touch, or a freelist on the slab. */
static unsigned int live_pieces(const struct kmem_cache *s,
				const struct desc_giver *g)
{
	const unsigned long bytes = PAGE_SIZE << s->gfporder;
	u64 mine[DIV_ROUND_UP(SLAB_OBJ_MAX_NUM, 64)] = { 0 };
	unsigned int live = 0;

	for (unsigned int i = 0; i < g->nr; i++)
		mine[g->index[i] / 64] |= BIT(g->index[i] % 64);
	for (unsigned int i = 0; i < s->num; i++)
		if (!(mine[i / 64] >> i % 64 & 1))
			live |= pieces_of_index(s, g->slab, i);
	if (s->freelist_place == FREELIST_ON)
		live |= pieces_between(s, bytes - s->freelist_size, bytes);
	return live;
}

/*
 * Returns the pieces that can go, and moves the numbers of their objects to the
 * end of the array. With FREELIST_OBJ the last number of all is of an object
 * that stays: if there is none, the pages of one do.
 */
static unsigned int choose_pieces(const struct kmem_cache *s,
				  struct desc_giver *g)
{
	const unsigned int all =
		(1U << ((PAGE_SIZE << s->gfporder) >> desc_piece_shift(s))) - 1;
	unsigned int idle = all & ~live_pieces(s, g), stay = 0, go = 0;
	const freelist_idx_t last = g->index[g->nr - 1];
	freelist_idx_t gone[SLAB_OBJ_MAX_NUM];

	for (unsigned int i = 0; i < g->nr && s->freelist_place == FREELIST_OBJ;
	     i++)
		stay += !(pieces_of_index(s, g->slab, g->index[i]) & idle);
	if (!stay && s->freelist_place == FREELIST_OBJ)
		idle &= ~pieces_of_index(s, g->slab, last);
	stay = 0;
	for (unsigned int i = 0; i < g->nr; i++) {
		if (pieces_of_index(s, g->slab, g->index[i]) & idle)
			gone[go++] = g->index[i];
		else
			g->index[stay++] = g->index[i];
	}
	memcpy(g->index + stay, gone, go);
	if (go && s->freelist_place == FREELIST_OBJ) {
		freelist_idx_t host = g->index[stay - 1];

		memmove(g->index + stay - 1, g->index + stay, go);
		g->index[g->nr - 1] = host;
	}
	return idle;
}

/* Returns how many pages the OS took. */
static unsigned long discard_desc(const struct kmem_cache *s,
				  const struct slab_desc *slab,
				  unsigned int pieces)
{
	const unsigned int shift = desc_piece_shift(s) - PAGE_SHIFT;
	const unsigned long pfn = page_to_pfn(desc_page(slab));
	unsigned long pages = 0;

	while (pieces) {
		unsigned int first = (unsigned int)__builtin_ctz(pieces);
		unsigned int nr = (unsigned int)__builtin_ctz(
			~(pieces >> first));

		if (!arena_discard(pfn + ((unsigned long)first << shift),
				   (unsigned long)nr << shift))
			pages += (unsigned long)nr << shift;
		pieces &= ~(((1U << nr) - 1) << first);
	}
	return pages;
}

/* ---- the lists ------------------------------------------------------------*/

/* Returns true if it may be worth to look at a slab of slabs_partial. */
static bool may_give(const struct kmem_cache *s, const struct slab_desc *slab,
		     unsigned int flags)
{
	if (slab->looked == slab->active)
		return false;
	if ((flags & SHRINK_IDLE) && 2U * slab->active > s->num)
		return false;
	return (unsigned long)(s->num - slab->active) * s->size >
	       1UL << desc_piece_shift(s);
}

/* Takes all free objects of a slab, which is full then. */
static void take_numbers(struct kmem_cache *s, struct kmem_cache_node *n,
			 struct slab_desc *slab, struct desc_giver *g)
{
	g->slab = slab;
	g->nr = s->num - slab->active;
	slab->looked = slab->active;
	get_numbers(s, slab, g->index, g->nr);
	list_del(&slab->slab_list);
	fixup_slab_list(s, n, slab);
	WRITE_ONCE(n->free_objects, n->free_objects - g->nr);
	kmem_count_add(&s->in_use, g->nr);
}

/* A walk along a node's partial slabs. */
struct desc_look {
	struct kmem_cache_node *n;
	unsigned int flags;
	unsigned long left; /* slabs that are still to be looked at */
	struct list_head sparse; /* list_lock: passed over */
};

/*
 * Takes the next slab that is worth a look. Those passed over go to the end of
 * the list; sparse ones behind all others, at the end of the walk. So objects
 * are taken from fuller slabs first, and sparse ones can become empty. Returns
 * false if the lock was held for long enough, or nothing is left.
 */
static bool take_next(struct kmem_cache *s, struct desc_look *l,
		      struct desc_giver *g)
{
	struct kmem_cache_node *n = l->n;
	struct list_head *list = &n->slabs_partial;
	bool found = false;

	spin_lock(&n->list_lock);
	for (unsigned int looks = 0;
	     looks < DESC_LOOKS && l->left && !found && !list_empty(list);
	     looks++) {
		struct slab_desc *slab = list_first_entry(
			list, struct slab_desc, slab_list);

		l->left--;
		found = may_give(s, slab, l->flags);
		if (found)
			take_numbers(s, n, slab, g);
		else
			list_move_tail(&slab->slab_list,
				       2U * slab->active <= s->num ?
					       &l->sparse :
					       list);
	}
	if (list_empty(list))
		l->left = 0;
	if (!l->left)
		list_splice_init(&l->sparse, list->prev);
	spin_unlock(&n->list_lock);
	return found;
}

/* Gives the free objects back; the first number is handed out first. */
static void return_numbers(struct kmem_cache *s, struct kmem_cache_node *n,
			   struct desc_giver *g)
{
	struct slab_desc *slab = g->slab;

	spin_lock(&n->list_lock);
	put_numbers(s, slab, g->index, g->nr);
	list_del(&slab->slab_list);
	if (slab->active) {
		list_add_tail(&slab->slab_list, &n->slabs_partial);
	} else {
		list_add(&slab->slab_list, &n->slabs_free);
		n->free_slabs++;
	}
	WRITE_ONCE(n->free_objects, n->free_objects + g->nr);
	kmem_count_sub(&s->in_use, g->nr);
	spin_unlock(&n->list_lock);
}

/* Returns how many slabs are on slabs_partial. */
static unsigned long count_partials(struct kmem_cache_node *n)
{
	const struct slab_desc *slab;
	unsigned long nr = 0;

	spin_lock(&n->list_lock);
	list_for_each_entry(slab, &n->slabs_partial, slab_list)
		nr++;
	spin_unlock(&n->list_lock);
	return nr;
}

static unsigned long give_desc_pages(struct kmem_cache *s,
				     struct kmem_cache_node *n,
				     unsigned int flags)
{
	struct desc_look l = { n, flags, count_partials(n),
			       LIST_HEAD_INIT(l.sparse) };
	unsigned long pages = 0;

	while (l.left) {
		struct desc_giver g;

		if (!take_next(s, &l, &g))
			continue;
		pages += discard_desc(s, g.slab, choose_pieces(s, &g));
		return_numbers(s, n, &g);
	}
	return pages;
}

unsigned long slab_give_pages(struct kmem_cache *s, unsigned int flags)
{
	struct kmem_cache_node *n;
	unsigned long pages = 0;
	int nid;

	if (!s->gfporder || s->ctor || s->flags & SLAB_TYPESAFE_BY_RCU)
		return 0;
	for_each_kmem_cache_node(s, nid, n)
		pages += give_desc_pages(s, n, flags);
	return pages;
}
