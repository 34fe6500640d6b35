// SPDX-License-Identifier: MIT
/*
 * slub/used.c - looks at objects in use, and frees a slab of none but these
 *
 *	object	| user's bytes ...  [word at s->offset]  ... |
 *		in use: the word is no encoded pointer to an object
 *
 * For the child of a fork, which frees objects without a write to them or to
 * their slab (kmem/inherited.c).
 *
 * Locking	none to look: an object in use is its caller's; list_lock to
 *		take a slab off its list
 * Invariants	SLUB2, SLUB3 of slab.h
 * Source	no counterpart: docs/divergence.md D
 */
#include "slub/away.h"

/* Returns the slab of the object of s that starts at obj, or NULL. */
static struct slab *slab_of_object(const struct kmem_cache *s, const void *obj)
{
	struct slab *slab = known_slab(s, obj);

	if (likely(slab))
		return slab;
	slab = virt_to_slab(obj);
	if (!slab || slab->type != PAGE_SLAB || slab->slab_cache != s ||
	    !is_slab_object(s, slab, obj))
		return NULL;
	return slab;
}

/* Returns true if the word of an object says that it is free. */
static bool has_free_word(const struct slab_walk *w, const void *obj)
{
	uintptr_t next = (uintptr_t)walk_next(w, (void *)(uintptr_t)obj);

	return w->key && (!next || next - w->start < w->bytes);
}

struct page *slub_slab_of_used(struct kmem_cache *s, const void *obj)
{
	struct slab *slab = slab_of_object(s, obj);
	struct slab_walk walk;
	unsigned int away;

	if (!slab)
		return NULL;
	away = READ_ONCE(slab->away);
	if (away && pieces_of(s, slab, object_index(s, slab, obj)) & away)
		return NULL;
	walk = slab_walk(s, slab);
	return has_free_word(&walk, obj) ? NULL : slab_page(slab);
}

unsigned int slub_slab_used(const struct page *page)
{
	return slab_read((struct slab *)(uintptr_t)page).counters.inuse;
}

bool slub_drop_slab(struct kmem_cache *s, struct page *page, unsigned int nr)
{
	struct slab *slab = (struct slab *)page;
	struct kmem_cache_node *n = slab_node(slab);
	union slab_counters c;
	bool mine;

	spin_lock(&n->list_lock);
	c = slab_read(slab).counters;
	mine = !c.frozen && c.inuse == nr;
	if (mine && nr < c.objects)
		remove_partial(n, slab);
	spin_unlock(&n->list_lock);
	if (mine)
		discard_slab(s, slab);
	return mine;
}
