// SPDX-License-Identifier: MIT
/*
 * init.c - the one file that names every room: start, fork, shortage
 *
 *	start	first allocation, perhaps inside ld.so, before any constructor
 *		command line -> arena -> buddy -> kmem+slabs -> vmap -> caller
 *		A room that gets no memory ends the start; the next
 *		allocation goes on from that room
 *	fork	prepare: close the gate, every lock in rank order, then pass
 *		through all
 *		parent: give them back
 *		child: give them back, adopt what lost threads held
 *		Before the start it is boot_lock alone
 *	exit	nothing: static destructors still allocate
 *
 * Locking	boot_lock (rank LOCK_INIT) for the start
 * Invariants	INIT1  km_booted is set last, and once
 *		INIT2  nothing called from here allocates before that
 */
#include <errno.h>

#include "compaction/migrate.h"
#include "core/control.h"
#include "core/start.h"
#include "core/tick.h"
#include "diag/fault.h"
#include "diag/fmt.h"
#include "diag/param.h"
#include "diag/report.h"
#include "init.h"
#include "kmem/barn.h"
#include "kmem/boot.h"
#include "kmem/cache.h"
#include "kmem/cpu_owner.h"
#include "kmem/fork.h"
#include "kmem/forked.h"
#include "kmem/hand.h"
#include "kmem/held.h"
#include "kmem/inherited.h"
#include "kmem/inside.h"
#include "kmem/kmem.h"
#include "kmem/region.h"
#include "kmem/shrink.h"
#include "kmem/slab_ops.h"
#include "kmem/thread.h"
#include "reclaim/reclaim.h"
#include "request/request.h"
#include "sys/os.h"
#include "vmap/large/large.h"
#include "vmap/percpu/percpu.h"
#include "vmap/vmalloc/vmalloc.h"
#include "zone/collapse.h"
#include "zone/gfp.h"

#define PERCPU_DEFAULT BY_THREAD

u8 km_booted;
static spinlock_t boot_lock = SPIN_LOCK_INIT(LOCK_INIT);
static void *boot_thread; /* the holder of boot_lock: it starts, or forks */

static const char *const percpu_modes[] = { "thread", "rseq", "auto" };
static enum { BY_THREAD, BY_CPU, BY_BOTH } percpu_mode = PERCPU_DEFAULT;

static int set_percpu(const char *value)
{
	for (unsigned int i = 0; i < ARRAY_SIZE(percpu_modes); i++) {
		if (!__builtin_strcmp(value, percpu_modes[i])) {
			percpu_mode = i;
			return 0;
		}
	}
	return -EINVAL;
}
boot_param("percpu", set_percpu, "thread, rseq, auto");

/* Once, before any thread has a table. */
static void start_cpu_owners(void)
{
	if (percpu_mode == BY_THREAD)
		return;
	if (!kmem_cpu_owners_start(percpu_mode == BY_CPU))
		return;
	if (percpu_mode == BY_CPU)
		km_report("kmalloc: percpu=rseq: not possible here (it needs "
			  "x86-64, rseq registered by glibc, and membarrier); "
			  "percpu=thread\n");
}

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
boot_param("fail_os", set_fail_os, "N or N,M");

static const char *backend_name; /* the value of the parameter; NULL: none */

/*
 * One command line is for all libraries of a process. A library with only one
 * of the two backends accepts the other name and ignores it.
 */
static int set_slab_alloc(const char *value)
{
	if (__builtin_strcmp(value, "slab") && __builtin_strcmp(value, "slub"))
		return -EINVAL;
	backend_name = value[2] == 'a' ? "slab" : "slub";
	return 0;
}
boot_param("slab_alloc", set_slab_alloc, "slab, slub");

static const char *slub_form = "6.18"; /* constant after start_line() */

/* A library without that form accepts it and ignores it. */
static int set_slub_form(const char *value)
{
	if (__builtin_strcmp(value, "7.0") && __builtin_strcmp(value, "6.18"))
		return -EINVAL;
	slub_form = value[0] == '7' ? "7.0" : "6.18";
	return 0;
}
boot_param("slub", set_slub_form, "6.18, 7.0");

static bool in_form(const struct slab_ops *ops)
{
	return !ops->form || !__builtin_strcmp(ops->form, slub_form);
}

/* Returns true if all backends of this library have another form. */
static bool one_form(void)
{
	for (unsigned int i = 0; km_backends[i]; i++)
		if (in_form(km_backends[i]))
			return false;
	return true;
}

/* Returns the default backend, and registers the others with kmem. */
static const struct slab_ops *choose_backends(void)
{
	const struct slab_ops *chosen = NULL, *ops;
	const bool any = one_form();

	for (unsigned int i = 0; (ops = km_backends[i]); i++)
		if ((any || in_form(ops)) &&
		    (!chosen || (backend_name &&
				 !__builtin_strcmp(ops->name, backend_name))))
			chosen = ops;
	for (unsigned int i = 0; (ops = km_backends[i]); i++)
		if (ops != chosen && (any || in_form(ops)))
			kmem_backend(ops);
	return chosen;
}

static int start_line(const struct km_start *how)
{
	(void)how;
	parse_args(os_getenv("KMALLOC_CMDLINE"));
	tick_last_ms = os_now_ms();
	return 0;
}

static int start_arena(const struct km_start *how)
{
	(void)how;
	return arena_init();
}

static int start_pages(const struct km_start *how)
{
	return page_alloc_init(how->zones);
}

static int start_caches(const struct km_start *how)
{
	static const struct slab_ops *chosen;

	if (!chosen)
		chosen = choose_backends();
	start_cpu_owners();
	return kmem_init(chosen, how->nr_slots);
}

static int start_areas(const struct km_start *how)
{
	(void)how;
	return large_init();
}

/* NULL: the library has no vmalloc(). Constant after the start. */
static const struct vmalloc_ops *vmalloc_used;

static int start_last(const struct km_start *how)
{
	int ret = how->last();

	if (!ret)
		vmalloc_used = how->vmalloc;
	return ret;
}

/*
 * A later try skips each room that has started. A room that failed starts
 * again, and keeps what it had allocated.
 */
static int start_layers(const struct km_start *how)
{
	static int (*const rooms[])(const struct km_start *) = {
		start_line,   start_arena, start_pages,
		start_caches, start_areas, start_last,
	};
	static unsigned int done; /* boot_lock */
	int ret = 0;

	while (done < ARRAY_SIZE(rooms) && !ret) {
		ret = rooms[done](how);
		done += !ret;
	}
	return ret;
}

/* Reports a failed start. Requests fail until a later start succeeds. */
static __cold void report_failure(void)
{
	size_t left = os_address_space_left();
	char limit[64] = "";

	if (left != SIZE_MAX)
		km_snprintf(limit, sizeof(limit),
			    " (RLIMIT_AS leaves %H of address space)", left);
	km_report("kmalloc: cannot start: the system gives no memory%s. Every "
		  "request fails until it does: raise the limits (ulimit -v, "
		  "ulimit -d), or run without this library\n",
		  limit);
}

static int start_locked(const struct km_start *how)
{
	static bool reported; /* boot_lock */
	int ret;

	WRITE_ONCE(boot_thread, __builtin_thread_pointer());
	gfp_allowed_mask = GFP_BOOT_MASK;
	fault_exempt_begin();
	ret = start_layers(how);
	fault_exempt_end();
	gfp_allowed_mask = GFP_ALLOWED_ALL;
	if (ret && !reported) {
		reported = true;
		report_failure();
	}
	WRITE_ONCE(boot_thread, (void *)NULL);
	if (ret)
		return ret;
	slab_state = FULL;
	smp_store_release(&engine_up, 1);
	smp_store_release(&km_booted, 1);
	return 0;
}

int km_boot(const struct km_start *how)
{
	int ret = 0;

	if (km_ready())
		return 0;
	if (READ_ONCE(boot_thread) == __builtin_thread_pointer())
		return -EBUSY;
	spin_lock(&boot_lock);
	if (!km_booted)
		ret = start_locked(how);
	spin_unlock(&boot_lock);
	return ret;
}

/* ---- fork ---------------------------------------------------------------- */

static bool fork_holds_start; /* boot_lock */

/*
 * The engine has not started, and no thread may start it during the fork. The
 * forking thread counts as starting, so requests of other fork handlers fail.
 */
static void fork_before_start(void)
{
	if (READ_ONCE(boot_thread) == __builtin_thread_pointer())
		return; /* called from inside it */
	spin_lock(&boot_lock);
	if (!km_booted) {
		WRITE_ONCE(boot_thread, __builtin_thread_pointer());
		fork_holds_start = true;
		return;
	}
	spin_unlock(&boot_lock);
}

/*
 * In a process of one thread fork() needs no lock of malloc: no other thread
 * changes anything. If a signal handler forks, the interrupted call goes on
 * afterwards, in the parent and in the child.
 */
static bool fork_alone(void)
{
	return os_single_threaded() && !vmalloc_used;
}

void km_fork_prepare(void)
{
	if (fork_alone())
		return;
	if (!km_ready())
		fork_before_start();
	if (!km_ready())
		return;
	current->no_ticks = 1; /* handlers before this one may hold rcu_lock */
	if (vmalloc_used)
		vmalloc_used->fork_prepare();
	current->no_ticks = 0;
	lock_fork_take(&tick_lock);
	kmem_gate_close();
	lock_fork_take(&migrate_lock);
	kmem_fork_take();
	percpu_fork_take();
	if (vmalloc_used)
		vmalloc_used->fork_take();
	space_fork_take();
	page_alloc_fork_take();
	lock_fork_begin();
	if (vmalloc_used)
		vmalloc_used->fork_copy();
}

/* Unlocks tick_lock last: it keeps the next fork out. */
static void km_fork_release(void)
{
	lock_fork_end();
	page_alloc_fork_release();
	space_fork_release();
	if (vmalloc_used)
		vmalloc_used->fork_release();
	percpu_fork_release();
	kmem_fork_release();
	lock_fork_release(&migrate_lock);
}

/* In parent and child: the thread pointer is the same in both. */
static void fork_after_start(void)
{
	if (!fork_holds_start ||
	    READ_ONCE(boot_thread) != __builtin_thread_pointer())
		return;
	fork_holds_start = false;
	WRITE_ONCE(boot_thread, (void *)NULL);
	spin_unlock(&boot_lock);
}

/* What stands before fork_after_start() is for a process of one thread too. */
void km_fork_parent(void)
{
	thp_collapse_fork_parent();
	kmem_forked_parent();
	fork_after_start();
	if (!lock_is_fork_owner())
		return;
	if (vmalloc_used)
		vmalloc_used->fork_parent();
	km_fork_release();
	kmem_gate_open();
	lock_fork_release(&tick_lock);
}

void km_fork_child(void)
{
	control_fork_child();
	thp_collapse_fork_child();
	kmem_inherited_fork_child();
	fork_after_start();
	if (!lock_is_fork_owner())
		return;
	if (vmalloc_used)
		vmalloc_used->fork_child();
	kmem_cpu_owners_fork_child();
	km_fork_release();
	kmem_gate_child();
	lock_fork_release(&tick_lock);
	page_alloc_fork_child();
	kmem_owners_fork_child();
	kmem_hands_fork_child();
}

void km_register_fork(void)
{
	kswapd_allow_threads();
	os_at_fork(km_fork_prepare, km_fork_parent, km_fork_child);
}

/* ---- shortage and checks ------------------------------------------------- */

/* Without shrinkers of the program: only those of the rooms, see reclaim.h. */
unsigned long km_reclaim_all(void)
{
	drop_caches(DROP_PAGES | DROP_SLABS);
	return kmem_give_pages(SHRINK_ALL);
}

static long trim_from_outside(const u64 *number)
{
	(void)number;
	return (long)km_reclaim_all();
}
control_action(CONTROL_TRIM, trim_from_outside, 0, 0);

void km_check_all(void)
{
	struct kmem_owner *owner = kmem_owner_get();
	struct kmem_cache *s;
	struct zone *zone;

	if (owner)
		kmem_owner_check(owner);
	kmem_owners_check();
	kmem_cpu_owners_check();
	region_check();
	spin_lock(&slab_mutex);
	list_for_each_entry(s, &slab_caches, list) {
		barn_check(s);
		s->ops->check(s);
		kmem_inherited_check(s);
	}
	spin_unlock(&slab_mutex);
	space_check();
	if (vmalloc_used)
		vmalloc_used->check();
	percpu_check();
	for_each_zone(zone)
		zone_check(zone);
}
