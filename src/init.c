// SPDX-License-Identifier: MIT
/*
 * init.c - the one file that names every layer: start, fork, shortage
 *
 *	start	first allocation, perhaps inside ld.so, before any constructor
 *		command line -> arena -> buddy -> kmem+slabs -> vmap -> caller
 *	fork	prepare: every lock in rank order, then pass through all
 *		parent: give them back
 *		child: give them back, adopt what lost threads held
 *	exit	nothing: static destructors still allocate
 *
 * Locking	boot_lock (rank LOCK_INIT) for the start
 * Invariants	I1  km_booted is set last, and once
 *		I2  nothing called from here allocates before that
 */
#include <errno.h>
#include <pthread.h>

#include "init.h"
#include "arena/arena.h"
#include "buddy/buddy.h"
#include "buddy/gfp.h"
#include "buddy/migrate.h"
#include "buddy/reclaim.h"
#include "core/fault.h"
#include "core/param.h"
#include "core/start.h"
#include "core/tick.h"
#include "kmem/kmem.h"
#include "sys/os.h"
#include "vmap/percpu.h"
#include "vmap/vmap.h"

u8 km_booted;
static spinlock_t boot_lock = SPIN_LOCK_INIT(LOCK_INIT);
static void *boot_thread; /* who is in there */

static int set_percpu(const char *value)
{
	return __builtin_strcmp(value, "thread") ? -EINVAL : 0;
}
boot_param("percpu", set_percpu);

/* fail_os=N or N,M: calls N .. N+M-1 from here on fail. */
static int set_fail_os(const char *value)
{
	unsigned long first, count = 1;
	const char *end;

	first = memparse(value, &end);
	if (*end == ',')
		count = memparse(end + 1, &end);
	if (!first || *end)
		return -EINVAL;
	os_fail_calls(first, count);
	return 0;
}
boot_param("fail_os", set_fail_os);

static const char *backend_name; /* the value of the parameter; NULL: none */

/*
 * One command line is for all the libraries of a process: the other name is
 * good, and without effect, where there is only one of the two.
 */
static int set_slab_alloc(const char *value)
{
	if (__builtin_strcmp(value, "slab") && __builtin_strcmp(value, "slub"))
		return -EINVAL;
	backend_name = value[2] == 'a' ? "slab" : "slub";
	return 0;
}
boot_param("slab_alloc", set_slab_alloc);

/* The backend to use where a cache names none; kmem hears of the others. */
static const struct slab_ops *choose_backends(void)
{
	const struct slab_ops *chosen = km_backends[0];

	for (unsigned int i = 0; km_backends[i]; i++)
		if (backend_name &&
		    !__builtin_strcmp(km_backends[i]->name, backend_name))
			chosen = km_backends[i];
	for (unsigned int i = 0; km_backends[i]; i++)
		if (km_backends[i] != chosen)
			kmem_backend(km_backends[i]);
	return chosen;
}

static int start_layers(const struct km_start *how)
{
	int ret;

	parse_args(os_getenv("KMALLOC_CMDLINE"));
	tick_last_ms = os_now_ms();
	ret = arena_init();
	if (!ret)
		ret = page_alloc_init(how->zones);
	if (!ret)
		ret = kmem_init(choose_backends(), how->nr_slots);
	if (!ret)
		ret = vmap_init();
	return ret ? ret : how->last();
}

int km_boot(const struct km_start *how)
{
	static int failed; /* boot_lock: the start is tried once */
	int ret = 0;

	if (km_ready())
		return 0;
	if (READ_ONCE(boot_thread) == __builtin_thread_pointer())
		return -EBUSY;
	spin_lock(&boot_lock);
	if (failed) {
		ret = failed;
	} else if (!km_booted) {
		WRITE_ONCE(boot_thread, __builtin_thread_pointer());
		gfp_allowed_mask = GFP_BOOT_MASK;
		fault_exempt_begin();
		ret = start_layers(how);
		fault_exempt_end();
		gfp_allowed_mask = GFP_ALLOWED_ALL;
		WRITE_ONCE(boot_thread, (void *)NULL);
		failed = ret;
		if (!ret) {
			slab_state = FULL;
			smp_store_release(&engine_up, 1);
			smp_store_release(&km_booted, 1);
		}
	}
	spin_unlock(&boot_lock);
	return ret;
}

/* ---- fork ------------------------------------------------------------------ */

static void fork_prepare(void)
{
	if (!km_ready())
		return;
	vmap_fork_prepare();
	lock_fork_take(&tick_lock);
	lock_fork_take(&migrate_lock);
	kmem_fork_take();
	percpu_fork_take();
	vmap_fork_take();
	page_alloc_fork_take();
	lock_fork_begin();
	vmap_fork_copy();
}

/* tick_lock goes last: it keeps the next fork, and so its owner, out. */
static void fork_release(void)
{
	lock_fork_end();
	page_alloc_fork_release();
	vmap_fork_release();
	percpu_fork_release();
	kmem_fork_release();
	lock_fork_release(&migrate_lock);
	lock_fork_release(&tick_lock);
}

static void fork_parent(void)
{
	if (!lock_is_fork_owner())
		return;
	vmap_fork_parent();
	fork_release();
}

static void fork_child(void)
{
	if (!lock_is_fork_owner())
		return;
	vmap_fork_child();
	fork_release();
	page_alloc_fork_child();
	kmem_cpus_fork_child();
}

void km_register_fork(void)
{
	kswapd_allow_threads();
	pthread_atfork(fork_prepare, fork_parent, fork_child);
}

/* ---- shortage and proof ---------------------------------------------------- */

/* With no shrinker of a program it is what each layer has: see reclaim.h. */
void km_reclaim_all(void)
{
	drop_caches(DROP_PAGES | DROP_SLABS);
}

void km_check_all(void)
{
	struct kmem_cpu *cpu = kmem_cpu_get();
	struct kmem_cache *s;
	struct zone *zone;

	if (cpu)
		kmem_cpu_check(cpu);
	spin_lock(&slab_mutex);
	list_for_each_entry(s, &slab_caches, list) {
		barn_check(s);
		s->ops->check(s);
	}
	spin_unlock(&slab_mutex);
	vmap_check();
	percpu_check();
	for_each_zone(zone)
		zone_check(zone);
}
