// SPDX-License-Identifier: MIT
/*
 * kmem/guard.c - guarded caches: each allocation and free has extra work
 *
 *	slab_debug		the backend's debug functions serve the cache
 *	failslab		requests are made to fail
 *	init_on_alloc		objects are zeroed when they are handed out
 *	init_on_free		objects are zeroed when they are freed
 *	MALLOC_PERTURB_		objects are filled with a byte when they are
 *				freed, and with another when handed out
 *
 * The fast paths do not test for it. A guarded cache has no cursor, and its
 * slabs have no class in the frame index. So each call misses, and comes here
 * or to direct.c.
 *
 * Locking	none here; the caller's stack is walked before a lock is taken
 * Invariants	GUARD1  guard & ~GUARD_PERTURB  =>  slot and class are 0
 *		GUARD2  a guarded cache gets no new sheaf; the sheaves that
 *			threads hold when GUARD_PERTURB is set are its last
 *		(unit.kmem.guard checks GUARD1, conformance.perturb GUARD2)
 * Source	Linux v6.12 mm/slub.c, slab_pre_alloc_hook(),
 *		slab_post_alloc_hook() (docs/kernel.md D5, D8)
 */
#include <errno.h>
#include <string.h>

#include "kmem/cache.h"
#include "kmem/guard.h"
#include "kmem/slab_ops.h"
#include "zone/page_debug.h"
#include "core/start.h"
#include "diag/report.h"
#include "kmem/debug.h"
#include "kmem/failslab.h"

u8 kmem_perturb;

/*
 * Returns true if the bytes of a free object must not change: they are in use,
 * or are checked as poison.
 */
static bool keeps_content(const struct kmem_cache *s)
{
	return s->ctor || (s->flags & (SLAB_TYPESAFE_BY_RCU | SLAB_POISON));
}

void kmem_guard_init(struct kmem_cache *s)
{
	bool ours = s->flags & SLAB_NO_USER_FLAGS;

	s->guard = 0;
	if (s->ops->debug_alloc)
		s->guard |= GUARD_DEBUG;
	if ((failslab_wanted() && !ours) || (s->flags & SLAB_FAILSLAB))
		s->guard |= GUARD_FAIL;
	if (page_debugging & PAGE_INIT_ON_ALLOC && !ours && !keeps_content(s))
		s->guard |= GUARD_INIT_ALLOC;
	if (want_init_on_free() && !ours && !keeps_content(s))
		s->guard |= GUARD_INIT_FREE;
	if (!s->guard)
		return;
	s->class = 0;
	s->marked = 0;
	s->slot = 0;
	s->sheaf_capacity = 0;
}

void kmem_guard_asks(struct kmem_cache *s)
{
	if (s->guard & GUARD_FAIL)
		s->guard = (u8)((s->guard & ~GUARD_FAIL) | GUARD_MISS);
}

/*
 * Clears the free pointer, the only bytes not 0 in an object zeroed when freed.
 */
static void wipe_freeptr(const struct kmem_cache *s, void *obj)
{
	size_t size = s->object_size;

	if (s->offset < size)
		memset((char *)obj + s->offset, 0,
		       min(sizeof(void *), size - s->offset));
}

void *kmem_guard_alloc(struct kmem_cache *s, gfp_t gfp, int node,
		       size_t orig_size, uintptr_t caller)
{
	struct slab_caller who;
	void *obj = NULL;

	if ((s->guard & GUARD_FAIL) &&
	    should_failslab(s, gfp, READ_ONCE(s->object_size)))
		return NULL;
	if (s->guard & GUARD_DEBUG) {
		slab_caller_init(&who, s, caller);
		if (gfp & __GFP_NOTRACK)
			who.track = (struct track){ 0 };
		obj = s->ops->debug_alloc(s, gfp, node, &who, orig_size);
	} else if (!s->ops->refill(s, gfp, node, &obj, 1)) {
		return NULL;
	}
	if (obj && (s->guard & GUARD_INIT_ALLOC))
		memset(obj, 0, kmem_debug_size(s, obj));
	else if (obj && (s->guard & GUARD_INIT_FREE))
		wipe_freeptr(s, obj);
	if (obj && (s->guard & GUARD_PERTURB))
		memset(obj, READ_ONCE(kmem_perturb) ^ 0xff,
		       kmem_debug_size(s, obj));
	return obj;
}

size_t kmem_debug_size(struct kmem_cache *s, const void *obj)
{
	if (s->guard & GUARD_DEBUG)
		return s->ops->debug_size(s, obj);
	return READ_ONCE(s->object_size);
}

int kmem_debug_resize(struct kmem_cache *s, void *obj, size_t size,
		      uintptr_t caller)
{
	struct slab_caller who;

	if (!(s->guard & GUARD_DEBUG))
		return size <= READ_ONCE(s->object_size) ? 0 : -EINVAL;
	slab_caller_init(&who, s, caller);
	return s->ops->debug_resize(s, obj, size, &who);
}

unsigned long validate_slab_cache(struct kmem_cache *s)
{
	struct slab_caller who;

	if (!(s->guard & GUARD_DEBUG))
		return 0;
	slab_caller_init(&who, s, _RET_IP_);
	return s->ops->validate(s, &who);
}

/* slab_mutex is held, so no stack is walked: reports name no caller. */
void validate_slab_at_exit(void)
{
	const struct slab_caller no_caller = { .nr = 0 };
	struct kmem_cache *s;

	if (!smp_load_acquire(&engine_up))
		return;
	km_report_last();
	spin_lock(&slab_mutex);
	list_for_each_entry(s, &slab_caches, list)
		if (s->guard & GUARD_DEBUG)
			s->ops->validate(s, &no_caller);
	spin_unlock(&slab_mutex);
}
