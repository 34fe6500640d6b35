// SPDX-License-Identifier: MIT
/*
 * kmem/owner.c - the owners of sheaves: one table of cursors for each thread
 *
 *	kmem_this_owner --> no_owner, whose cursors all miss
 *		 or     --> [cursors | slots] <-> the next on kmem_owners
 *
 * Only its owner touches a table. Another thread that wants a table to be
 * flushed makes a request; the owner serves it at its next slow path. Threads
 * that get and give up their tables are thread.c, and what the tables hold is
 * held.c.
 *
 * With percpu=rseq the owners are CPUs, and no thread has a table; with auto
 * only a few threads have one. The tables of CPUs are kmem_cpu_table[]:
 * cpu_owner.c.
 *
 * Locking	kmem_owners_lock (rank LOCK_OWNERS) for the list
 * Invariants	OWNER1  kmem_this_owner is &no_owner or a table on kmem_owners;
 *			NULL before ld.so has set it (shim/ifunc_tls.c)
 *					(unit.kmem.owner checks it)
 */
#include <limits.h>

#include "kmem/inside.h"
#include "kmem/internal.h"
#include "kmem/owner.h"
#include "kmem/sheaf.h"
#include "sys/os.h"

const void *const kmem_missing[SHEAF_WORDS] __aligned(SHEAF_SIZE) = { NULL };

_Static_assert(offsetof(struct kmem_owner, api) <=
		       offsetof(struct kmem_owner, cursor[API_SLOT]),
	       "an owner's fields fit between its cursors");

/* All its cursors miss, and no slot is far. It has no slots behind them. */
static struct kmem_owner no_owner = {
	.cursor = { [0 ... NR_INDICES - 1] = MISSING,
		    [API_SLOT... NR_CURSORS - 1] = MISSING }
};

__thread struct kmem_owner *kmem_this_owner = &no_owner;

unsigned int kmem_nr_slots = NR_CURSORS;
unsigned int kmem_nr_cursors = NR_CURSORS;
bool kmem_threads_lost;
spinlock_t kmem_owners_lock = SPIN_LOCK_INIT(LOCK_OWNERS);
LIST_HEAD(kmem_owners);
unsigned int kmem_nr_owners;
unsigned long kmem_requests;
u32 kmem_exit_key;
struct kmem_owner *const kmem_no_owner = &no_owner;

long kmem_rseq;
unsigned int kmem_threads_most = UINT_MAX;
struct kmem_cpus kmem_cpus;
struct kmem_owner *kmem_cpu_table[KMEM_CPUS];
unsigned int kmem_nr_cpu_tables;

/*
 * os_thread_exit_set() may allocate. The table is in place then, and the
 * thread is outside.
 */
void kmem_owner_set_key(void)
{
	if (kmem_this_owner != kmem_no_owner)
		os_thread_exit_set(kmem_exit_key, kmem_this_owner);
}

struct kmem_owner *kmem_owner_here(void)
{
	struct kmem_owner *owner = kmem_this_owner;

	return owner == kmem_no_owner ? NULL : owner;
}

struct kmem_owner *kmem_owner_put_aside(void)
{
	struct kmem_owner *owner = kmem_this_owner;

	kmem_this_owner = kmem_no_owner;
	return owner;
}

/*
 * If the thread had no table before, it keeps the one it may have got
 * meanwhile.
 */
void kmem_owner_put_back(struct kmem_owner *owner)
{
	if (owner != kmem_no_owner)
		kmem_this_owner = owner;
}

void kmem_owners_request(void)
{
	__atomic_add_fetch(&kmem_requests, 1, __ATOMIC_RELAXED);
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
		found |= !kmem_owner_is_mine(owner) &&
			 __atomic_load_n(&owner->inside, __ATOMIC_SEQ_CST);
	spin_unlock(&kmem_owners_lock);
	return found;
}

unsigned int kmem_owners_number(void)
{
	return READ_ONCE(kmem_nr_owners) + READ_ONCE(kmem_nr_cpu_tables);
}

void kmem_owners_fork_take(void)
{
	lock_fork_take(&kmem_owners_lock);
}

void kmem_owners_fork_release(void)
{
	lock_fork_release(&kmem_owners_lock);
}
