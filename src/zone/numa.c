// SPDX-License-Identifier: MIT
/*
 * zone/numa.c - how many nodes there are, and which CPU belongs to which
 *
 *	numa=fake=N		N nodes on any machine; CPU c is on node c % N,
 *				all distances are 20
 *	numa="node:2 pu:2"	a made-up machine in hwloc's words, in
 *				libkmalloc: real CPU c is its PU c modulo their
 *				number
 *	neither			the nodes of the OS, if it has more than one
 *
 *	/sys/devices/system/node/online		"0-1,3"
 *	.../node1/cpulist, .../node1/distance	"4-7", "21 10 31"
 *
 * One system call tells whether there is more than one node. Only then files
 * are read. Nodes are numbered from 0 without holes; os_node has the OS's.
 *
 * Locking	none: constant after the start
 * Source	Linux v6.12 mm/numa_emulation.c and drivers/base/node.c as a
 *		model (docs/kernel.md Z2)
 */
#include <errno.h>
#include <string.h>

#include "diag/fmt.h"
#include "diag/param.h"
#include "diag/report.h"
#include "sys/os.h"
#include "zone/numa.h"

const char *node_sysfs = "/sys/devices/system/node";
unsigned long nodes_allowed;

static const struct numa_reader *reader; /* constant after init; NULL: none */

static unsigned long fake_nodes;
static char synthetic[128]; /* "": none */
static u8 distance[MAX_NUMNODES][MAX_NUMNODES];
static u8 os_node[MAX_NUMNODES];
static bool real_nodes; /* memory can be bound to them */

_Static_assert(MAX_NUMNODES == OS_MAX_NODES && NR_CPUS == OS_MAX_PUS,
	       "what a topology has room for");

static int set_numa(const char *value)
{
	size_t len = strlen(value);

	if (!strncmp(value, "fake=", 5))
		return param_number(value + 5, 1, MAX_NUMNODES, &fake_nodes);
	if (!strchr(value, ':') || len >= sizeof(synthetic))
		return -EINVAL;
	memcpy(synthetic, value, len + 1);
	return 0;
}
boot_param("numa", set_numa, "fake=N, or a machine in hwloc's words");

/* ---- the nodes of the OS ------------------------------------------------- */

/* Reads the text of a file, cut to the buffer. Returns 0 or -errno. */
static int read_text(const char *file, int nid, char *buf, size_t size)
{
	char path[128];

	if (nid < 0)
		km_snprintf(path, sizeof(path), "%s/%s", node_sysfs, file);
	else
		km_snprintf(path, sizeof(path), "%s/node%d/%s", node_sysfs, nid,
			    file);
	return os_read_text(path, buf, size);
}

/*
 * Parses the next "a" or "a-b" of a list. Returns where it ends, or NULL if
 * there is none.
 */
static const char *next_range(const char *list, unsigned long *a,
			      unsigned long *b)
{
	const char *end;

	list += *list == ',';
	*a = *b = memparse(list, &end);
	if (end == list)
		return NULL;
	if (*end == '-')
		*b = memparse(end + 1, &end);
	return end;
}

static unsigned long parse_mask(const char *list)
{
	unsigned long mask = 0, a, b;

	while ((list = next_range(list, &a, &b)))
		for (; a <= b && a < 64; a++)
			mask |= 1UL << a;
	return mask;
}

static void read_cpus(unsigned int nid)
{
	unsigned long a, b;
	const char *list;
	char text[512];

	if (read_text("cpulist", os_node[nid], text, sizeof(text)))
		return;
	list = text;
	while ((list = next_range(list, &a, &b)))
		for (; a <= b && a < nr_cpu_ids; a++)
			cpu_node[a] = (u8)nid;
}

/*
 * The file has a number for each online node, whether this process may use that
 * node or not.
 */
static void read_distances(unsigned int nid, unsigned long online)
{
	const char *at, *end;
	unsigned int other = 0;
	char text[512];

	if (read_text("distance", os_node[nid], text, sizeof(text)))
		return;
	at = text;
	for (unsigned int id = 0; id < 64 && other < nr_online_nodes; id++) {
		unsigned long value;

		if (!(online >> id & 1))
			continue;
		at += strspn(at, " ");
		value = memparse(at, &end);
		if (end == at)
			return;
		if (os_node[other] == id)
			distance[nid][other++] = (u8)min(value, 254UL);
		at = end;
	}
}

static void use_nodes(unsigned long mask)
{
	nr_online_nodes = 0;
	for (unsigned int id = 0; id < 64; id++)
		if ((mask >> id & 1) && nr_online_nodes < MAX_NUMNODES)
			os_node[nr_online_nodes++] = (u8)id;
}

static void set_plain_distances(void)
{
	for_each_online_node(a)
		for_each_online_node(b)
			distance[a][b] = a == b ? LOCAL_DISTANCE :
						  REMOTE_DISTANCE;
}

static void read_nodes(void)
{
	unsigned long mask = nodes_allowed ? nodes_allowed : os_nodes_allowed();
	char text[512];

	if (!(mask & (mask - 1)))
		return; /* one node, or the OS does not know */
	if (read_text("online", -1, text, sizeof(text)))
		return;
	use_nodes(mask & parse_mask(text));
	if (nr_online_nodes < 2) {
		nr_online_nodes = 1;
		return;
	}
	real_nodes = true;
	set_plain_distances();
	for_each_online_node(nid) {
		read_cpus(nid);
		read_distances(nid, parse_mask(text));
	}
}

/* ---- made-up nodes ------------------------------------------------------- */

void numa_reader_register(const struct numa_reader *topologies)
{
	reader = topologies;
}

static bool can_make_up(void)
{
	return reader && reader->topology;
}

static int make_up_nodes(void)
{
	static struct os_topology topology;
	int ret = reader->topology(synthetic, &topology);

	if (ret) {
		km_report("kmalloc: numa=\"%pE\" is no topology\n", synthetic);
		return ret;
	}
	nr_online_nodes = topology.nr_nodes;
	nr_cpu_ids = max(nr_cpu_ids, topology.nr_pus);
	for (unsigned int cpu = 0; cpu < nr_cpu_ids; cpu++)
		cpu_node[cpu] = topology.pu_node[cpu % topology.nr_pus];
	memcpy(distance, topology.distance, sizeof(distance));
	return 0;
}

void numa_init(void)
{
	nr_online_nodes = 1;
	set_plain_distances();
	if (fake_nodes) {
		nr_online_nodes = (unsigned int)fake_nodes;
		for (unsigned int cpu = 0; cpu < nr_cpu_ids; cpu++)
			cpu_node[cpu] = (u8)(cpu % nr_online_nodes);
		set_plain_distances();
	} else if (!*synthetic || !can_make_up() || make_up_nodes()) {
		read_nodes();
	}
}

unsigned int node_distance(unsigned int a, unsigned int b)
{
	return distance[a][b];
}

void numa_bind_frames(const struct zone *zone, unsigned long pfn,
		      unsigned long nr)
{
	if (real_nodes)
		arena_bind(pfn, nr, os_node[zone_to_nid(zone)]);
}
