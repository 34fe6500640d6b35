// SPDX-License-Identifier: MIT
/*
 * kmem/thread.c - threads that get a table of cursors, and threads that end
 *
 *	NEW ---first slow path---> LIVE ---last destructor round---> DEAD
 *	 no table: every            table, on the         no table: served
 *	 cursor misses              list of owners        object by object
 *
 * A thread gets its table at its first miss. When the thread ends, the objects
 * that it holds go to the slabs and its table to the region. If fewer threads
 * than CPUs remain then, the page lists of the CPU it ran on are drained.
 *
 * Destructors of other libraries may run after ours, so ours defers itself for
 * two rounds. What the thread allocates or frees after that is served by the
 * slabs directly. A thread whose first call is in a late round ends before
 * ours has run often enough, and a thread may end without any destructor. Such
 * a table stays until a thread begins at the same thread pointer. The other one
 * is gone then, so its table is retired.
 *
 * In the child of a fork, the tables of threads that do not exist there are
 * flushed.
 *
 * Locking	kmem_owners_lock (rank LOCK_OWNERS) for the list and the tree
 * Invariants	OWNER2  listed tables are of distinct threads, by_thread is
 *			their order	(kmem_owners_check() checks it)
 */
#include "kmem/held.h"
#include "kmem/inside.h"
#include "kmem/internal.h"
#include "kmem/owner.h"
#include "kmem/region.h"
#include "kmem/room.h"
#include "kmem/thread.h"
#include "request/request.h"
#include "sys/os.h"
#include "zone/surplus.h"

#define EXIT_ROUNDS 2

static struct rb_root owner_tree; /* kmem_owners_lock */
static bool have_key; /* constant after init */

static size_t table_bytes(void)
{
	return kmem_nr_cursors * sizeof(uintptr_t) +
	       kmem_nr_slots * sizeof(struct kmem_owner_slot);
}

/* A thread can do without a table. */
struct kmem_owner *kmem_table_alloc(void)
{
	struct kmem_owner *owner = region_zalloc(table_bytes());

	for (unsigned int slot = 0; owner && slot < kmem_nr_cursors; slot++)
		if (slot < NR_INDICES || slot >= API_SLOT)
			owner->cursor[slot] = MISSING;
	return owner;
}

void kmem_table_clear(struct kmem_owner *table)
{
	for (unsigned int slot = 1; slot < kmem_nr_slots;
	     slot = next_slot(slot)) {
		table->cursor[slot] = MISSING;
		owner_slot(table, slot)->spare = NULL;
	}
	kmem_far_clear(table);
}

void kmem_table_free(struct kmem_owner *table)
{
	region_free(table, table_bytes());
}

/* ---- the list and the tree ----------------------------------------------- */

/* Takes a table off the list and frees what it holds; its memory stays. */
static void __table_unlist(struct kmem_owner *owner)
{
	__kmem_owner_flush(owner);
	__kmem_far_free(owner);
	list_del(&owner->list);
	rb_erase(&owner_tree, &owner->by_thread, NULL);
	WRITE_ONCE(kmem_nr_owners, kmem_nr_owners - 1);
	kmem_room_share(kmem_nr_owners);
}

/*
 * Puts a table into the tree. Returns the one of the same thread pointer that
 * was there, and is not on the list any more, or NULL.
 */
static struct kmem_owner *__tree_add(struct kmem_owner *owner)
{
	struct rb_node **link = &owner_tree.node, *parent = NULL;

	while (*link) {
		struct kmem_owner *at;

		parent = *link;
		at = rb_entry(parent, struct kmem_owner, by_thread);
		if (at->thread == owner->thread) {
			__table_unlist(at);
			__tree_add(owner);
			return at;
		}
		link = owner->thread < at->thread ? &parent->left :
						    &parent->right;
	}
	rb_link_node(&owner->by_thread, parent, link);
	rb_insert(&owner_tree, &owner->by_thread, NULL);
	return NULL;
}

static void table_list(struct kmem_owner *owner)
{
	struct kmem_owner *gone;

	owner->exits = 0;
	spin_lock_init(&owner->lock, LOCK_OWNER);
	owner->frame = (uintptr_t)__builtin_frame_address(0);
	owner->served = READ_ONCE(kmem_requests);
	owner->thread = __builtin_thread_pointer();
	spin_lock(&kmem_owners_lock);
	gone = __tree_add(owner);
	if (gone && gone->inside)
		kmem_threads_lost = true;
	list_add(&owner->list, &kmem_owners);
	kmem_visit_listed(&owner->inside);
	WRITE_ONCE(kmem_nr_owners, kmem_nr_owners + 1);
	kmem_room_share(kmem_nr_owners);
	spin_unlock(&kmem_owners_lock);
	kmem_table_free(gone);
}

/* Frees the table of a thread that ends, or that fork left behind. */
static void table_retire(struct kmem_owner *owner)
{
	spin_lock(&kmem_owners_lock);
	__table_unlist(owner);
	if (kmem_owner_is_mine(owner))
		kmem_visit_unlisted();
	spin_unlock(&kmem_owners_lock);
	kmem_table_free(owner);
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
	surplus_poll();
	if (inside)
		kmem_leave();
}

static struct kmem_owner *thread_start(void)
{
	struct kmem_owner *owner;

	if (kmem_visit.thread_state != THREAD_NEW || !have_key ||
	    READ_ONCE(kmem_nr_owners) >= kmem_threads_most)
		return NULL;
	kmem_visit.thread_state = THREAD_BUSY;
	owner = kmem_table_alloc();
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

void kmem_owners_check(void)
{
	const struct kmem_owner *owner, *last = NULL;
	struct rb_node *node;
	unsigned int listed = 0, nr = 0;

	spin_lock(&kmem_owners_lock);
	list_for_each_entry(owner, &kmem_owners, list)
		listed++;
	for (node = rb_first(&owner_tree); node; node = rb_next(node), nr++) {
		owner = rb_entry(node, struct kmem_owner, by_thread);
		BUG_ON(last && last->thread >= owner->thread);
		last = owner;
	}
	BUG_ON(rb_check(&owner_tree) || nr != listed || nr != kmem_nr_owners);
	spin_unlock(&kmem_owners_lock);
}
