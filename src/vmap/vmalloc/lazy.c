// SPDX-License-Identifier: MIT
/*
 * vmap/vmalloc/lazy.c - when freed areas that are kept go back to the OS
 *
 * When memory is short the shrinker purges all pools. A tick purges areas freed
 * two ticks ago or earlier, all of them if the program is idle. The program may
 * ask for it by vm_unmap_aliases(). free.c does the work.
 *
 * Locking	none here
 * Tests	unit.vmap.vmalloc.place, unit.vmap.vmalloc.vmalloc
 * Source	Linux v6.12 mm/vmalloc.c, vm_unmap_aliases()
 *		(docs/kernel.md Y4, Y5)
 */
#include "core/bitops.h"
#include "core/start.h"
#include "core/tick.h"
#include "reclaim/reclaim.h"
#include "vmap/vmalloc/internal.h"

void vm_unmap_aliases(void)
{
	if (engine_need())
		return;
	vm_purge_blocks(VM_PURGE_ALL);
	vm_purge(VM_PURGE_ALL);
}

/* ---- memory is short, or time has passed --------------------------------- */

static unsigned long lazy_count(struct shrinker *s, struct shrink_control *sc)
{
	(void)s;
	(void)sc;
	vm_free_deferred(); /* these count as lazy now, or are gone */
	return vm_lazy_pages();
}

static unsigned long lazy_scan(struct shrinker *s, struct shrink_control *sc)
{
	unsigned long pages = vm_purge(VM_PURGE_ALL);

	(void)s;
	if (!pages)
		return SHRINK_STOP;
	sc->nr_scanned = pages;
	return pages;
}

static struct shrinker lazy_shrinker = {
	.count_objects = lazy_count,
	.scan_objects = lazy_scan,
	.batch = 32,
	.seeks = DEFAULT_SEEKS,
	.flags = SHRINKER_ENGINE | KM_SHRINKER_IO,
	.name = "vmalloc",
};

static void lazy_tick(unsigned int flags)
{
	vm_pool_tick();
	vm_migrate_tick();
	vm_purge_blocks(VM_PURGE_OLD);
	vm_purge(flags & TICK_IDLE ? VM_PURGE_ALL : VM_PURGE_OLD);
}

static const struct tick lazy_ticks = { .fn = lazy_tick };

void vm_lazy_init(void)
{
	if (!vm_lazy_max_pages)
		vm_lazy_max_pages = (unsigned long)fls(nr_cpu_ids)
				    << (25 - PAGE_SHIFT);
	tick_register(&lazy_ticks);
	shrinker_register(&lazy_shrinker);
}
