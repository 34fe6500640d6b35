// SPDX-License-Identifier: MIT
/*
 * kmem/cpu_far.c - far slots in the tables of CPUs: percpu=rseq, auto
 *
 * A section finds the table of its CPU in kmem_cpus.owner[]. A chunk of far
 * slots (far.c) has an array of the same form, so that the same sections serve
 * both (section.h):
 *
 *	a near cache	kmem_cpus.owner	--[cpu]--> table --+ slot--> cursor
 *	a far cache	s->by_cpu	--[cpu]--> chunk --+ slot--> cursor
 *				|
 *	rows -> struct far_row  `-> none none | cpu 0 | cpu 1 | ...
 *		a row for each chunk number	  `-> table->far[nr], or
 *						      no_chunk
 *
 * In front of the array are two words for the CPUs -1 and -2 of a thread
 * without an area. no_chunk is what a CPU has that has no chunk yet, or is
 * hidden: all its cursors miss. A row and no_chunk stay.
 *
 * Locking	kmem_owners_lock; sections read the arrays without
 * Invariants	CPU3  an element of a row is no_chunk, or that chunk of the
 *		      CPU's table	(kmem_cpu_owners_check() checks it)
 */
#include "kmem/cpu_far.h"
#include "kmem/internal.h"
#include "kmem/owner.h"
#include "kmem/region.h"
#include "kmem/sheaf.h"
#include "sys/os.h"

struct far_row {
	struct far_row *next; /* constant */
	unsigned int nr; /* constant */
	void *none[2]; /* constant: no_chunk, for CPUs -1 and -2 */
	void *chunk[]; /* by CPU; read by sections */
};

_Static_assert(offsetof(struct far_row, chunk) ==
		       offsetof(struct far_row, none[2]),
	       "the elements -1 and -2 are there");

static struct far_row *rows; /* kmem_owners_lock */
static struct kmem_far_slot *no_chunk; /* kmem_owners_lock */

static unsigned int nr_ids(void)
{
	unsigned int ids = os_cpu_ids();

	return ids ? ids : KMEM_CPU_IDS;
}

static size_t row_bytes(void)
{
	return sizeof(struct far_row) + nr_ids() * sizeof(void *);
}

static unsigned int chunk_nr(const struct kmem_cache *s)
{
	return (s->far - 1) / (unsigned int)FAR_PER_CHUNK;
}

static struct far_row *__find_row(unsigned int nr)
{
	struct far_row *row = rows;

	while (row && row->nr != nr)
		row = row->next;
	return row;
}

/* Makes no_chunk, once. Returns false if there is no memory. */
static bool have_no_chunk(void)
{
	struct kmem_far_slot *unused;

	if (READ_ONCE(no_chunk))
		return true;
	unused = region_zalloc(PAGE_SIZE);
	if (!unused)
		return false;
	for (unsigned int i = 0; i < FAR_PER_CHUNK; i++)
		unused[i].cursor = MISSING;
	spin_lock(&kmem_owners_lock);
	if (!no_chunk) {
		WRITE_ONCE(no_chunk, unused);
		unused = NULL;
	}
	spin_unlock(&kmem_owners_lock);
	region_free(unused, PAGE_SIZE);
	return true;
}

/* Makes the row of a chunk number, in which all CPUs have no_chunk. */
static void make_row(unsigned int nr)
{
	struct far_row *row = have_no_chunk() ? region_alloc(row_bytes()) :
						NULL;

	if (!row)
		return;
	row->nr = nr;
	row->none[0] = no_chunk;
	row->none[1] = no_chunk;
	for (unsigned int cpu = 0; cpu < nr_ids(); cpu++)
		row->chunk[cpu] = no_chunk;
	spin_lock(&kmem_owners_lock);
	if (!__find_row(nr)) {
		row->next = rows;
		rows = row;
		row = NULL;
	}
	spin_unlock(&kmem_owners_lock);
	region_free(row, row_bytes());
}

bool kmem_cpu_far_make(struct kmem_owner *table, struct kmem_cache *s)
{
	unsigned int nr = chunk_nr(s);
	struct far_row *row;
	bool had;

	spin_lock(&kmem_owners_lock);
	had = kmem_far(table, s);
	row = __find_row(nr);
	spin_unlock(&kmem_owners_lock);
	if (!had && kmem_far_add(table, s))
		return false;
	if (!row)
		make_row(nr);
	spin_lock(&kmem_owners_lock);
	had = had && s->by_cpu;
	row = __find_row(nr);
	if (row)
		smp_store_release(&s->by_cpu, row->chunk);
	spin_unlock(&kmem_owners_lock);
	return row && !had;
}

static void set_chunk(struct far_row *row, unsigned int cpu, void *chunk)
{
	if (cpu < nr_ids())
		smp_store_release(&row->chunk[cpu], chunk);
}

void __kmem_cpu_far_hide(unsigned int cpu)
{
	lock_assert_held(&kmem_owners_lock);
	for (struct far_row *row = rows; row; row = row->next)
		set_chunk(row, cpu, no_chunk);
}

/* The chunk of a row, or no_chunk. */
static void *chunk_of(const struct kmem_owner *table, const struct far_row *row)
{
	struct kmem_far_slot *chunk = NULL;

	if (table && row->nr < table->nr_far)
		chunk = table->far[row->nr];
	return chunk ? chunk : no_chunk;
}

void __kmem_cpu_far_show(unsigned int cpu, const struct kmem_owner *table)
{
	lock_assert_held(&kmem_owners_lock);
	for (struct far_row *row = rows; row; row = row->next)
		set_chunk(row, cpu, chunk_of(table, row));
}

void __kmem_cpu_far_check(unsigned int cpu, const struct kmem_owner *table)
{
	lock_assert_held(&kmem_owners_lock);
	for (struct far_row *row = rows; row; row = row->next)
		BUG_ON(cpu < nr_ids() && row->chunk[cpu] != no_chunk &&
		       row->chunk[cpu] != chunk_of(table, row));
}
