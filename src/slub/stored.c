// SPDX-License-Identifier: MIT
/*
 * slub/stored.c - marks on the objects that lie in a barn
 *
 *	thread A frees		barn			thread B allocates
 *	[obj obj obj]  --->	[obj* obj* obj*]  --->	[obj obj obj]
 *		   mark, if it has		  clear, if it still has one
 *		   none
 *
 * A sheaf that goes to a barn may be handed to any thread. An object of it that
 * is freed again, by whom ever, is in two sheaves then, and malloc would hand
 * it out twice. So each object gets a mark as it goes there: the word that a
 * free object has, with NULL as the next one (freeptr.h). Such a word is what
 * a flush, and another sheaf on its way to a barn, take for a double free. They
 * need no further look.
 *
 * The mark goes as the sheaf is taken. If it is gone by then, the object was
 * handed out from elsewhere, or it was written to after it was freed.
 *
 * What is not seen: two copies in the hands of threads, in mains and spares,
 * where nothing marks an object, if one of them is handed out before the other
 * goes to a barn or to a slab. Unencoded words (slab_freelist_hardened=0) have
 * no marks.
 *
 * In a child of fork() no sheaf with an object of its parent's slabs goes to a
 * barn, since a mark would have the object's page copied (kmem/inherited.c).
 *
 * Locking	none: a sheaf is its caller's before it enters a barn, and after
 *		it was taken
 * Invariants	STORED1  an object in a full sheaf of a barn has a mark
 *					(unit.slub.stored checks it)
 * Source	none: divergence.md E
 */
#include <errno.h>

#include "diag/report.h"
#include "kmem/cache.h"
#include "kmem/direct.h"
#include "kmem/inherited.h"
#include "slub/away.h"
#include "slub/debug.h"
#include "slub/row.h"

/*
 * Returns the slab of obj, which lies in no slab of the preferred order, or
 * starts no object. Returns NULL if obj is another cache's; aborts if it is no
 * object.
 */
static noinline struct slab *odd_slab(struct kmem_cache *s, const void *obj)
{
	struct slab *slab;

	if (unlikely(kmem_other_cache(s, obj)))
		return NULL;
	slab = virt_to_slab(obj);
	check_object(s, slab, obj);
	return slab;
}

static struct slab *slab_to_mark(struct kmem_cache *s, const void *obj)
{
	struct slab *slab = known_slab(s, obj);

	return likely(slab) ? slab : odd_slab(s, obj);
}

/* Puts the mark into the word of the walk's object. */
static __always_inline void mark_one(struct kmem_cache *s,
				     const struct slab_walk *w, char *obj)
{
	if (unlikely(freeptr_encode((void **)(void *)(obj + w->offset), NULL,
				    w->key, w->start, w->bytes)))
		kmem_double_free(s, obj);
}

/* Marks the objects in front that are of one slab. Returns their number. */
static unsigned int mark_some(struct kmem_cache *s, const struct slab *slab,
			      const struct slab_walk *w, void **objs,
			      unsigned int nr)
{
	void **at, **const end = objs + nr;

	mark_one(s, w, objs[0]);
	at = put_row(s, slab, w, objs, nr, ROW_MARK);
	for (; at != end && walk_has(w, (uintptr_t)*at); at++)
		mark_one(s, w, *at);
	return (unsigned int)(at - objs);
}

int slub_mark_stored(struct kmem_cache *s, void **objs, unsigned int nr)
{
	unsigned int i = 0, some;

	if (kmem_inherited_any(objs, nr))
		return -EINVAL;
	while (i < nr) {
		struct slab *slab = slab_to_mark(s, objs[i]);
		struct slab_walk w;

		if (unlikely(!slab)) {
			slub_clear_stored(s, objs, i);
			return -EINVAL;
		}
		w = slab_walk(s, slab);
		if (unlikely(!w.key)) {
			i++;
			continue;
		}
		some = mark_some(s, slab, &w, objs + i, nr - i);
		check_none_away(s, slab, objs + i, some);
		i += some;
	}
	return 0;
}

static __cold noinline void lost_mark(struct kmem_cache *s, struct slab *slab,
				      void *obj)
{
	const struct slab_caller no_caller = { .nr = 0 };
	const struct slab_check c = { s, slab, &no_caller };

	if (!kmem_freelist_mends)
		km_panic("kmalloc: %p was freed twice, or written after it was "
			 "freed (%pE)\n",
			 obj, s->name);
	object_err(&c, obj, "Freed twice, or written after it was freed");
}

/* Clears the marks of those in front that are of one slab, as mark_some(). */
static unsigned int clear_some(struct kmem_cache *s, struct slab *slab,
			       const struct slab_walk *w, void **objs,
			       unsigned int nr)
{
	void **at = objs, **const end = objs + nr;
	char *obj = *at;

	do {
		void **word = (void **)(void *)(obj + w->offset);

		if (unlikely(freelist_ptr_code(w->key, *word, word)))
			lost_mark(s, slab, obj);
		*word = NULL;
		if (++at == end)
			break;
		obj = *at;
	} while ((uintptr_t)obj - w->start < w->bytes);
	return (unsigned int)(at - objs);
}

void slub_clear_stored(struct kmem_cache *s, void **objs, unsigned int nr)
{
	unsigned int i = 0;

	while (i < nr) {
		struct slab *slab = virt_to_slab(objs[i]);
		const struct slab_walk w = slab_walk(s, slab);

		if (unlikely(!w.key)) {
			i++;
			continue;
		}
		i += clear_some(s, slab, &w, objs + i, nr - i);
	}
}
