// SPDX-License-Identifier: MIT
/*
 * vmap/purge.c - lazy ranges go back to the OS, many areas with one call
 *
 * Neighbouring areas that were freed have become one range by then, so one
 * mmap() takes the memory of all of them. A range is due two ticks after the
 * last free in it, or when there is too much of it altogether: more than the
 * areas in use and lazy_max on top.
 *
 * Locking	vmap.lock; the range is in no tree during the system call
 * Source	Linux v6.12 mm/vmalloc.c, __purge_vmap_area_lazy(); lazy_max is
 *		twice the kernel's 32 MiB x fls(CPUs) (kernel-facts
 *		Y5): here a purged page costs a page fault, not a TLB entry
 */
#include <errno.h>

#include "buddy/buddy.h"
#include "buddy/reclaim.h"
#include "core/param.h"
#include "core/task.h"
#include "core/tick.h"
#include "sys/os.h"
#include "vmap/internal.h"

static unsigned long vmap_lazy_max; /* bytes; constant after init */

static int set_lazy_max(const char *value)
{
	return param_number(value, 0, 1UL << 46, &vmap_lazy_max);
}
boot_param("vmap.lazy_max", set_lazy_max);

size_t vmap_lazy_limit(void)
{
	return vmap_lazy_max + READ_ONCE(vmap.busy_bytes);
}

/* The range that was freed first; vmap.lock. */
static struct vmap_area *oldest(void)
{
	struct vmap_area *va, *found = NULL;
	struct rb_node *node;

	for (node = rb_first(&vmap.lazy); node; node = rb_next(node)) {
		va = rb_entry(node, struct vmap_area, rb);
		if (!found || (u16)(vmap.epoch - va->epoch) >
				      (u16)(vmap.epoch - found->epoch))
			found = va;
	}
	return found;
}

static bool due(const struct vmap_area *va, unsigned int flags)
{
	if (flags & PURGE_OLD)
		return (u16)(vmap.epoch - va->epoch) >= 2;
	if (flags & PURGE_SURPLUS)
		return vmap.lazy_bytes > vmap_lazy_limit() / 8 * 7;
	return true;
}

/* Take a range that is due out of the lazy tree; NULL: none. */
static struct vmap_area *take_due(unsigned int flags)
{
	struct vmap_area *va;

	spin_lock(&vmap.lock);
	va = oldest();
	if (va && !due(va, flags))
		va = NULL;
	if (va) {
		range_remove(&vmap.lazy, va);
		vmap_lazy_add(-va_size(va));
	}
	spin_unlock(&vmap.lock);
	return va;
}

static void put_back(struct vmap_area *va, struct rb_root *root)
{
	struct vmap_area *dead = NULL;

	spin_lock(&vmap.lock);
	if (root == &vmap.lazy) {
		vmap_lazy_add(va_size(va));
		va->epoch = vmap.epoch;
	}
	range_insert(root, va, &dead);
	spin_unlock(&vmap.lock);
	va_struct_free(dead);
}

/* Until `most` bytes are given: bytes given. */
static size_t purge(unsigned int flags, size_t most)
{
	struct vmap_area *va;
	size_t bytes = 0;

	while (bytes < most && READ_ONCE(vmap.lazy_bytes) &&
	       (va = take_due(flags))) {
		size_t size = va_size(va);

		va->next = NULL;
		if (os_uncommit((void *)va->va_start, size)) {
			put_back(va, &vmap.lazy);
			break;
		}
		bytes += size;
		arena_uncharge(size >> PAGE_SHIFT);
		mm_account_reclaimed_pages(size >> PAGE_SHIFT);
		put_back(va, &vmap.free);
	}
	return bytes;
}

size_t vmap_purge(unsigned int flags)
{
	return purge(flags, SIZE_MAX);
}

/* ---- the shrinker: its objects are pages ------------------------------------- */

static unsigned long vmap_count(struct shrinker *s, struct shrink_control *sc)
{
	(void)s;
	(void)sc;
	return READ_ONCE(vmap.lazy_bytes) >> PAGE_SHIFT;
}

static unsigned long vmap_scan(struct shrinker *s, struct shrink_control *sc)
{
	unsigned long pages;

	(void)s;
	pages = purge(PURGE_ALL, sc->nr_to_scan << PAGE_SHIFT) >> PAGE_SHIFT;
	if (!pages)
		return SHRINK_STOP;
	sc->nr_scanned = pages;
	return pages;
}

/* System calls are made for it, so only for requests that may wait for IO. */
static struct shrinker shrinker = {
	.count_objects = vmap_count,
	.scan_objects = vmap_scan,
	.batch = 32,
	.seeks = DEFAULT_SEEKS,
	.flags = SHRINKER_ENGINE | KM_SHRINKER_IO,
	.name = "vmap",
};

static void vmap_tick(unsigned int flags)
{
	spin_lock(&vmap.lock);
	vmap.epoch++;
	spin_unlock(&vmap.lock);
	vmap_purge(flags & TICK_IDLE ? PURGE_ALL : PURGE_OLD);
}

static struct tick tick = { .fn = vmap_tick };

void vmap_purge_init(void)
{
	if (!vmap_lazy_max)
		vmap_lazy_max = (unsigned long)fls(nr_cpu_ids) * 64UL << 20;
	tick_register(&tick);
	shrinker_register(&shrinker);
}

void vmap_stat(struct vmap_stat *stat)
{
	*stat = (struct vmap_stat){
		.areas = READ_ONCE(vmap.areas),
		.areas_ever = READ_ONCE(vmap.areas_ever),
		.busy = READ_ONCE(vmap.busy_bytes),
		.lazy = READ_ONCE(vmap.lazy_bytes),
	};
}

void vmap_check(void)
{
	size_t lazy = 0;

	spin_lock(&vmap.lock);
	range_check(&vmap.lazy);
	range_check(&vmap.free);
	BUG_ON(rb_check(&vmap.busy));
	for (struct rb_node *node = rb_first(&vmap.lazy); node;
	     node = rb_next(node))
		lazy += va_size(rb_entry(node, struct vmap_area, rb));
	BUG_ON(lazy != vmap.lazy_bytes);
	spin_unlock(&vmap.lock);
}

void vmap_fork_take(void)
{
	lock_fork_take(&vmap.lock);
}

void vmap_fork_release(void)
{
	lock_fork_release(&vmap.lock);
}
