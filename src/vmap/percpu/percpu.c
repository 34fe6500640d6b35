// SPDX-License-Identifier: MIT
/*
 * vmap/percpu/percpu.c - __alloc_percpu() and free_percpu()
 *
 *	alloc	the slot that chunks with just enough room are in, then those
 *		with more; in a slot one chunk after the other
 *		may wait	pages under it are populated; a chunk is made if
 *				none has room
 *		may not		populated pages alone
 *		then its bytes are zeroed in every unit
 *	free	cookie -> chunk -> bit -> area, whose size bound_map knows
 *
 *	cookie	address in CPU 0's unit + KM_PERCPU_COOKIE
 *	+ per_cpu_offset(cpu) = cpu * unit size - KM_PERCPU_COOKIE
 *
 * Locking	pcpu_alloc_mutex and pcpu_lock, see internal.h. None is held
 *		while a chunk is made, so two threads may make one each: both
 *		stay, and pcpu_balance() ends one that is not needed
 * Source	Linux v6.12 mm/percpu.c, pcpu_alloc_noprof(), free_percpu()
 *		(docs/kernel.md Y9)
 */
#include <errno.h>
#include <string.h>

#include "core/start.h"
#include "core/tick.h"
#include "diag/report.h"
#include "diag/warn.h"
#include "vmap/percpu/internal.h"
#include "zone/gfp.h"
#include "zone/numa.h"

int percpu_init(void)
{
	int ret = pcpu_chunk_init();

	if (ret)
		return ret;
	pcpu_balance_init();
	pcpu.up = 1;
	return 0;
}

unsigned int num_possible_cpus(void)
{
	return engine_need() ? 1 : nr_cpu_ids;
}

unsigned int raw_smp_processor_id(void)
{
	return engine_need() ? 0 : smp_cpu();
}

/* ---- cookies ------------------------------------------------------------- */

static void *to_cookie(const struct pcpu_chunk *chunk, unsigned int bit)
{
	return (void *)((uintptr_t)pcpu_chunk_addr(chunk, 0, bit) +
			KM_PERCPU_COOKIE);
}

/* Returns the chunk of an area and sets *bit; NULL: no area begins there. */
static struct pcpu_chunk *from_cookie(const void *ptr, unsigned int *bit)
{
	uintptr_t addr = (uintptr_t)ptr - KM_PERCPU_COOKIE;
	struct pcpu_chunk *chunk = pcpu_chunk_addr_search((void *)addr);

	if (!chunk || addr % PCPU_MIN_ALLOC_SIZE)
		return NULL;
	addr -= (uintptr_t)chunk->base_addr;
	*bit = (unsigned int)(addr >> PCPU_MIN_ALLOC_SHIFT);
	return pcpu_area_size(chunk, *bit) ? chunk : NULL;
}

/* ---- allocation ---------------------------------------------------------- */

struct pcpu_place {
	struct pcpu_chunk *chunk;
	unsigned int bit;
};

/* Takes a place in the fullest chunk that has one. Returns 0 or -ENOMEM. */
static int take_place(const struct pcpu_request *req, struct pcpu_place *place)
{
	unsigned int slot = pcpu_size_to_slot((size_t)req->bits
					      << PCPU_MIN_ALLOC_SHIFT);

	lock_assert_held(&pcpu_lock);
	for (; slot <= PCPU_FREE_SLOT; slot++) {
		struct pcpu_chunk *chunk;

		list_for_each_entry(chunk, &pcpu.slots[slot], list) {
			int bit = pcpu_find_block_fit(chunk, req);

			if (bit < 0)
				continue;
			place->chunk = chunk;
			place->bit = (unsigned int)bit;
			pcpu_alloc_area(chunk, place->bit, req->bits);
			pcpu_chunk_relocate(chunk);
			return 0;
		}
	}
	return -ENOMEM;
}

static int try_mapped(const struct pcpu_request *req, struct pcpu_place *place)
{
	int ret;

	spin_lock(&pcpu_lock);
	ret = take_place(req, place);
	spin_unlock(&pcpu_lock);
	return ret;
}

/* try_mapped(), and populates the pages of the place. */
static int try_populated(const struct pcpu_request *req,
			 struct pcpu_place *place)
{
	int ret;

	spin_lock(&pcpu_alloc_mutex);
	ret = try_mapped(req, place);
	if (!ret)
		pcpu_populate_chunk(place->chunk, pcpu_page_of(place->bit),
				    pcpu_page_of(place->bit + req->bits - 1) +
					    1);
	spin_unlock(&pcpu_alloc_mutex);
	return ret;
}

/* Makes chunks until one has a place. Returns 0 or -ENOMEM. */
static int alloc_blocking(const struct pcpu_request *req, gfp_t gfp,
			  struct pcpu_place *place)
{
	tick_poll();
	while (try_populated(req, place)) {
		struct pcpu_chunk *chunk = pcpu_create_chunk(gfp);

		if (!chunk)
			return -ENOMEM;
		spin_lock(&pcpu_lock);
		pcpu_chunk_add(chunk);
		spin_unlock(&pcpu_lock);
	}
	if (READ_ONCE(pcpu.balance_due) ||
	    READ_ONCE(pcpu.nr_empty_pop_pages) < PCPU_EMPTY_POP_PAGES_LOW)
		pcpu_balance();
	return 0;
}

/* A failed atomic allocation only requests a run of the balancer. */
static int alloc_atomic(const struct pcpu_request *req,
			struct pcpu_place *place)
{
	int ret = try_mapped(req, place);

	if (ret)
		WRITE_ONCE(pcpu.balance_due, 1);
	return ret;
}

/* Like the kernel, prints ten failures, then that it will print no more. */
static void warn_failed(const struct pcpu_request *req)
{
	static int warn_limit = 10;
	int left = __atomic_sub_fetch(&warn_limit, 1, __ATOMIC_RELAXED);

	if (left < 0) {
		__atomic_add_fetch(&warn_limit, 1, __ATOMIC_RELAXED);
		return;
	}
	km_report("percpu: allocation failed, size=%zu align=%zu atomic=0, "
		  "failed to allocate new chunk\n",
		  (size_t)req->bits << PCPU_MIN_ALLOC_SHIFT,
		  (size_t)req->align << PCPU_MIN_ALLOC_SHIFT);
	if (!left)
		km_report("percpu: limit reached, disable warning\n");
}

static void *pcpu_alloc(const struct pcpu_request *req, gfp_t gfp)
{
	struct pcpu_place place;

	if (req->flags & PCPU_POP_ONLY) {
		if (alloc_atomic(req, &place))
			return NULL;
	} else if (alloc_blocking(req, gfp, &place)) {
		if (!(gfp & __GFP_NOWARN))
			warn_failed(req);
		return NULL;
	}
	for (unsigned int cpu = 0; cpu < nr_cpu_ids; cpu++)
		memset(pcpu_chunk_addr(place.chunk, cpu, place.bit), 0,
		       (size_t)req->bits << PCPU_MIN_ALLOC_SHIFT);
	return to_cookie(place.chunk, place.bit);
}

void __percpu *__alloc_percpu_gfp(size_t size, size_t align, gfp_t gfp)
{
	struct pcpu_request req;

	if (engine_need() || !pcpu.up)
		return NULL;
	gfp = current_gfp_context(gfp);
	align = max(align, PCPU_MIN_ALLOC_SIZE);
	if (unlikely(!size || size > PCPU_MIN_UNIT_SIZE || align > PAGE_SIZE ||
		     !is_power_of_2(align))) {
		if (gfp & __GFP_NOWARN)
			return NULL;
		km_report("illegal size (%zu) or align (%zu) for percpu "
			  "allocation\n",
			  size, align);
		check_panic_on_warn("kmalloc");
		return NULL;
	}
	req.bits = (unsigned int)(ALIGN(size, PCPU_MIN_ALLOC_SIZE) >>
				  PCPU_MIN_ALLOC_SHIFT);
	req.align = (unsigned int)(align >> PCPU_MIN_ALLOC_SHIFT);
	req.flags = gfp & __GFP_DIRECT_RECLAIM ? 0 : PCPU_POP_ONLY;
	return pcpu_alloc(&req, gfp);
}

void __percpu *__alloc_percpu(size_t size, size_t align)
{
	return __alloc_percpu_gfp(size, align, GFP_KERNEL);
}

/* ---- free ---------------------------------------------------------------- */

/*
 * Returns true if the chunk has enough empty pages to trim it now; pcpu_lock.
 */
static bool has_surplus(const struct pcpu_chunk *chunk)
{
	if (chunk->slot == PCPU_FREE_SLOT)
		return pcpu_free_chunks_surplus();
	return chunk->nr_empty_pop_pages * PCPU_DEPOPULATE_FACTOR >=
		       PCPU_UNIT_PAGES &&
	       pcpu.nr_empty_pop_pages >
		       PCPU_EMPTY_POP_PAGES_HIGH + chunk->nr_empty_pop_pages;
}

void free_percpu(void __percpu *ptr)
{
	struct pcpu_chunk *chunk;
	unsigned int bit = 0;
	bool surplus = false;

	if (!ptr)
		return;
	spin_lock(&pcpu_lock);
	chunk = from_cookie(ptr, &bit);
	if (chunk) {
		pcpu_free_area(chunk, bit);
		pcpu_chunk_relocate(chunk);
		surplus = has_surplus(chunk);
	}
	spin_unlock(&pcpu_lock);
	if (unlikely(!chunk)) {
		WARN(1, "Trying to free_percpu() bad pointer (%p)", ptr);
		check_panic_on_warn("kmalloc");
	} else if (surplus) {
		pcpu_balance();
	}
}

size_t pcpu_alloc_size(void __percpu *ptr)
{
	const struct pcpu_chunk *chunk;
	unsigned int bit = 0, nr = 0;

	spin_lock(&pcpu_lock);
	chunk = from_cookie(ptr, &bit);
	if (chunk)
		nr = pcpu_area_size(chunk, bit);
	spin_unlock(&pcpu_lock);
	return (size_t)nr << PCPU_MIN_ALLOC_SHIFT;
}

unsigned long pcpu_nr_pages(void)
{
	return (unsigned long)READ_ONCE(pcpu.nr_populated) * nr_cpu_ids;
}
