// SPDX-License-Identifier: MIT
/*
 * owners.c - what threads and CPUs hold in their arrays
 *
 *	struct kmem_owner	| cursors ..      | slots ..           |
 *	                           | in main's words   | spare
 *	                           v                   v
 *	                        sheaf: cache, capacity; count
 *
 *	far[]  --> chunk, a page: | cursor, rest | cursor, rest | ..
 *	           NULL: the owner uses none of its caches
 *
 * The table has room for some hundred caches; more have far slots, in chunks.
 * A cursor that was never set up is equal to the first one, which never is. An
 * array that moves meanwhile is counted where it was, or where it is, or not.
 *
 * A thread is known by its thread pointer. glibc keeps the thread's id behind
 * it, at a place that no header tells. So it is looked for: the place is the
 * one where each thread has the id of a thread of the process, and no two have
 * the same.
 */
#include <stdlib.h>
#include <string.h>

#include "heap.h"

#define MAX_TABLE (64U << 10) /* bytes of a table of cursors */
#define MAX_CPUS 512U
#define MAX_FAR 512U /* chunks of an owner */
#define MAX_CHUNK 4096U /* bytes of a chunk */
#define MAX_PTHREAD 4096U /* bytes behind a thread pointer that are searched */

struct owner_walk {
	struct library *lib;
	struct heap *heap;
	uint64_t sheaf, nr_cursors, nr_slots, slot_size, indices, api;
	uint64_t table[MAX_TABLE / 8];
};

/* Notes an array; the rows of arrays have room for powers of 2. */
static void add_array(struct heap *heap, const struct heap_array *array)
{
	size_t nr = heap->nr_arrays;
	struct heap_array *longer = heap->arrays;

	if (!(nr & (nr - 1)))
		longer = realloc(longer, (2 * nr + 1) * sizeof(*longer));
	if (!longer)
		return;
	longer[nr] = *array;
	heap->arrays = longer;
	heap->nr_arrays++;
}

static void count_array(struct owner_walk *w, struct heap_owner *owner,
			struct heap_array *array)
{
	struct heap_cache *row = cache_at(w->heap, array->cache);

	if (!row)
		return;
	row->cached += array->nr;
	owner->objects += array->nr;
	owner->bytes += array->nr * row->size;
	array->owner = (uint32_t)(owner - w->heap->owners);
	add_array(w->heap, array);
}

static void count_main(struct owner_walk *w, struct heap_owner *owner,
		       uint64_t cursor)
{
	uint64_t room = (-cursor & (w->sheaf - 1)) / 8, capacity;
	struct object sheaf;

	if (object_load(w->lib, &sheaf, "slab_sheaf",
			(cursor - 16) & ~(w->sheaf - 1)))
		return;
	capacity = object_get(&sheaf, "capacity");
	if (capacity < w->sheaf / 8 && room <= capacity) {
		struct heap_array array = {
			.cache = object_get(&sheaf, "cache"),
			.objects = cursor - (capacity - room) * 8,
			.nr = (uint32_t)(capacity - room),
			.capacity = (uint32_t)capacity,
		};

		count_array(w, owner, &array);
	}
}

static void count_spare(struct owner_walk *w, struct heap_owner *owner,
			uint64_t spare)
{
	struct object sheaf;
	struct heap_array array = { .spare = true };

	if (object_load(w->lib, &sheaf, "slab_sheaf", spare))
		return;
	array.cache = object_get(&sheaf, "cache");
	array.nr = (uint32_t)object_get(&sheaf, "count");
	array.capacity = (uint32_t)object_get(&sheaf, "capacity");
	array.objects = spare + w->sheaf - array.capacity * 8UL;
	if (array.nr <= array.capacity && array.capacity < w->sheaf / 8)
		count_array(w, owner, &array);
}

/* The slot of a cursor lies behind all cursors. */
static uint64_t slot_spare(const struct owner_walk *w, uint64_t slot)
{
	uint64_t offset = w->nr_cursors * 8 + slot * w->slot_size +
			  library_offset(w->lib, "kmem_owner_slot.spare");

	return offset + 8 <= sizeof(w->table) ? w->table[offset / 8] : 0;
}

static void count_table(struct owner_walk *w, struct heap_owner *owner)
{
	for (uint64_t slot = 1; slot < w->nr_slots; slot++) {
		uint64_t spare;

		if (slot == w->indices)
			slot = w->api;
		spare = slot_spare(w, slot);
		if (w->table[slot] != w->table[0])
			count_main(w, owner, w->table[slot]);
		if (spare)
			count_spare(w, owner, spare);
	}
}

/* The word at an offset of a chunk; 0 behind its end. */
static uint64_t chunk_word(const uint64_t *chunk, uint64_t at)
{
	return at + 8 <= MAX_CHUNK ? chunk[at / 8] : 0;
}

static void count_chunk(struct owner_walk *w, struct heap_owner *owner,
			uint64_t at)
{
	uint64_t chunk[MAX_CHUNK / 8];
	uint64_t size = library_size(w->lib, "kmem_far_slot");
	uint64_t into = library_offset(w->lib, "kmem_far_slot.cursor");
	uint64_t spare = library_offset(w->lib, "kmem_far_slot.rest") +
			 library_offset(w->lib, "kmem_owner_slot.spare");

	if (!size || w->lib->target->read(w->lib->target, at, chunk, MAX_CHUNK))
		return;
	for (uint64_t slot = 0; slot + size <= MAX_CHUNK; slot += size) {
		uint64_t main = chunk_word(chunk, slot + into);
		uint64_t other = chunk_word(chunk, slot + spare);

		if (main != w->table[0])
			count_main(w, owner, main);
		if (other)
			count_spare(w, owner, other);
	}
}

/* What caches have that the table has no room for. */
static void count_far(struct owner_walk *w, struct heap_owner *owner)
{
	uint64_t at = library_offset(w->lib, "kmem_owner.far");
	uint64_t nr = library_offset(w->lib, "kmem_owner.nr_far");
	uint64_t chunks[MAX_FAR];

	if (at + 8 > sizeof(w->table) || nr + 8 > sizeof(w->table))
		return;
	at = w->table[at / 8];
	nr = (uint32_t)w->table[nr / 8]; /* 4 bytes, with others behind them */
	if (nr > MAX_FAR || w->lib->target->read(w->lib->target, at, chunks,
						 nr * sizeof(*chunks)))
		return;
	for (uint64_t i = 0; i < nr; i++)
		if (chunks[i])
			count_chunk(w, owner, chunks[i]);
}

/* A table that is gone by now held nothing at the end. */
static int add_owner(struct owner_walk *w, uint64_t at,
		     const struct heap_owner *who)
{
	size_t size = w->nr_cursors * 8 + w->nr_slots * w->slot_size;
	struct heap_owner *row = &w->heap->owners[w->heap->nr_owners];

	if (size > sizeof(w->table))
		return -1;
	if (w->lib->target->read(w->lib->target, at, w->table, size))
		return 0;
	*row = *who;
	w->heap->nr_owners++;
	count_table(w, row);
	count_far(w, row);
	return 0;
}

static int add_threads(struct owner_walk *w)
{
	struct target *t = w->lib->target;
	uint64_t entries[HEAP_MAX_OWNERS];
	uint64_t into = library_offset(w->lib, "kmem_owner.list");
	uint64_t thread = library_offset(w->lib, "kmem_owner.thread");
	long nr = list_read(t, library_symbol(w->lib, "kmem_owners"), entries,
			    HEAP_MAX_OWNERS);
	int ret = nr < 0 ? -1 : 0;

	w->heap->owners_left = nr == HEAP_MAX_OWNERS;
	for (long i = 0; i < nr && !ret; i++) {
		struct heap_owner who = { .is_cpu = false };
		uint64_t at = entries[i] - into;

		if (!target_word(t, at + thread, &who.thread))
			ret = add_owner(w, at, &who);
	}
	return ret;
}

static int add_cpus(struct owner_walk *w)
{
	uint64_t at = library_symbol(w->lib, "kmem_cpu_table");
	uint64_t nr = library_number(w->lib, "KMEM_CPUS"), tables[MAX_CPUS];

	if (nr > MAX_CPUS || w->lib->target->read(w->lib->target, at, tables,
						  nr * sizeof(*tables)))
		return -1;
	for (uint64_t cpu = 0; cpu < nr; cpu++) {
		const struct heap_owner who = { .is_cpu = true, .id = cpu };

		if (tables[cpu] && add_owner(w, tables[cpu], &who))
			return -1;
	}
	return 0;
}

/* ---- the ids of threads -------------------------------------------------- */

static bool is_in(const pid_t *list, uint32_t id)
{
	for (; *list; list++)
		if ((uint32_t)*list == id)
			return true;
	return false;
}

/* What lies behind the thread pointers; one row each. */
static uint32_t *read_pthreads(struct library *lib, const struct heap *heap)
{
	uint32_t *rows = calloc(heap->nr_owners + 1, MAX_PTHREAD);

	for (size_t i = 0; rows && i < heap->nr_owners; i++)
		if (heap->owners[i].thread)
			lib->target->read(lib->target, heap->owners[i].thread,
					  rows + i * MAX_PTHREAD / 4,
					  MAX_PTHREAD);
	return rows;
}

/* Returns true if word `at` of each row can be the id of that thread. */
static bool can_be_ids(const struct heap *heap, const uint32_t *rows, size_t at,
		       const pid_t *threads)
{
	size_t seen = 0;

	for (size_t i = 0; i < heap->nr_owners; i++) {
		uint32_t id = rows[i * MAX_PTHREAD / 4 + at];

		if (!heap->owners[i].thread)
			continue;
		if (!is_in(threads, id))
			return false;
		for (size_t j = 0; j < i; j++)
			if (heap->owners[j].thread &&
			    rows[j * MAX_PTHREAD / 4 + at] == id)
				return false;
		seen++;
	}
	return seen;
}

static void name_threads(struct library *lib, struct heap *heap)
{
	pid_t *threads = lib->target->live ? process_threads(lib->target->pid) :
					     NULL;
	uint32_t *rows = threads ? read_pthreads(lib, heap) : NULL;
	size_t at = 0;

	while (rows && at < MAX_PTHREAD / 4 &&
	       !can_be_ids(heap, rows, at, threads))
		at++;
	for (size_t i = 0; rows && at < MAX_PTHREAD / 4 && i < heap->nr_owners;
	     i++)
		if (heap->owners[i].thread)
			heap->owners[i].id = rows[i * MAX_PTHREAD / 4 + at];
	free(rows);
	free(threads);
}

int owners_read(struct library *lib, struct heap *heap)
{
	struct owner_walk *w = calloc(1, sizeof(*w));
	int ret;

	if (!w)
		return -1;
	w->lib = lib;
	w->heap = heap;
	w->sheaf = library_number(lib, "SHEAF_SIZE");
	w->nr_cursors = library_value(lib, "kmem_nr_cursors");
	w->nr_slots = library_value(lib, "kmem_nr_slots");
	w->slot_size = library_size(lib, "kmem_owner_slot");
	w->indices = library_number(lib, "NR_INDICES");
	w->api = library_number(lib, "API_SLOT");
	free(heap->owners);
	heap->owners = calloc(HEAP_MAX_OWNERS + MAX_CPUS,
			      sizeof(*heap->owners));
	heap->nr_owners = 0;
	free(heap->arrays);
	heap->arrays = NULL;
	heap->nr_arrays = 0;
	ret = heap->owners ? add_threads(w) : -1;
	if (!ret)
		ret = add_cpus(w);
	if (!ret)
		name_threads(lib, heap);
	free(w);
	return ret;
}
