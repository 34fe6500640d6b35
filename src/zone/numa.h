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

extern const char *node_sysfs; /* for tests, as the next one */
extern unsigned long (*nodes_allowed)(void);

struct os_topology;

/*
 * Reads a description of a made-up machine (numa=). Returns 0 or -errno. NULL:
 * this library has no reader for them.
 */
extern int (*numa_topology)(const char *synthetic,
			    struct os_topology *topology);

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
	unsigned int cpu;

	if (unlikely(current->cpu))
		return current->cpu - 1U;
	cpu = (unsigned int)os_cpu();
	return likely(cpu < nr_cpu_ids) ? cpu : cpu % nr_cpu_ids;
}

/* Returns the node of this CPU. */
static inline unsigned int numa_node_id(void)
{
	return likely(nr_online_nodes == 1) ? 0 : cpu_node[smp_cpu()];
}

#endif
