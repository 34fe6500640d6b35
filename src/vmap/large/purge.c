// SPDX-License-Identifier: MIT
/*
 * vmap/large/purge.c - lazy ranges go back to the OS, many areas with one call
 *
 * Neighbouring areas that were freed have become one range by then, so one
 * munmap() takes the memory of all of them. A range is due two ticks after its
 * larger part was freed. The oldest go at once when the process has more free
 * memory than zone/surplus.h allows; of a large range no more than that. Lazy
 * ranges of vmap.lazy_max bytes do not count for this.
 *
 *	| lazy		         | - trim -> | lazy	 | free    |
 *
 * Locking	vm_space.lock; the range is in no tree during the system call
 * Source	Linux v6.12 mm/vmalloc.c, __purge_vmap_area_lazy(); but no
 *		lazy_max of 32 MiB x fls(CPUs) (docs/kernel.md Y5): here a lazy
 *		page is memory, not a TLB entry
 */
#include <errno.h>
#include <limits.h>

#include "core/task.h"
#include "core/tick.h"
#include "diag/param.h"
#include "reclaim/reclaim.h"
#include "sys/os.h"
#include "vmap/large/internal.h"

static int set_lazy_max(const char *value)
{
	return param_number(value, 0, 1UL << 46, &large_lazy_max);
}
boot_param("vmap.lazy_max", set_lazy_max, "bytes, such as 64M");

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
	return true;
}

/*
 * Takes the end of a range out of the lazy tree, as the range `end`, which is
 * returned. vm_space.lock is held.
 */
static struct vmap_area *__cut_end(struct vmap_area *va, size_t size,
				   struct vmap_area *end)
{
	struct vmap_area *dead = NULL;

	end->va_start = va->va_end - size;
	end->va_end = va->va_end;
	end->epoch = va->epoch;
	range_cut(&vm_space.lazy, va, end->va_start, size, NULL, &dead);
	VM_BUG_ON(dead);
	return end;
}

/*
 * Takes a range that is due out of the lazy tree, or of a larger one so many
 * bytes. Returns it, or NULL.
 */
static struct vmap_area *take_due_range(unsigned int flags, size_t most)
{
	struct vmap_area *end = NULL, *va;

	if (most < READ_ONCE(vm_space.lazy_bytes))
		end = va_struct_alloc();
	spin_lock(&vm_space.lock);
	va = oldest_lazy();
	if (va && !is_due(va, flags))
		va = NULL;
	if (va && end && va_size(va) > most) {
		va = __cut_end(va, most, end);
		end = NULL;
	} else if (va) {
		range_remove(&vm_space.lazy, va);
	}
	if (va)
		space_lazy_add(-va_size(va));
	spin_unlock(&vm_space.lock);
	va_struct_free(end);
	return va;
}

static void count_given(size_t bytes)
{
	unsigned long pages = bytes >> PAGE_SHIFT;

	arena_uncharge(pages);
	mm_account_reclaimed_pages(pages);
	spin_lock(&vm_space.lock);
	turnover_given(&surplus_areas.turnover, pages, ULONG_MAX);
	spin_unlock(&vm_space.lock);
}

/*
 * Gives back ranges that are due, up to `most` bytes, which are pages of the
 * machine. Returns the bytes.
 */
static size_t purge_lazy(unsigned int flags, size_t most)
{
	struct vmap_area *va;
	size_t bytes = 0;

	while (bytes < most && READ_ONCE(vm_space.lazy_bytes) &&
	       (va = take_due_range(flags, most - bytes))) {
		size_t size = va_size(va);

		va->next = NULL;
		if (os_release((void *)va->va_start, size)) {
			space_give(&vm_space.lazy, va);
			break;
		}
		bytes += size;
		count_given(size);
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

static unsigned long purge_pages(unsigned long nr)
{
	return purge_lazy(PURGE_ALL, OS_PAGE_ALIGN(nr << PAGE_SHIFT)) >>
	       PAGE_SHIFT;
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
	pages = purge_pages(sc->nr_to_scan);
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
	spin_lock(&vm_space.lock);
	turnover_tick(&surplus_areas.turnover, flags);
	spin_unlock(&vm_space.lock);
}

/* What vmap.lazy_max allows stays. */
static unsigned long large_trim(unsigned long pages)
{
	return purge_pages(min(pages, READ_ONCE(surplus_areas.lazy)));
}

static const struct tick large_ticks = {
	.fn = large_tick,
	.trim = large_trim,
};

void large_purge_init(void)
{
	tick_register(&large_ticks);
	shrinker_register(&large_shrinker);
}
