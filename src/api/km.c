// SPDX-License-Identifier: MIT
/*
 * api/km.c - the start of libkmalloc, and calls that the kernel does not have
 *
 *	constructor		first call of a public function
 *	    |				|  if that comes earlier
 *	    `------ start_engine() -----'
 *	                |
 *	             km_boot()		threads that race wait
 *
 * Locking	that of km_boot()
 * Invariants	a start that failed is tried again by the next caller
 */
#include <errno.h>

#include <kmalloc/km.h>

#include "api/rcu.h"
#include "config.h"
#include "core/start.h"
#include "diag/param.h"
#include "diag/proc.h"
#include "init.h"
#include "kmem/freelist.h"
#include "kmem/guard.h"
#include "kmem/kmalloc.h"
#include "kmem/kmem.h"
#include "kmem/rcu.h"
#include "reclaim/reclaim.h"
#include "sys/os.h"
#include "vmap/percpu/percpu.h"
#include "vmap/vmalloc/vmalloc.h"
#include "zone/numa.h"
#include "zone/sysctl.h"
#include "zone/zone.h"

/* Makes what libkmalloc has and the preload library has not. */
static int api_init(void)
{
	int ret;

	kmem_rcu_register(&km_rcu_ops);
	ret = kmalloc_init(); /* each goes on where it failed */
	if (!ret)
		ret = percpu_init();
	return ret ? ret : vmalloc_init();
}

/* hwloc is missing where it was not built, and from libkmalloc.a. */
#pragma weak os_hwloc_topology

static int start_engine(void)
{
	static const struct numa_reader reader = {
		.topology = os_hwloc_topology,
	};
	static const struct km_start how = {
		.nr_slots = NR_CURSORS,
		.zones = ZONES_KERNEL,
		.last = api_init,
		.vmalloc = &vmalloc_ops,
	};
	int ret;

	numa_reader_register(&reader);
	kmem_freelist_mends = 1;
	ret = km_boot(&how);

	/* -EBUSY: this thread is starting the engine. */
	return ret == -EBUSY ? 0 : ret;
}

const struct engine_starter km_starter __engine_starter = {
	.start = start_engine,
};

__attribute__((constructor(101))) static void api_start(void)
{
	start_engine();
	km_register_fork();
	km_rcu_register_fork();
}

__attribute__((destructor)) static void api_stop(void)
{
	validate_slab_at_exit();
	proc_print_at_exit();
}

/*
 * One command line serves both libraries of a process. These parameters belong
 * to the library that replaces malloc; here they are accepted and ignored.
 */
static int set_nothing(const char *value)
{
	(void)value;
	return 0;
}
boot_param_alias("stats", set_nothing, stats, "a process number");
boot_param_alias("stats_file", set_nothing, stats_file,
		 "a path of up to 244 bytes");
boot_param_alias("alloc_trace", set_nothing, alloc_trace,
		 "a path of up to 231 bytes");
boot_param_alias("alloc_trace.max", set_nothing, alloc_trace_max, "64K to 1T");
boot_param_alias("foreign", set_nothing, foreign, "forward, abort, leak");
boot_param_alias("deepbind", set_nothing, deepbind,
		 "mask, keep, keep:NAME,...");

boot_param_alias("block_checks", set_nothing, block_checks,
		 "0, 1; alone it means 1");

const char *km_version(void)
{
	return KM_VERSION;
}

void km_check(void)
{
	if (!engine_need())
		km_check_all();
}

void km_reclaim(void)
{
	if (!engine_need())
		km_reclaim_all();
}

int km_drop_caches(unsigned int what)
{
	int ret = engine_need();

	if (ret)
		return ret;
	if (!what || what > (DROP_PAGES | DROP_SLABS))
		return -EINVAL;
	drop_caches(what);
	return 0;
}

long km_proc_read(const char *name, char *buf, size_t size)
{
	int ret = engine_need();

	return ret ? ret : proc_read(name, buf, size);
}

int km_proc_write(const char *name, const char *text)
{
	int ret = engine_need();

	return ret ? ret : proc_write(name, text);
}

int km_slabinfo_write(const char *line)
{
	return km_proc_write("slabinfo", line);
}

long km_sysctl(const char *name, char *old, size_t size, const char *text)
{
	int ret = engine_need();

	return ret ? ret : do_sysctl(name, old, size, text);
}
