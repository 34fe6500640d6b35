// SPDX-License-Identifier: MIT
/*
 * shim/classes.c - the size classes and the start of the shim
 */
#include <errno.h>

#include "buddy/buddy.h"
#include "core/fmt.h"
#include "kmem/debug.h"
#include "kmem/failslab.h"
#include "shim/shim.h"

/*
 * Slabs of the shim may be 128 KiB: with the kernel's limit of 32 KiB, objects
 * of 10 KiB and more would waste up to a third of theirs. What is not touched
 * is not resident.
 */
#define SHIM_MAX_ORDER 5

u8 size_class[MAX_SMALL / 16 + 1];
static struct kmem_cache caches[NR_SMALL_CLASSES + 1];
static char names[NR_SMALL_CLASSES + 1][16];

struct kmem_cache *shim_cache(unsigned int class)
{
	return &caches[class];
}

static unsigned int class_size(unsigned int class)
{
	unsigned int step, group;

	if (class <= 8)
		return class * 16;
	group = (class - 9) / 4;
	step = 32U << group;
	return (128U << group) + ((class - 9) % 4 + 1) * step;
}

static unsigned int order_limit(unsigned int size)
{
	return size > 8192 ? SHIM_MAX_ORDER : 0;
}

/*
 * How large slabs are, also where the kernel's rule, by the number of CPUs, would
 * take a single page: making and unmaking a slab costs its objects the less, the
 * more they are. Those of 32 bytes are many in 8 KiB already.
 */
static unsigned int slab_bytes(unsigned int size)
{
	if (size <= 32)
		return 8192;
	return size > 128 && size <= 1024 ? 32768 : 16384;
}

/* Sheaves of the middle sizes hold 16 KiB, and 60 objects at most. */
static unsigned int sheaf_objects(unsigned int size)
{
	return size >= 256 && size < 1024 ? min(16384 / size, 60U) : 0;
}

static int make_classes(void)
{
	unsigned int from = 0;

	/* A program's malloc may wait, and is what is to fail. */
	failslab_default_gfp_wait(0);
	for (unsigned int class = 1; class <= NR_SMALL_CLASSES; class ++) {
		unsigned int size = class_size(class);
		const struct kmem_cache_boot boot = {
			.align = size & -size,
			.class = class,
			.max_order = order_limit(size),
			.min_objects = slab_bytes(size) / size,
			.sheaf_capacity = sheaf_objects(size),
		};

		km_snprintf(names[class], sizeof(names[class]), "malloc-%u",
			    size);
		if (kmem_cache_init(&caches[class], names[class], size, &boot))
			return -ENOMEM;
		kmem_guard_asks(&caches[class]);
		for (; from <= size / 16; from++)
			size_class[from] = (u8) class;
	}
	return 0;
}

int shim_boot(void)
{
	static const struct km_start how = {
		.nr_slots = API_SLOT,
		.last = make_classes,
	};

	if (km_ready())
		return 0;
	fail_page_alloc_for_malloc();
	return km_boot(&how);
}

__attribute__((constructor)) static void shim_start(void)
{
	shim_boot();
	km_register_fork();
}
