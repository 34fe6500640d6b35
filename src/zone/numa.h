// SPDX-License-Identifier: MIT
/*
 * zone/numa.h - nodes and CPUs: which is which, and which is near
 *
 * Locking	none: constant after init
 * Source	Linux v6.12 include/linux/topology.h
 */
#ifndef KM_ZONE_NUMA_H
#define KM_ZONE_NUMA_H

#include "core/task.h"
#include "sys/os.h"
#include "zone/mmzone.h"

#define LOCAL_DISTANCE 10
#define REMOTE_DISTANCE 20

/* for tests: where the OS's files are, and which nodes it allows (0: ask it) */
extern const char *node_sysfs;
extern unsigned long nodes_allowed;

struct os_topology;

/* What knows machines that are only described: docs/hooks.md. */
struct numa_reader {
	/*
	 * Reads the description of a made-up machine (numa=). Returns 0 or
	 * -errno. NULL: this library was built without it.
	 */
	int (*topology)(const char *synthetic, struct os_topology *topology);
};
void numa_reader_register(const struct numa_reader *reader); /* first of all */

void numa_init(void);
unsigned int node_distance(unsigned int a, unsigned int b);
/* Asks the OS for memory of the zone's node. A refusal is no error. */
void numa_bind_frames(const struct zone *zone, unsigned long pfn,
		      unsigned long nr);

/*
 * Returns the number of this CPU, below nr_cpu_ids. It is a hint, for choosing
 * a pageset.
 */
static inline unsigned int smp_cpu(void)
{
	unsigned int cpu = current->cpu - 1U;

	if (likely(!current->cpu)) {
		cpu = (unsigned int)os_cpu();
		if (unlikely(cpu >= nr_cpu_ids))
			cpu %= nr_cpu_ids;
	}
	current->seen_cpu = (u16)cpu;
	return cpu;
}

/*
 * Returns what smp_cpu() returned last to this thread, which costs a load. For
 * counts, which only have to be apart from those of other CPUs most of the
 * time.
 */
static inline unsigned int smp_cpu_seen(void)
{
	return current->seen_cpu;
}

/* Returns the node of this CPU. */
static inline unsigned int numa_node_id(void)
{
	return likely(nr_online_nodes == 1) ? 0 : cpu_node[smp_cpu()];
}

#endif
