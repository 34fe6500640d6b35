// SPDX-License-Identifier: MIT
/*
 * kmem/owner.c - the owners of sheaves: one table of cursors for each thread
 *
 *	NEW ---first slow path---> LIVE ---last destructor round---> DEAD
 *	 no table: every            table, on the         no table: served
 *	 cursor misses              list of owners        object by object
 *
 * A thread gets its table at its first miss. When the thread ends, the objects
 * that it holds go to the slabs and its table to a free list. If fewer threads
 * than CPUs remain then, the page lists of the CPU it ran on are drained.
 *
 * Destructors of other libraries may run after ours, so ours defers itself for
 * two rounds. What the thread allocates or frees after that is served by the
 * slabs directly.
 *
 * Only its owner touches a table. Another thread that wants a table to be
 * flushed makes a request; the owner serves it at its next slow path. In the
 * child of a fork, the tables of threads that do not exist there are flushed.
 *
 * Locking	kmem_owners_lock (rank LOCK_OWNERS) for the lists
 * Invariants	OWNER1  kmem_this_owner is &no_owner or a table on kmem_owners;
 *			NULL before ld.so has set it (shim/ifunc_tls.c)
 *		OWNER2  a table on free_owners has missing cursors, no spares and
 *			no far slots
 *					(unit.kmem.owner checks both)
 */
#include <pthread.h>

#include "buddy/buddy.h"
#include "kmem/inside.h"
#include "kmem/internal.h"
#include "kmem/sheaf.h"

#define EXIT_ROUNDS 2

/*
 * Only these fields of it are ever read: all cursors miss, and no slot is far.
 */
static struct {
	uintptr_t cursor[NR_CURSORS];
	struct kmem_far_slot **far;
	unsigned int nr_far;
} no_owner = { .cursor = { [0 ... NR_CURSORS - 1] = MISSING } };

_Static_assert(offsetof(struct kmem_owner, nr_far) ==
		       offsetof(__typeof__(no_owner), nr_far),
	       "no_owner begins like a table");

__thread struct kmem_owner *kmem_this_owner = (struct kmem_owner *)&no_owner;

unsigned int kmem_nr_slots = NR_CURSORS;
bool kmem_threads_lost;
spinlock_t kmem_owners_lock = SPIN_LOCK_INIT(LOCK_OWNERS);
static LIST_HEAD(kmem_owners); /* kmem_owners_lock */
static LIST_HEAD(free_owners); /* kmem_owners_lock */
static unsigned int nr_owners; /* kmem_owners_lock */
static unsigned long requests; /* atomic: counts calls to flush */
static pthread_key_t exit_key;
static bool have_key;

static bool is_no_owner(const struct kmem_owner *owner)
{
	return (const void *)owner == (const void *)&no_owner;
}

/*
 * Returns the pages of a table. Slots beyond kmem_nr_slots are not used and
 * have no memory.
 */
static unsigned long table_pages(void)
{
	return DIV_ROUND_UP(offsetof(struct kmem_owner, slot) +
				    kmem_nr_slots *
					    sizeof(struct kmem_owner_slot),
			    PAGE_SIZE);
}

/*
 * Returns an empty table, or NULL. A thread can do without one, and free() may
 * call this, so nothing is reclaimed.
 */
static struct kmem_owner *table_alloc(void)
{
	unsigned long pages = table_pages();
	struct kmem_owner *owner = NULL;
	struct page *page;

	spin_lock(&kmem_owners_lock);
	if (!list_empty(&free_owners)) {
		owner = list_first_entry(&free_owners, struct kmem_owner, list);
		list_del(&owner->list);
	}
	spin_unlock(&kmem_owners_lock);
	if (owner)
		return owner;
	page = alloc_page_run(GFP_NOWAIT | __GFP_ZERO, pages);
	if (!page)
		return NULL;
	owner = page_to_virt(page);
	for (unsigned int slot = 0; slot < kmem_nr_slots; slot++)
		owner->cursor[slot] = MISSING;
	return owner;
}

static void table_list(struct kmem_owner *owner)
{
	owner->exits = 0;
	owner->frame = (uintptr_t)__builtin_frame_address(0);
	owner->served = READ_ONCE(requests);
	owner->thread = __builtin_thread_pointer();
	spin_lock(&kmem_owners_lock);
	list_add(&owner->list, &kmem_owners);
	kmem_visit_listed(&owner->inside);
	WRITE_ONCE(nr_owners, nr_owners + 1);
	spin_unlock(&kmem_owners_lock);
}

static bool is_mine(const struct kmem_owner *owner)
{
	return owner->thread == __builtin_thread_pointer();
}

/* Empties the table of a thread that ends, or that fork left behind. */
static void table_retire(struct kmem_owner *owner)
{
	spin_lock(&kmem_owners_lock);
	__kmem_owner_flush(owner);
	__kmem_far_free(owner);
	list_del(&owner->list);
	if (is_mine(owner))
		kmem_visit_unlisted();
	owner->inside = 0;
	list_add(&owner->list, &free_owners);
	WRITE_ONCE(nr_owners, nr_owners - 1);
	spin_unlock(&kmem_owners_lock);
}

/*
 * The thread exit hook: glibc calls it once a round while the key has a value.
 */
static void thread_exit(void *arg)
{
	struct kmem_owner *owner = arg;
	bool inside;

	if (owner->exits++ < EXIT_ROUNDS &&
	    !pthread_setspecific(exit_key, owner))
		return;
	inside = kmem_enter(); /* if not, a lock makes it wait for fork */
	kmem_visit.thread_state = THREAD_DEAD;
	kmem_this_owner = (struct kmem_owner *)&no_owner;
	table_retire(owner);
	if (kmem_owners_number() < nr_cpu_ids)
		page_alloc_cpu_dead(smp_cpu());
	if (inside)
		kmem_leave();
}

static struct kmem_owner *thread_start(void)
{
	struct kmem_owner *owner;

	if (kmem_visit.thread_state != THREAD_NEW || !have_key)
		return NULL;
	kmem_visit.thread_state = THREAD_BUSY;
	owner = table_alloc();
	if (!owner) {
		kmem_visit.thread_state = THREAD_NEW;
		return NULL;
	}
	table_list(owner);
	kmem_this_owner = owner;
	kmem_visit.thread_state = THREAD_LIVE;
	if (kmem_is_inside())
		kmem_visit.key = 1;
	else
		kmem_owner_set_key();
	return owner;
}

/*
 * pthread_setspecific() may allocate. The table is in place then, and the
 * thread is outside.
 */
void kmem_owner_set_key(void)
{
	if (!is_no_owner(kmem_this_owner))
		pthread_setspecific(exit_key, kmem_this_owner);
}

void kmem_owner_early(void)
{
	if (kmem_visit.thread_state == THREAD_EARLY)
		kmem_this_owner = (struct kmem_owner *)&no_owner;
}

struct kmem_owner *kmem_owner_get(void)
{
	struct kmem_owner *owner = kmem_this_owner;

	return likely(!is_no_owner(owner)) ? owner : thread_start();
}

struct kmem_owner *kmem_owner_here(void)
{
	struct kmem_owner *owner = kmem_this_owner;

	return is_no_owner(owner) ? NULL : owner;
}

struct kmem_owner *kmem_owner_put_aside(void)
{
	struct kmem_owner *owner = kmem_this_owner;

	kmem_this_owner = (struct kmem_owner *)&no_owner;
	return owner;
}

/*
 * If the thread had no table before, it keeps the one it may have got
 * meanwhile.
 */
void kmem_owner_put_back(struct kmem_owner *owner)
{
	if (!is_no_owner(owner))
		kmem_this_owner = owner;
}

void kmem_owner_serve(struct kmem_owner *owner)
{
	unsigned long now = READ_ONCE(requests);

	if (likely(owner->served == now))
		return;
	owner->served = now;
	kmem_owner_flush_idle(owner);
}

void kmem_owners_request(void)
{
	__atomic_add_fetch(&requests, 1, __ATOMIC_RELAXED);
}

unsigned long kmem_owners_count(const struct kmem_cache *s)
{
	struct kmem_owner *owner;
	unsigned long nr = 0;

	if (!kmem_has_slot(s))
		return 0;
	spin_lock(&kmem_owners_lock);
	list_for_each_entry(owner, &kmem_owners, list)
		nr += kmem_owner_count(owner, s);
	spin_unlock(&kmem_owners_lock);
	return nr;
}

void kmem_owners_flush_cache(struct kmem_cache *s)
{
	struct kmem_owner *owner;

	if (!kmem_has_slot(s))
		return;
	spin_lock(&kmem_owners_lock);
	list_for_each_entry(owner, &kmem_owners, list)
		kmem_owner_flush_cache(owner, s);
	spin_unlock(&kmem_owners_lock);
}

bool kmem_owners_stack_in(uintptr_t start, uintptr_t end)
{
	const struct kmem_owner *owner;
	bool found = false;

	spin_lock(&kmem_owners_lock);
	list_for_each_entry(owner, &kmem_owners, list)
		found |= owner->frame >= start && owner->frame < end;
	spin_unlock(&kmem_owners_lock);
	return found;
}

bool kmem_owners_anyone_inside(void)
{
	const struct kmem_owner *owner;
	bool found = false;

	spin_lock(&kmem_owners_lock);
	list_for_each_entry(owner, &kmem_owners, list)
		found |= !is_mine(owner) && READ_ONCE(owner->inside);
	spin_unlock(&kmem_owners_lock);
	return found;
}

unsigned int kmem_owners_number(void)
{
	return READ_ONCE(nr_owners);
}

unsigned long kmem_owners_pages(void)
{
	return READ_ONCE(nr_owners) * table_pages();
}

void kmem_owners_init(void)
{
	have_key = !pthread_key_create(&exit_key, thread_exit);
}

void kmem_owners_fork_take(void)
{
	lock_fork_take(&kmem_owners_lock);
}

void kmem_owners_fork_release(void)
{
	lock_fork_release(&kmem_owners_lock);
}

void kmem_owners_fork_child(void)
{
	struct kmem_owner *owner, *next;

	list_for_each_entry_safe(owner, next, &kmem_owners, list) {
		if (is_mine(owner))
			continue;
		kmem_threads_lost = true;
		table_retire(owner);
	}
}
