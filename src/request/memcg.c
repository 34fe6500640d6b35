// SPDX-License-Identifier: MIT
/*
 * request/memcg.c - groups that pay for pages come and go
 *
 * A group is a struct in a page of its own, which memcg_uncharge() frees with
 * the last reference. zone/memcg.c charges to it.
 *
 * Locking	none held: the page is allocated
 * Source	Linux v6.12 mm/memcontrol.c as a model
 */
#include "buddy/buddy.h"
#include "zone/memcg.h"

struct km_memcg *km_memcg_create(unsigned long long limit)
{
	struct km_memcg *memcg = (void *)get_zeroed_page(GFP_KERNEL);

	if (!memcg)
		return NULL;
	memcg->refs = 1;
	memcg->alive = 1;
	memcg->limit = memcg_bytes_to_pages(limit);
	return memcg;
}

void km_memcg_destroy(struct km_memcg *memcg)
{
	if (!memcg)
		return;
	if (current->memcg == memcg)
		current->memcg = NULL;
	BUG_ON(!__atomic_exchange_n(&memcg->alive, 0, __ATOMIC_RELAXED));
	memcg_uncharge(memcg, 1);
}
