// SPDX-License-Identifier: MIT
/*
 * vmap/large/purge.c - lazy ranges go back to the OS, many areas with one call
 *
 * Neighbouring areas that were freed have become one range by then, so one
 * munmap() takes the memory of all of them. A range is due two ticks after its
 * larger part was freed. The oldest ranges are due when all lazy ranges
 * together exceed lazy_max and the areas in use.
 *
 * Locking	vm_space.lock; the range is in no tree during the system call
 * Source	Linux v6.12 mm/vmalloc.c, __purge_vmap_area_lazy(); lazy_max is
 *		twice the kernel's 32 MiB x fls(CPUs)
 *		(docs/kernel.md Y5): here a purged page costs a page fault, not
 *		a TLB entry
 */
#include <errno.h>

#include "core/task.h"
#include "core/tick.h"
#include "diag/param.h"
#include "reclaim/reclaim.h"
#include "sys/os.h"
#include "vmap/large/internal.h"

static unsigned long large_lazy_max; /* bytes; constant after init */

static int set_lazy_max(const char *value)
{
	return param_number(value, 0, 1UL << 46, &large_lazy_max);
}
boot_param("vmap.lazy_max", set_lazy_max, "bytes, such as 64M; 0: the default");

size_t large_lazy_limit(void)
{
	return large_lazy_max + READ_ONCE(vm_space.busy_bytes);
}

/* Returns the range that was freed first; vm_space.lock. */
static struct vmap_area *oldest_lazy(void)
{
	struct vmap_area *va, *found = NULL;
	struct rb_node *node;

	for (node = rb_first(&vm_space.lazy); node; node = rb_next(node)) {
		va = rb_entry(node, struct vmap_area, rb);
		if (!found || (u16)(vm_space.epoch - va->epoch) >
				      (u16)(vm_space.epoch - found->epoch))
			found = va;
	}
	return found;
}

static bool is_due(const struct vmap_area *va, unsigned int flags)
{
	if (flags & PURGE_OLD)
		return (u16)(vm_space.epoch - va->epoch) >= 2;
	if (flags & PURGE_SURPLUS)
		return vm_space.lazy_bytes > large_lazy_limit() / 8 * 7;
	return true;
}

/* Takes a range that is due out of the lazy tree and returns it, or NULL. */
static struct vmap_area *take_due_range(unsigned int flags)
{
	struct vmap_area *va;

	spin_lock(&vm_space.lock);
	va = oldest_lazy();
	if (va && !is_due(va, flags))
		va = NULL;
	if (va) {
		range_remove(&vm_space.lazy, va);
		space_lazy_add(-va_size(va));
	}
	spin_unlock(&vm_space.lock);
	return va;
}

/* Gives back ranges that are due, up to `most` bytes. Returns the bytes. */
static size_t purge_lazy(unsigned int flags, size_t most)
{
	struct vmap_area *va;
	size_t bytes = 0;

	while (bytes < most && READ_ONCE(vm_space.lazy_bytes) &&
	       (va = take_due_range(flags))) {
		size_t size = va_size(va);

		va->next = NULL;
		if (os_release((void *)va->va_start, size)) {
			space_give(&vm_space.lazy, va);
			break;
		}
		bytes += size;
		arena_uncharge(size >> PAGE_SHIFT);
		mm_account_reclaimed_pages(size >> PAGE_SHIFT);
		space_give(&vm_space.free, va);
	}
	return bytes;
}

size_t large_purge(unsigned int flags)
{
	size_t bytes = purge_lazy(flags, SIZE_MAX);

	if (flags == PURGE_ALL)
		space_let_go();
	return bytes;
}

/* ---- the shrinker: its objects are pages --------------------------------- */

static unsigned long large_count(struct shrinker *s, struct shrink_control *sc)
{
	(void)s;
	(void)sc;
	return READ_ONCE(vm_space.lazy_bytes) >> PAGE_SHIFT;
}

static unsigned long large_scan(struct shrinker *s, struct shrink_control *sc)
{
	unsigned long pages;

	(void)s;
	pages = purge_lazy(PURGE_ALL, sc->nr_to_scan << PAGE_SHIFT) >>
		PAGE_SHIFT;
	if (!pages)
		return SHRINK_STOP;
	sc->nr_scanned = pages;
	return pages;
}

/* It makes system calls, so it runs only for requests that may wait for IO. */
static struct shrinker large_shrinker = {
	.count_objects = large_count,
	.scan_objects = large_scan,
	.batch = 32,
	.seeks = DEFAULT_SEEKS,
	.flags = SHRINKER_ENGINE | KM_SHRINKER_IO,
	.name = "vmap",
};

static void large_tick(unsigned int flags)
{
	spin_lock(&vm_space.lock);
	vm_space.epoch++;
	spin_unlock(&vm_space.lock);
	large_purge(flags & TICK_IDLE ? PURGE_ALL : PURGE_OLD);
}

static const struct tick large_ticks = { .fn = large_tick };

void large_purge_init(void)
{
	if (!large_lazy_max)
		large_lazy_max = (unsigned long)fls(nr_cpu_ids) * 64UL << 20;
	tick_register(&large_ticks);
	shrinker_register(&large_shrinker);
}
