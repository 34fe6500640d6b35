// SPDX-License-Identifier: MIT
/*
 * kmem/cpu_owner.c - tables of cursors that belong to CPUs: percpu=rseq, auto
 *
 *	kmem_cpus.owner[cpu] --> no_owner	no table yet, or hidden
 *		     or      --> [cursors ...] <-- kmem_cpu_table[cpu]
 *
 * A thread that uses them has no table, so kmem_this_owner is the one that
 * always misses. The slow functions try a section on the CPU's table first
 * (section.h). If that misses too, a hand takes the slot out of the table
 * (hand.c). With percpu=rseq all threads do so, and malloc() and free() try the
 * section at once; with auto the first ones have tables of their own, as with
 * percpu=thread.
 *
 * Any thread can empty any CPU's table:
 *
 *	hide	kmem_cpus.owner[cpu] = no_owner
 *	fence	no thread is in a section any more that has read the table
 *	drain	as a thread does with its own: held.c
 *	show	kmem_cpus.owner[cpu] = table
 *
 * Threads on that CPU miss meanwhile, and are served by the slabs. Around fork
 * all tables are hidden, so the child has whole ones: pages are copied one by
 * one, while other threads run. They are hidden too while there is a child of
 * vfork(), whose sections the kernel does not restart. If the fence is refused
 * (a filter that was installed after the start), a thread drains the table of
 * its own CPU alone, by hand, and a child drops what it inherits in all.
 *
 * A CPU's table is made when a thread first misses there. It stays when the CPU
 * is taken away; drains find what it holds. A thread that ends holds nothing.
 *
 * Locking	kmem_owners_lock; sections take none
 * Invariants	CPU1  kmem_cpus.owner[cpu] is no_owner or kmem_cpu_table[cpu]
 *		CPU2  a table is changed by sections of its CPU, or hidden and
 *		      fenced		(kmem_cpu_owners_check() checks CPU1,
 *					stress.api.rseq CPU2)
 */
#include <errno.h>

#include "diag/param.h"
#include "kmem/cpu_far.h"
#include "kmem/cpu_owner.h"
#include "kmem/held.h"
#include "kmem/internal.h"
#include "kmem/owner.h"
#include "kmem/room.h"
#include "kmem/section.h"
#include "kmem/sheaf.h"
#include "sys/os.h"

#define THREADS 2 /* that have tables of their own, with percpu=auto */

static unsigned int auto_threads = THREADS; /* constant after the start */

static int set_threads(const char *value)
{
	unsigned long nr;
	int ret = param_number(value, 0, 1U << 20, &nr);

	if (!ret)
		auto_threads = (unsigned int)nr;
	return ret;
}
boot_param("percpu.threads", set_threads, "0 to 1048576");

static bool forking; /* kmem_owners_lock: all are hidden, around fork */
static bool torn; /* kmem_owners_lock: they are without a fence */
static unsigned int hiders; /* kmem_owners_lock: threads in vfork() */

static bool all_hidden(void)
{
	return forking || hiders;
}

int kmem_cpu_owners_start(bool alone)
{
	unsigned int ids = os_cpu_ids();
	long offset = os_rseq_offset();
	int ret;

	if (!offset || ids > KMEM_CPU_IDS)
		return -ENOSYS;
	ret = os_rseq_fence_allow();
	if (ret)
		return ret;
	kmem_cpus.none[0] = kmem_no_owner;
	kmem_cpus.none[1] = kmem_no_owner;
	if (!ids)
		ids = KMEM_CPU_IDS;
	for (unsigned int cpu = 0; cpu < max(ids, KMEM_CPUS); cpu++)
		kmem_cpus.owner[cpu] = kmem_no_owner;
	kmem_rseq = offset;
	kmem_no_owner->rseq = offset;
	kmem_threads_most = alone ? 0 : auto_threads;
	kmem_room_all = 0; /* any CPU's sheaves can be emptied */
	kmem_room_share(0);
	return 0;
}

static void __show_table(unsigned int cpu)
{
	section_release();
	if (all_hidden())
		return;
	smp_store_release(&kmem_cpus.owner[cpu], kmem_cpu_table[cpu]);
	__kmem_cpu_far_show(cpu, kmem_cpu_table[cpu]);
}

/* Lets sections that begin from here on miss. */
static void __unlink_table(unsigned int cpu)
{
	WRITE_ONCE(kmem_cpus.owner[cpu], kmem_no_owner);
	__kmem_cpu_far_hide(cpu);
}

/* Returns false if the fence was refused: the table is not hidden then. */
static bool __hide_table(unsigned int cpu)
{
	lock_assert_held(&kmem_owners_lock);
	if (all_hidden())
		return !torn;
	__unlink_table(cpu);
	if (os_rseq_fence(cpu)) {
		__show_table(cpu);
		return false;
	}
	section_acquire();
	return true;
}

static bool make_table(unsigned int cpu)
{
	struct kmem_owner *table = kmem_table_alloc();

	if (!table)
		return false;
	spin_lock(&kmem_owners_lock);
	if (!kmem_cpu_table[cpu]) {
		WRITE_ONCE(kmem_cpu_table[cpu], table);
		WRITE_ONCE(kmem_nr_cpu_tables, kmem_nr_cpu_tables + 1);
		table = NULL;
		__show_table(cpu);
	}
	spin_unlock(&kmem_owners_lock);
	kmem_table_free(table);
	return !table;
}

static bool make_far(unsigned int cpu, struct kmem_cache *s)
{
	struct kmem_owner *table = READ_ONCE(kmem_cpu_table[cpu]);

	if (!table || !kmem_cpu_far_make(table, s))
		return false;
	spin_lock(&kmem_owners_lock);
	__show_table(cpu);
	spin_unlock(&kmem_owners_lock);
	return true;
}

bool kmem_cpu_owner_make(struct kmem_cache *s)
{
	unsigned int cpu = (unsigned int)os_cpu();
	bool made = false;

	if (cpu >= KMEM_CPUS)
		return false;
	if (!READ_ONCE(kmem_cpu_table[cpu]))
		made = make_table(cpu);
	if (s->far)
		made |= make_far(cpu, s);
	return made;
}

/* ---- drains -------------------------------------------------------------- */

/* Returns true if a table has a main or a spare; racy. */
static __racy bool holds_any(const struct kmem_owner *table)
{
	for (unsigned int slot = 1; slot < kmem_nr_slots;
	     slot = next_slot(slot))
		if (READ_ONCE(table->cursor[slot]) != MISSING ||
		    READ_ONCE(owner_slot(table, slot)->spare))
			return true;
	return kmem_far_any(table);
}

/*
 * Calls fn for each table that holds anything, hidden from its CPU. Returns
 * false if one could not be hidden.
 */
static bool visit_tables(void (*fn)(struct kmem_owner *table))
{
	struct kmem_owner *table;
	bool all = true;
	unsigned int cpu;

	spin_lock(&kmem_owners_lock);
	for_each_cpu_table(cpu, table) {
		if (!holds_any(table))
			continue;
		if (!__hide_table(cpu)) {
			all = false;
			continue;
		}
		fn(table);
		__show_table(cpu);
	}
	spin_unlock(&kmem_owners_lock);
	return all;
}

bool kmem_cpu_owners_flush(void)
{
	return !kmem_rseq || visit_tables(__kmem_owner_flush);
}

void kmem_cpu_owners_flush_idle(void)
{
	if (kmem_rseq)
		visit_tables(__kmem_owner_flush_idle);
}

void kmem_cpu_owners_flush_cache(struct kmem_cache *s)
{
	struct kmem_owner *table;
	unsigned int cpu;

	if (!kmem_rseq || !kmem_has_slot(s))
		return;
	spin_lock(&kmem_owners_lock);
	for_each_cpu_table(cpu, table) {
		if (!kmem_owner_count(table, s) || !__hide_table(cpu))
			continue;
		kmem_owner_flush_cache(table, s);
		__show_table(cpu);
	}
	spin_unlock(&kmem_owners_lock);
}

static void check_table(struct kmem_owner *table)
{
	kmem_owner_check(table);
}

void kmem_cpu_owners_check(void)
{
	if (!kmem_rseq)
		return;
	spin_lock(&kmem_owners_lock);
	for (unsigned int cpu = 0; cpu < KMEM_CPUS; cpu++) {
		const struct kmem_owner *seen = READ_ONCE(kmem_cpus.owner[cpu]);

		BUG_ON(seen != kmem_no_owner && seen != kmem_cpu_table[cpu]);
		__kmem_cpu_far_check(cpu, kmem_cpu_table[cpu]);
	}
	spin_unlock(&kmem_owners_lock);
	visit_tables(check_table);
}

/* ---- fork and vfork ------------------------------------------------------ */

/* Returns false if the fence was refused; all tables are hidden all the same */
static bool hide_all(void)
{
	bool fenced;

	for (unsigned int cpu = 0; cpu < KMEM_CPUS; cpu++)
		__unlink_table(cpu);
	fenced = !os_rseq_fence(OS_ALL_CPUS);
	section_acquire();
	return fenced;
}

static void show_all(void)
{
	struct kmem_owner *table;
	unsigned int cpu;

	for_each_cpu_table(cpu, table)
		__show_table(cpu);
}

bool kmem_cpu_owners_hide(void)
{
	bool hidden = true;

	spin_lock(&kmem_owners_lock);
	if (!all_hidden())
		hidden = hide_all();
	if (hidden)
		hiders++;
	else
		show_all();
	spin_unlock(&kmem_owners_lock);
	return hidden;
}

void kmem_cpu_owners_unhide(void)
{
	spin_lock(&kmem_owners_lock);
	hiders--;
	show_all();
	spin_unlock(&kmem_owners_lock);
}

void kmem_cpu_owners_fork_take(void)
{
	if (!kmem_rseq || forking)
		return;
	torn = !hide_all();
	forking = true;
}

void kmem_cpu_owners_fork_release(void)
{
	if (!forking)
		return;
	forking = false;
	torn = false;
	show_all();
}

void kmem_cpu_owners_fork_child(void)
{
	struct kmem_owner *table;
	unsigned int cpu;

	hiders = 0; /* threads that the child has not */
	if (!torn)
		return;
	kmem_threads_lost = true;
	for_each_cpu_table(cpu, table)
		kmem_table_clear(table);
}
