// SPDX-License-Identifier: MIT
/*
 * kmem/cpu.c - the owners of sheaves: one table of cursors for each thread
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
 * Locking	kmem_cpus_lock (rank LOCK_CPUS) for the lists
 * Invariants	OWNER1  kmem_this_cpu is &no_cpu or a table on kmem_cpus; NULL
 *			before ld.so has set it (shim/ifunc_tls.c)
 *		OWNER2  a table on free_cpus has missing cursors, no spares and
 *			no far slots
 *					(unit.kmem.cpu checks both)
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
} no_cpu = { .cursor = { [0 ... NR_CURSORS - 1] = MISSING } };

_Static_assert(offsetof(struct kmem_cpu, nr_far) ==
		       offsetof(__typeof__(no_cpu), nr_far),
	       "no_cpu begins like a table");

__thread struct kmem_cpu *kmem_this_cpu = (struct kmem_cpu *)&no_cpu;

unsigned int kmem_nr_slots = NR_CURSORS;
bool kmem_threads_lost;
spinlock_t kmem_cpus_lock = SPIN_LOCK_INIT(LOCK_CPUS);
static LIST_HEAD(kmem_cpus); /* kmem_cpus_lock */
static LIST_HEAD(free_cpus); /* kmem_cpus_lock */
static unsigned int nr_cpus; /* kmem_cpus_lock */
static unsigned long requests; /* atomic: counts calls to flush */
static pthread_key_t exit_key;
static bool have_key;

static bool is_no_cpu(const struct kmem_cpu *cpu)
{
	return (const void *)cpu == (const void *)&no_cpu;
}

/*
 * Returns the pages of a table. Slots beyond kmem_nr_slots are not used and
 * have no memory.
 */
static unsigned long table_pages(void)
{
	return DIV_ROUND_UP(offsetof(struct kmem_cpu, slot) +
				    kmem_nr_slots *
					    sizeof(struct kmem_cpu_slot),
			    PAGE_SIZE);
}

/*
 * Returns an empty table, or NULL. A thread can do without one, and free() may
 * call this, so nothing is reclaimed.
 */
static struct kmem_cpu *table_alloc(void)
{
	unsigned long pages = table_pages();
	struct kmem_cpu *cpu = NULL;
	struct page *page;

	spin_lock(&kmem_cpus_lock);
	if (!list_empty(&free_cpus)) {
		cpu = list_first_entry(&free_cpus, struct kmem_cpu, list);
		list_del(&cpu->list);
	}
	spin_unlock(&kmem_cpus_lock);
	if (cpu)
		return cpu;
	page = alloc_page_run(GFP_NOWAIT | __GFP_ZERO, pages);
	if (!page)
		return NULL;
	cpu = page_to_virt(page);
	for (unsigned int slot = 0; slot < kmem_nr_slots; slot++)
		cpu->cursor[slot] = MISSING;
	return cpu;
}

static void table_list(struct kmem_cpu *cpu)
{
	cpu->exits = 0;
	cpu->frame = (uintptr_t)__builtin_frame_address(0);
	cpu->served = READ_ONCE(requests);
	cpu->owner = __builtin_thread_pointer();
	spin_lock(&kmem_cpus_lock);
	list_add(&cpu->list, &kmem_cpus);
	kmem_visit_listed(&cpu->inside);
	WRITE_ONCE(nr_cpus, nr_cpus + 1);
	spin_unlock(&kmem_cpus_lock);
}

static bool is_mine(const struct kmem_cpu *cpu)
{
	return cpu->owner == __builtin_thread_pointer();
}

/* Empties the table of a thread that ends, or that fork left behind. */
static void table_retire(struct kmem_cpu *cpu)
{
	spin_lock(&kmem_cpus_lock);
	__kmem_cpu_flush(cpu);
	__kmem_far_free(cpu);
	list_del(&cpu->list);
	if (is_mine(cpu))
		kmem_visit_unlisted();
	cpu->inside = 0;
	list_add(&cpu->list, &free_cpus);
	WRITE_ONCE(nr_cpus, nr_cpus - 1);
	spin_unlock(&kmem_cpus_lock);
}

/*
 * The thread exit hook: glibc calls it once a round while the key has a value.
 */
static void thread_exit(void *arg)
{
	struct kmem_cpu *cpu = arg;
	bool inside;

	if (cpu->exits++ < EXIT_ROUNDS && !pthread_setspecific(exit_key, cpu))
		return;
	inside = kmem_enter(); /* if not, a lock makes it wait for fork */
	kmem_visit.thread_state = THREAD_DEAD;
	kmem_this_cpu = (struct kmem_cpu *)&no_cpu;
	table_retire(cpu);
	if (kmem_cpus_number() < nr_cpu_ids)
		page_alloc_cpu_dead(smp_cpu());
	if (inside)
		kmem_leave();
}

static struct kmem_cpu *thread_start(void)
{
	struct kmem_cpu *cpu;

	if (kmem_visit.thread_state != THREAD_NEW || !have_key)
		return NULL;
	kmem_visit.thread_state = THREAD_BUSY;
	cpu = table_alloc();
	if (!cpu) {
		kmem_visit.thread_state = THREAD_NEW;
		return NULL;
	}
	table_list(cpu);
	kmem_this_cpu = cpu;
	kmem_visit.thread_state = THREAD_LIVE;
	if (kmem_is_inside())
		kmem_visit.key = 1;
	else
		kmem_cpu_set_key();
	return cpu;
}

/*
 * pthread_setspecific() may allocate. The table is in place then, and the
 * thread is outside.
 */
void kmem_cpu_set_key(void)
{
	if (!is_no_cpu(kmem_this_cpu))
		pthread_setspecific(exit_key, kmem_this_cpu);
}

void kmem_cpu_early(void)
{
	if (kmem_visit.thread_state == THREAD_EARLY)
		kmem_this_cpu = (struct kmem_cpu *)&no_cpu;
}

struct kmem_cpu *kmem_cpu_get(void)
{
	struct kmem_cpu *cpu = kmem_this_cpu;

	return likely(!is_no_cpu(cpu)) ? cpu : thread_start();
}

struct kmem_cpu *kmem_cpu_here(void)
{
	struct kmem_cpu *cpu = kmem_this_cpu;

	return is_no_cpu(cpu) ? NULL : cpu;
}

struct kmem_cpu *kmem_cpu_put_aside(void)
{
	struct kmem_cpu *cpu = kmem_this_cpu;

	kmem_this_cpu = (struct kmem_cpu *)&no_cpu;
	return cpu;
}

/*
 * If the thread had no table before, it keeps the one it may have got
 * meanwhile.
 */
void kmem_cpu_put_back(struct kmem_cpu *cpu)
{
	if (!is_no_cpu(cpu))
		kmem_this_cpu = cpu;
}

void kmem_cpu_serve(struct kmem_cpu *cpu)
{
	unsigned long now = READ_ONCE(requests);

	if (likely(cpu->served == now))
		return;
	cpu->served = now;
	kmem_cpu_flush_idle(cpu);
}

void kmem_cpus_request(void)
{
	__atomic_add_fetch(&requests, 1, __ATOMIC_RELAXED);
}

unsigned long kmem_cpus_count(const struct kmem_cache *s)
{
	struct kmem_cpu *cpu;
	unsigned long nr = 0;

	if (!kmem_has_slot(s))
		return 0;
	spin_lock(&kmem_cpus_lock);
	list_for_each_entry(cpu, &kmem_cpus, list)
		nr += kmem_cpu_count(cpu, s);
	spin_unlock(&kmem_cpus_lock);
	return nr;
}

void kmem_cpus_flush_cache(struct kmem_cache *s)
{
	struct kmem_cpu *cpu;

	if (!kmem_has_slot(s))
		return;
	spin_lock(&kmem_cpus_lock);
	list_for_each_entry(cpu, &kmem_cpus, list)
		kmem_cpu_flush_cache(cpu, s);
	spin_unlock(&kmem_cpus_lock);
}

bool kmem_cpus_stack_in(uintptr_t start, uintptr_t end)
{
	const struct kmem_cpu *cpu;
	bool found = false;

	spin_lock(&kmem_cpus_lock);
	list_for_each_entry(cpu, &kmem_cpus, list)
		found |= cpu->frame >= start && cpu->frame < end;
	spin_unlock(&kmem_cpus_lock);
	return found;
}

bool kmem_cpus_anyone_inside(void)
{
	const struct kmem_cpu *cpu;
	bool found = false;

	spin_lock(&kmem_cpus_lock);
	list_for_each_entry(cpu, &kmem_cpus, list)
		found |= !is_mine(cpu) && READ_ONCE(cpu->inside);
	spin_unlock(&kmem_cpus_lock);
	return found;
}

unsigned int kmem_cpus_number(void)
{
	return READ_ONCE(nr_cpus);
}

unsigned long kmem_cpus_pages(void)
{
	return READ_ONCE(nr_cpus) * table_pages();
}

void kmem_cpus_init(void)
{
	have_key = !pthread_key_create(&exit_key, thread_exit);
}

void kmem_cpus_fork_take(void)
{
	lock_fork_take(&kmem_cpus_lock);
}

void kmem_cpus_fork_release(void)
{
	lock_fork_release(&kmem_cpus_lock);
}

void kmem_cpus_fork_child(void)
{
	struct kmem_cpu *cpu, *next;

	list_for_each_entry_safe(cpu, next, &kmem_cpus, list) {
		if (is_mine(cpu))
			continue;
		kmem_threads_lost = true;
		table_retire(cpu);
	}
}
