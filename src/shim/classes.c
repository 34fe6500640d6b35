// SPDX-License-Identifier: MIT
/*
 * shim/classes.c - the size classes and the start of the shim
 *
 * The cache of a class is made when the class misses for the first time: most
 * programs use few. The cursor of a class without a cache misses anyway.
 *
 *	malloc(24)  class 2 misses -> class_made[2]? -- 1 -> caches[2]
 *					    `-- 0 -> make_class(2)
 *
 * Locking	kmem_class_lock (rank LOCK_CLASSES) to make a cache
 */
#include <errno.h>
#include <string.h>

#include "diag/fmt.h"
#include "diag/param.h"
#include "kmem/boot.h"
#include "kmem/cache.h"
#include "kmem/cpu_owner.h"
#include "kmem/debug.h"
#include "kmem/failslab.h"
#include "kmem/far.h"
#include "kmem/guard.h"
#include "kmem/held.h"
#include "kmem/owner.h"
#include "request/request.h"
#include "shim/block.h"
#include "shim/count.h"
#include "shim/shim.h"
#include "shim/trace.h"
#include "sys/os.h"
#include "vmap/large/large.h"
#include "zone/zone.h"

/*
 * A slab may waste 1/28 of its bytes. With the kernel's limits of 1/16 and 32
 * KiB it would be up to a third. Pages that are never touched are not resident.
 */
#define SHIM_MAX_WASTE 28

/* Two slabs of most classes, and one of those above 2 KiB. */
#define SHIM_EMPTY_BYTES (64U << 10)

#define SHIM_SHEAF_BYTES (16U << 10)

/*
 * Up to this size a CPU holds slabs of a class. Of larger ones the slabs that
 * it would hold, in 63 classes, take more memory than their locks take time.
 */
#define SHIM_CPU_SLABS 128

/* Above 16 KiB: as many as fill 128 or 256 KiB, and free() can tell apart. */
static const unsigned short largest[] = { 18432, 20096, 21504, 23744,
					  26112, 29056, 32768 };

struct shim_sizes shim_sizes;
long shim_rseq;
bool shim_all_by_cpu;
static struct kmem_cache caches[NR_SMALL_CLASSES + 1];
static u8 class_made[NR_SMALL_CLASSES + 1]; /* release/acquire */
static u8 names_are_ours, new_is_ours; /* atomic */
static char names[NR_SMALL_CLASSES + 1][16]; /* kmem_class_lock */

bool shim_has_cache(const struct kmem_cache *s)
{
	return s >= &caches[1] && s <= &caches[NR_SMALL_CLASSES];
}

struct kmem_cache *shim_cache_made(unsigned int class)
{
	return smp_load_acquire(&class_made[class]) ? &caches[class] : NULL;
}

static unsigned int class_size(unsigned int class)
{
	unsigned int step, group;

	if (class <= 8)
		return class * 16;
	group = (class - 9) / 8;
	if (class > NR_EVEN_CLASSES)
		return largest[class - NR_EVEN_CLASSES - 1];
	step = 16U << group;
	return (128U << group) + ((class - 9) % 8 + 1) * step;
}

/* 0: the backend's, 3 */
static unsigned int order_limit(unsigned int size)
{
	if (size <= 1024)
		return 0;
	return size <= 8192 ? 5 : 6;
}

/*
 * Returns the size of slabs, also where the kernel's rule (by the number of
 * CPUs) would use a single page. The cost of a slab is shared by its objects,
 * so larger slabs are cheaper. Objects of 32 bytes are many in 8 KiB already.
 */
static unsigned int slab_bytes(unsigned int size)
{
	if (size <= 32)
		return 8192;
	return size > 128 && size <= 1024 ? 32768 : 16384;
}

/*
 * Sheaves of the middle sizes hold 16 KiB, and 60 objects at most. Those of
 * larger sizes hold no more than that either, but for an only thread's.
 */
static unsigned int class_sheaf_objects(unsigned int size)
{
	return size >= 256 ? clamp(SHIM_SHEAF_BYTES / size, 1U, 60U) : 0;
}

/*
 * Notes the bytes of an object where pair_rejects() finds every address inside
 * one. A cursor of this thread tells of objects that are free, if no CPU has
 * any. Objects with marks are looked at each time.
 */
static void note_room(const struct kmem_cache *s)
{
	if (s->class && index_check(s->class)->mask && !kmem_rseq && !s->marked)
		shim_sizes.room[s->class] = (u16)s->object_size;
}

/* kmem_class_lock is held. Returns 0 or -ENOMEM. */
static __cold int make_class(unsigned int class)
{
	unsigned int size = class_size(class);
	unsigned int objects = class_sheaf_objects(size);
	struct kmem_cache *s = &caches[class];
	const struct kmem_cache_boot boot = {
		.align = size & -size,
		.class = class,
		.marked = block_checks && class >= FIRST_MARKED,
		.max_order = order_limit(size),
		.max_waste = SHIM_MAX_WASTE,
		.min_objects = slab_bytes(size) / size,
		.sheaf_capacity = size < 1024 ? objects : 0,
		.sheaf_most = objects,
		.barn_bytes = size < 1024 ? 4 * SHIM_SHEAF_BYTES :
					    2 * SHIM_SHEAF_BYTES,
		.node_only = size > SHIM_CPU_SLABS,
		.empty_bytes = SHIM_EMPTY_BYTES,
	};

	km_snprintf(names[class], sizeof(names[class]), "malloc-%u", size);
	if (kmem_cache_init(s, names[class], size, &boot))
		return -ENOMEM;
	kmem_guard_asks(s);
	if ((count_on && !kmem_rseq) || trace_on)
		kmem_cache_hide(s);
	if (READ_ONCE(kmem_perturb))
		s->guard |= GUARD_PERTURB;
	note_room(s);
	smp_store_release(&class_made[class], 1);
	return 0;
}

static __cold struct kmem_cache *first_use(unsigned int class)
{
	int ret = 0;

	spin_lock(&kmem_class_lock);
	if (!class_made[class])
		ret = make_class(class);
	spin_unlock(&kmem_class_lock);
	return ret ? NULL : &caches[class];
}

struct kmem_cache *shim_cache(unsigned int class)
{
	struct kmem_cache *s = shim_cache_made(class);

	return likely(s) ? s : first_use(class);
}

/*
 * A guarded class has no sheaves, so each call takes the slow path, which fills
 * the block. Objects in other threads' sheaves are used up first, unfilled. A
 * class that cannot be made now reads kmem_perturb when it is made.
 */
void shim_perturb(u8 byte)
{
	struct kmem_owner *owner = kmem_owner_here();

	WRITE_ONCE(kmem_perturb, byte);
	for (unsigned int class = 1; class <= NR_SMALL_CLASSES; class ++) {
		struct kmem_cache *s = shim_cache(class);
		u8 guard;

		if (!s)
			continue;
		guard = s->guard & (u8)~GUARD_PERTURB;
		WRITE_ONCE(s->guard, byte ? guard | GUARD_PERTURB : guard);
	}
	if (owner && byte)
		kmem_owner_flush(owner);
	if (byte)
		kmem_cpu_owners_flush();
}

/* As in glibc: a number of which the low byte is used. */
static void read_perturb(void)
{
	const char *value = os_getenv("MALLOC_PERTURB_");

	if (value && (u8)memparse(value, NULL))
		shim_perturb((u8)memparse(value, NULL));
}

/*
 * Fills in which class is for which size. While each call is counted or
 * recorded all are made here: a cache is hidden before a second thread can know
 * it.
 */
static int start_classes(void)
{
	unsigned int from = 0;

	for (unsigned int class = 1; class <= NR_SMALL_CLASSES; class ++) {
		unsigned int size = class_size(class), end = size / 16 + 1;

		memset(shim_sizes.class + from, (int)class, end - from);
		from = end;
		shim_sizes.back[class] = block_back(size);
		if ((count_on || trace_on) && !shim_cache(class))
			return -ENOMEM;
	}
	for (size_t size = 0; size <= MAX_FINE; size++)
		shim_sizes.fine[size] = shim_sizes.class[(size + 15) / 16];
	return 0;
}

/*
 * A bound that two events open: who comes second sees what the first has
 * stored.
 */
static void open_bound(size_t *bound, u8 *is_open)
{
	size_t most = __atomic_load_n(&shim_sizes.fine_thread,
				      __ATOMIC_SEQ_CST);

	if (__atomic_load_n(is_open, __ATOMIC_SEQ_CST))
		WRITE_ONCE(*bound, most);
}

void shim_names_are_ours(void)
{
	__atomic_store_n(&names_are_ours, 1, __ATOMIC_SEQ_CST);
	open_bound(&shim_sizes.fine_sized, &names_are_ours);
}

void shim_new_is_ours(void)
{
	__atomic_store_n(&new_is_ours, 1, __ATOMIC_SEQ_CST);
	open_bound(&shim_sizes.fine_new, &new_is_ours);
}

/* Opens the fast paths by thread, for the tables are filled in. */
static void start_by_thread(void)
{
	shim_sizes.by_thread = block_fast_end();
	__atomic_store_n(&shim_sizes.fine_thread, MAX_FINE + 1,
			 __ATOMIC_SEQ_CST);
	open_bound(&shim_sizes.fine_sized, &names_are_ours);
	open_bound(&shim_sizes.fine_new, &new_is_ours);
}

static int start_shim(void)
{
	/* malloc() may wait, and failslab is meant for it */
	failslab_default_gfp_wait(0);
	if (count_wanted())
		count_start();
	trace_start();
	block_init();
	if (start_classes())
		return -ENOMEM;
	kmem_start_sheaves();
	shim_rseq = count_on || trace_on ? 0 : kmem_rseq;
	shim_all_by_cpu = shim_rseq && !kmem_threads_most;
	if (!shim_all_by_cpu) /* else malloc_slow() sets by_cpu */
		start_by_thread();
	read_perturb();
	large_guards_on();
	return 0;
}

int shim_boot(void)
{
	static const struct km_start how = {
		.nr_slots = NR_SMALL_CLASSES + 1,
		.zones = ZONES_RANDOM,
		.last = start_shim,
	};

	if (km_ready())
		return 0;
	fail_page_alloc_for_malloc();
	return km_boot(&how);
}
