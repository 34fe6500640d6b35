// SPDX-License-Identifier: MIT
/*
 * diag/unwind/stackdepot.c - see stackdepot.h
 */
#include <string.h>

#include "diag/unwind/stackdepot.h"
#include "diag/unwind/stacktrace.h"
#include "sys/os.h"

#define POOL_SIZE (256UL << 10)
#define NR_POOLS 256U
#define NR_BUCKETS 8192U
#define DEPOT_UNIT 16U /* bytes that a handle counts by */
#define POOL_UNITS (POOL_SIZE / DEPOT_UNIT)

struct record {
	struct record *next; /* constant once it can be seen */
	u32 hash;
	depot_stack_handle_t handle; /* its own: a made-up handle differs */
	unsigned long nr;
	unsigned long entries[];
};

/* from the OS when they are first needed; atomic, from NULL once */
static struct record **buckets; /* NR_BUCKETS, each atomic */
static char *pools[NR_POOLS];
static u64 depot_used; /* atomic: bytes handed out, of all pools in a row */
static unsigned long nr_records; /* atomic */

static u32 hash_entries(const unsigned long *entries, unsigned int nr)
{
	u64 hash = nr;

	for (unsigned int i = 0; i < nr; i++)
		hash = (hash ^ entries[i]) * 0x9e3779b97f4a7c15UL +
		       (hash >> 29);
	return (u32)(hash >> 32);
}

static struct record *find_record(struct record *r, u32 hash,
				  const unsigned long *entries, unsigned int nr)
{
	for (; r; r = r->next)
		if (r->hash == hash && r->nr == nr &&
		    !memcmp(r->entries, entries, nr * sizeof(*entries)))
			return r;
	return NULL;
}

/* Returns what *place points to, memory of the OS; NULL: there is none. */
static void *map_once(void *place, size_t size)
{
	void **at = place, *memory = smp_load_acquire(at), *none = NULL;

	if (memory)
		return memory;
	memory = os_map(size);
	if (!memory)
		return NULL;
	if (__atomic_compare_exchange_n(at, &none, memory, false,
					__ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		return memory;
	os_release(memory, size);
	return none;
}

/* Returns a new record with its handle; NULL: no memory. */
static struct record *get_record(size_t size)
{
	u64 at = READ_ONCE(depot_used), start;
	struct record *r;
	char *pool;

	do {
		start = at;
		if (start % POOL_SIZE + size > POOL_SIZE)
			start = ALIGN(start, POOL_SIZE);
		if (start >= NR_POOLS * POOL_SIZE)
			return NULL;
	} while (!__atomic_compare_exchange_n(&depot_used, &at, start + size,
					      false, __ATOMIC_RELAXED,
					      __ATOMIC_RELAXED));
	pool = map_once(&pools[start / POOL_SIZE], POOL_SIZE);
	if (!pool)
		return NULL;
	r = (void *)(pool + start % POOL_SIZE);
	r->handle = (depot_stack_handle_t)(start / DEPOT_UNIT + 1);
	return r;
}

depot_stack_handle_t stack_depot_save(const unsigned long *entries,
				      unsigned int nr)
{
	u32 hash = hash_entries(entries, nr);
	struct record **bucket, *r, *first;

	if (!nr || nr > STACK_TRACE_DEPTH)
		return 0;
	bucket = map_once(&buckets, NR_BUCKETS * sizeof(*buckets));
	if (!bucket)
		return 0;
	bucket += hash % NR_BUCKETS;
	first = smp_load_acquire(bucket);
	r = find_record(first, hash, entries, nr);
	if (r)
		return r->handle;
	r = get_record(
		ALIGN(sizeof(*r) + nr * sizeof(*entries), (size_t)DEPOT_UNIT));
	if (!r)
		return 0;
	r->hash = hash;
	r->nr = nr;
	memcpy(r->entries, entries, nr * sizeof(*entries));
	do
		r->next = first;
	while (!__atomic_compare_exchange_n(
		bucket, &first, r, false, __ATOMIC_RELEASE, __ATOMIC_ACQUIRE));
	__atomic_add_fetch(&nr_records, 1, __ATOMIC_RELAXED);
	return r->handle;
}

unsigned int stack_depot_fetch(depot_stack_handle_t handle,
			       const unsigned long **entries)
{
	unsigned int n = (unsigned int)((handle - 1) / POOL_UNITS);
	const struct record *r;

	*entries = NULL;
	if (!handle || n >= NR_POOLS || !smp_load_acquire(&pools[n]))
		return 0;
	r = (const void *)(pools[n] + (handle - 1) % POOL_UNITS * DEPOT_UNIT);
	if (r->handle != handle || r->nr > STACK_TRACE_DEPTH)
		return 0;
	*entries = r->entries;
	return r->nr;
}

void stack_depot_stat(unsigned long *records, unsigned long *bytes)
{
	*records = READ_ONCE(nr_records);
	*bytes = READ_ONCE(depot_used);
}
