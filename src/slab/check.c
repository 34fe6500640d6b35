// SPDX-License-Identifier: MIT
/*
 * slab/check.c - checks SLAB1-SLAB5 (internal.h)
 */
#include "kmem/inherited.h"
#include "kmem/owner.h"
#include "slab/internal.h"
#include "slab/numbers.h"

/* Checks SLAB4, and that frame index and struct page name the slab. */
static void check_place(const struct kmem_cache *s,
			const struct slab_desc *slab)
{
	size_t bytes = PAGE_SIZE << s->gfporder;
	size_t colour = (size_t)((char *)slab->s_mem - desc_address(slab)) -
			s->red_left_pad;
	unsigned long pfn = page_to_pfn(desc_page(slab));
	u8 index = s->class ? s->class : (u8)(INDEX_OTHER + s->gfporder);

	BUG_ON(slab->type != PAGE_SLAB || slab->slab_cache != s);
	BUG_ON(slab->order != s->gfporder);
	for (unsigned long i = 0; i < bytes >> PAGE_SHIFT; i++)
		BUG_ON(arena_index[pfn + i] != index);
	BUG_ON(colour % s->colour_off);
	BUG_ON(colour && colour / s->colour_off >= s->colour);
	if (s->freelist_place == FREELIST_ON)
		bytes -= s->freelist_size;
	BUG_ON(colour + (size_t)s->num * s->size > bytes);
}

/* Checks SLAB2 in a slab with a map. Returns the last of its free numbers. */
static unsigned int check_mapped(const struct kmem_cache *s,
				 const struct slab_desc *slab)
{
	unsigned int last = s->num;
	u64 seen = 0;

	for (unsigned int i = slab->active; i < s->num; i++) {
		unsigned int index = slab->freelist[i];

		BUG_ON(index >= s->num);
		BUG_ON(seen >> index & 1);
		seen |= BIT(index);
		last = index;
	}
	BUG_ON(seen & ~slab->free_map);
	return last;
}

static void check_chained(const struct kmem_cache *s,
			  const struct slab_desc *slab)
{
	unsigned int index = (unsigned int)slab->free_map, nr = 0;
	unsigned int in_use = 0;

	for (; index != NUMBER_LAST; index = slab->freelist[index]) {
		BUG_ON(index >= s->num);
		BUG_ON(++nr > s->num);
	}
	BUG_ON(nr != s->num - slab->active);
	for (unsigned int i = 0; i < s->num; i++)
		in_use += slab->freelist[i] >= NUMBER_STORED;
	BUG_ON(in_use != slab->active);
}

static void check_numbers(const struct kmem_cache *s,
			  const struct slab_desc *slab)
{
	unsigned int last;

	if (!has_map(s)) {
		check_chained(s, slab);
		return;
	}
	last = check_mapped(s, slab);
	if (s->freelist_place != FREELIST_OBJ)
		return;
	BUG_ON(!slab->freelist != (slab->active == s->num));
	if (slab->freelist)
		BUG_ON(slab->freelist != freelist_in(s, slab, last));
}

struct tally {
	unsigned long slabs, active, free;
};

/*
 * Checks SLAB1 for one list, whose slabs have lo to hi objects in use. Returns
 * the number of slabs.
 */
static unsigned long check_list(const struct kmem_cache *s,
				struct list_head *list, u32 lo, u32 hi,
				struct tally *t)
{
	unsigned long nr = 0;
	struct slab_desc *slab;

	list_for_each_entry(slab, list, slab_list) {
		check_place(s, slab);
		check_numbers(s, slab);
		BUG_ON(slab->active < lo || slab->active > hi);
		t->active += slab->active;
		t->free += s->num - slab->active;
		nr++;
	}
	t->slabs += nr;
	return nr;
}

static void check_objects(struct kmem_cache *s, void **objs, unsigned int nr,
			  bool stored)
{
	for (unsigned int i = 0; i < nr; i++) {
		unsigned int index;
		struct slab_desc *slab = checked_desc(s, objs[i], &index);

		BUG_ON(stored && !slab_is_stored(s, slab, index));
	}
}

/* Checks SLAB5 for the shared arrays of a row. */
static void check_row(struct kmem_cache *s, struct kmem_cache_node *n,
		      unsigned int row)
{
	unsigned int avail = 0;

	for (unsigned int i = 0; i < SHARED_MAX; i++) {
		uintptr_t word = READ_ONCE(n->shared->slot[row][i]);
		struct array_cache *ac = slot_array(word);

		if (!ac)
			continue;
		BUG_ON(slot_avail(word) > ac->limit || ac->cache != s);
		check_objects(s, sheaf_objects(ac_sheaf(ac)), slot_avail(word),
			      true);
		avail += slot_avail(word);
	}
	BUG_ON(avail && !(n->shared_rows & BIT(row)) && !kmem_threads_lost);
}

/* Checks SLAB5 for the objects of other nodes. */
static void check_aliens(struct kmem_cache *s, struct kmem_cache_node *n)
{
	for (unsigned int nid = 0; n->alien && nid < nr_online_nodes; nid++) {
		struct alien_cache *alien = n->alien[nid];

		BUG_ON(!alien != (get_node(s, (int)nid) == n));
		if (!alien)
			continue;
		BUG_ON(alien->ac.avail > alien->ac.limit ||
		       alien->ac.cache != s);
		check_objects(s, alien->ac.entry, alien->ac.avail, false);
		for (unsigned int i = 0; i < alien->ac.avail; i++)
			BUG_ON(virt_to_desc(alien->ac.entry[i])->node_id !=
			       nid);
	}
}

/*
 * Checks SLAB1 to SLAB5 for one node. Returns the number of its objects that
 * are out of their slabs.
 */
static unsigned long check_node_lists(struct kmem_cache *s,
				      struct kmem_cache_node *n)
{
	struct tally t = { 0 };

	spin_lock(&n->list_lock);
	check_list(s, &n->slabs_partial, 1, s->num - 1, &t);
	check_list(s, &n->slabs_full, s->num, s->num, &t);
	BUG_ON(check_list(s, &n->slabs_free, 0, 0, &t) != n->free_slabs);
	BUG_ON(t.free != n->free_objects);
	BUG_ON(t.slabs != n->total_slabs || t.slabs > n->nr_slabs);
	BUG_ON(n->nr_slabs << s->gfporder != n->nr_pages && !kmem_threads_lost);
	spin_unlock(&n->list_lock);
	return t.active;
}

void slab_check(struct kmem_cache *s)
{
	unsigned long active = 0;
	struct kmem_cache_node *n;
	int nid;

	for_each_kmem_cache_node(s, nid, n) {
		check_aliens(s, n);
		active += check_node_lists(s, n);
		for (unsigned int row = 0; n->shared && row < NR_BARNS; row++)
			check_row(s, n, row);
	}
	active -= kmem_inherited_count(s);
	BUG_ON(active < READ_ONCE(s->in_use));
	BUG_ON(active > READ_ONCE(s->in_use) && !kmem_threads_lost);
}
