// SPDX-License-Identifier: MIT
/*
 * reclaim/shrinker.c - ask the owners of caches to free some of their memory
 *
 *	shrinkers -> [the program's] -> [vmap] -> [kmem] -> [per-CPU pages]
 *	             registered last                       registered first
 *
 * The lowest room registers first and is called last, so that memory which a
 * higher room frees goes all the way down. How many objects reclaim asks for
 * depends on its priority, 12 at first and 0 when nothing else has helped:
 *
 *	delta = (objects >> priority) * 4 / seeks
 *
 * Less than a batch is not worth a call. It is added up in nr_deferred until
 * there is a batch.
 *
 * Locking	shrinker_lock (rank LOCK_SHRINKER) for the list and the users;
 *		never held across a call. A shrinker with users stays listed.
 * Invariants	SHRINKER1  users is the number of threads in its functions
 *			(unit.reclaim.shrinker checks it)
 * Source	Linux v6.12 mm/shrinker.c (docs/kernel.md K5)
 */
#include <limits.h>

#include "buddy/buddy.h"
#include "reclaim/internal.h"
#include "sys/os.h"
#include "zone/vmstat.h"

#define SHRINK_BATCH 128

_Static_assert(ARRAY_SIZE(((struct shrinker *)0)->nr_deferred) == MAX_NUMNODES,
	       "one for each node");

static spinlock_t shrinker_lock = SPIN_LOCK_INIT(LOCK_SHRINKER);
static struct shrinker *shrinkers; /* shrinker_lock: the last is first */

/* ---- the list ------------------------------------------------------------ */

void shrinker_register(struct shrinker *s)
{
	BUG_ON(!s->count_objects || !s->scan_objects);
	BUG_ON(s->flags & SHRINKER_REGISTERED);
	spin_lock(&shrinker_lock);
	s->flags |= SHRINKER_REGISTERED;
	s->next = shrinkers;
	shrinkers = s;
	spin_unlock(&shrinker_lock);
}

static void unlist_shrinker(struct shrinker *s)
{
	struct shrinker **link = &shrinkers;

	while (*link != s)
		link = &(*link)->next;
	*link = s->next;
}

void unregister_shrinker(struct shrinker *s)
{
	unsigned int users;

	spin_lock(&shrinker_lock);
	s->flags &= ~SHRINKER_REGISTERED;
	while ((users = s->users)) {
		spin_unlock(&shrinker_lock);
		os_futex_wait(&s->users, users);
		spin_lock(&shrinker_lock);
	}
	unlist_shrinker(s);
	spin_unlock(&shrinker_lock);
}

/*
 * After a fork began, other threads may run program code that waits for a lock.
 */
static bool may_run(const struct shrinker *s, gfp_t gfp)
{
	if ((s->flags & KM_SHRINKER_IO) && !(gfp & __GFP_IO))
		return false;
	if ((s->flags & KM_SHRINKER_FS) && !(gfp & __GFP_FS))
		return false;
	return (s->flags & SHRINKER_ENGINE) || !lock_is_fork_owner();
}

/*
 * Drops the use of one shrinker and takes that of the next that may run.
 * Returns NULL if there is none.
 */
static struct shrinker *next_shrinker(struct shrinker *s, gfp_t gfp)
{
	struct shrinker *next;

	spin_lock(&shrinker_lock);
	next = s ? s->next : shrinkers;
	while (next &&
	       (!(next->flags & SHRINKER_REGISTERED) || !may_run(next, gfp)))
		next = next->next;
	if (next)
		next->users++;
	if (s && s->users && !--s->users && !(s->flags & SHRINKER_REGISTERED))
		os_futex_wake_all(&s->users); /* unregister_shrinker() waits */
	spin_unlock(&shrinker_lock);
	return next;
}

/* ---- one shrinker -------------------------------------------------------- */

static unsigned long *deferred_count(struct shrinker *s, int nid)
{
	return &s->nr_deferred[s->flags & SHRINKER_NUMA_AWARE ? nid : 0];
}

/*
 * Returns how many of the `freeable` objects to ask for; *delta is how many of
 * those are new (docs/kernel.md K5).
 */
static unsigned long scan_target(const struct shrinker *s, int priority,
				 unsigned long freeable, unsigned long *delta,
				 unsigned long carried)
{
	*delta = freeable / 2;
	if (s->seeks)
		*delta = (freeable >> priority) * 4 / (unsigned long)s->seeks;
	return min((carried >> priority) + *delta, 2 * freeable);
}

/* Calls one shrinker, batch by batch. Returns the number of objects freed. */
static unsigned long do_shrink_slab(struct shrink_control *sc,
				    struct shrinker *s, int priority)
{
	unsigned long freeable = s->count_objects(s, sc), carried, delta;
	unsigned long batch = s->batch ? (unsigned long)s->batch : SHRINK_BATCH;
	unsigned long total, scanned = 0, freed = 0, left;

	if (!freeable || freeable == SHRINK_EMPTY)
		return 0;
	freeable = min(freeable, (unsigned long)LONG_MAX / 4);
	carried = __atomic_exchange_n(deferred_count(s, sc->nid), 0UL,
				      __ATOMIC_RELAXED);
	total = scan_target(s, priority, freeable, &delta, carried);
	while (total && (total >= batch || total >= freeable)) {
		unsigned long nr = min(batch, total), ret;

		sc->nr_to_scan = sc->nr_scanned = nr;
		ret = s->scan_objects(s, sc);
		if (ret == SHRINK_STOP)
			break;
		freed += ret;
		nr = clamp(sc->nr_scanned, 1UL, total);
		total -= nr;
		scanned += nr;
	}
	count_vm_events(SLABS_SCANNED, scanned);
	left = carried + delta > scanned ? carried + delta - scanned : 0;
	__atomic_add_fetch(deferred_count(s, sc->nid), min(left, 2 * freeable),
			   __ATOMIC_RELAXED);
	return freed;
}

unsigned long shrink_slab(gfp_t gfp, int nid, int priority)
{
	struct shrinker *s = NULL;
	unsigned long freed = 0;

	while ((s = next_shrinker(s, gfp))) {
		struct shrink_control sc = { .gfp_mask = gfp, .nid = nid };

		freed += do_shrink_slab(&sc, s, priority);
	}
	return freed;
}

unsigned long reclaimable_pages(gfp_t gfp, int nid)
{
	struct shrinker *s = NULL;
	unsigned long pages = 0;

	while ((s = next_shrinker(s, gfp))) {
		struct shrink_control sc = { .gfp_mask = gfp, .nid = nid };
		unsigned long nr;

		if (!(s->flags & SHRINKER_ENGINE))
			continue;
		nr = s->count_objects(s, &sc);
		if (nr != SHRINK_EMPTY)
			pages += nr;
	}
	return pages;
}

/* ---- per-CPU pages ------------------------------------------------------- */

static unsigned long pcp_count(struct shrinker *s, struct shrink_control *sc)
{
	unsigned long pages = 0;

	(void)s;
	for (unsigned int type = 0; type < MAX_NR_ZONES; type++) {
		struct zone *zone = &NODE_DATA(sc->nid)->node_zones[type];

		for (unsigned int cpu = 0;
		     zone->spanned_pages && cpu < nr_cpu_ids; cpu++)
			pages += (unsigned long)READ_ONCE(
				zone->pageset[cpu].count);
	}
	return pages;
}

/*
 * Returns 0: drained pages were free already; counting them would end reclaim
 * too early.
 */
static unsigned long pcp_scan(struct shrinker *s, struct shrink_control *sc)
{
	unsigned long pages = pcp_count(s, sc);

	for (unsigned int type = 0; type < MAX_NR_ZONES; type++) {
		struct zone *zone = &NODE_DATA(sc->nid)->node_zones[type];

		if (zone->spanned_pages)
			drain_all_pages(zone);
	}
	sc->nr_scanned = pages;
	return 0;
}

void shrinker_init(void)
{
	static struct shrinker pcp = {
		.count_objects = pcp_count,
		.scan_objects = pcp_scan,
		.batch = 1,
		.seeks = DEFAULT_SEEKS,
		.flags = SHRINKER_NUMA_AWARE | SHRINKER_ENGINE,
		.name = "pcp",
	};

	shrinker_register(&pcp);
}

/* ---- fork ---------------------------------------------------------------- */

void shrinker_fork_take(void)
{
	lock_fork_take(&shrinker_lock);
}

void shrinker_fork_release(void)
{
	lock_fork_release(&shrinker_lock);
}

/* The child has none of the threads that were in the functions. */
void shrinker_fork_child(void)
{
	for (struct shrinker *s = shrinkers; s; s = s->next)
		s->users = 0;
}
