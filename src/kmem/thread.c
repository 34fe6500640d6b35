// SPDX-License-Identifier: MIT
/*
 * kmem/thread.c - threads that get a table of cursors, and threads that end
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
 * In the child of a fork, the tables of threads that do not exist there are
 * flushed.
 *
 * Locking	kmem_owners_lock (rank LOCK_OWNERS) for the lists
 * Invariants	OWNER2  a table on free_owners has missing cursors, no spares
 *			and no far slots	(unit.kmem.thread checks it)
 */
#include "kmem/held.h"
#include "kmem/inside.h"
#include "kmem/internal.h"
#include "kmem/owner.h"
#include "kmem/sheaf.h"
#include "kmem/thread.h"
#include "request/request.h"
#include "sys/os.h"

#define EXIT_ROUNDS 2

static LIST_HEAD(free_owners); /* kmem_owners_lock */
static bool have_key; /* constant after init */

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
	owner->served = READ_ONCE(kmem_requests);
	owner->thread = __builtin_thread_pointer();
	spin_lock(&kmem_owners_lock);
	list_add(&owner->list, &kmem_owners);
	kmem_visit_listed(&owner->inside);
	WRITE_ONCE(kmem_nr_owners, kmem_nr_owners + 1);
	spin_unlock(&kmem_owners_lock);
}

/* Empties the table of a thread that ends, or that fork left behind. */
static void table_retire(struct kmem_owner *owner)
{
	spin_lock(&kmem_owners_lock);
	__kmem_owner_flush(owner);
	__kmem_far_free(owner);
	list_del(&owner->list);
	if (kmem_owner_is_mine(owner))
		kmem_visit_unlisted();
	owner->inside = 0;
	list_add(&owner->list, &free_owners);
	WRITE_ONCE(kmem_nr_owners, kmem_nr_owners - 1);
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
	    !os_thread_exit_set(kmem_exit_key, owner))
		return;
	inside = kmem_enter(); /* if not, a lock makes it wait for fork */
	kmem_visit.thread_state = THREAD_DEAD;
	kmem_this_owner = kmem_no_owner;
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

void kmem_owner_early(void)
{
	if (kmem_visit.thread_state == THREAD_EARLY)
		kmem_this_owner = kmem_no_owner;
}

struct kmem_owner *kmem_owner_get(void)
{
	struct kmem_owner *owner = kmem_this_owner;

	return likely(owner != kmem_no_owner) ? owner : thread_start();
}

unsigned long kmem_owners_pages(void)
{
	return READ_ONCE(kmem_nr_owners) * table_pages();
}

void kmem_owners_init(void)
{
	have_key = !os_thread_exit_key(&kmem_exit_key, thread_exit);
}

void kmem_owners_fork_child(void)
{
	struct kmem_owner *owner, *next;

	list_for_each_entry_safe(owner, next, &kmem_owners, list) {
		if (kmem_owner_is_mine(owner))
			continue;
		kmem_threads_lost = true;
		table_retire(owner);
	}
}
