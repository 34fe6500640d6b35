// SPDX-License-Identifier: MIT
/*
 * slub/traces.c - slab/<cache>/alloc_traces and free_traces: which calls
 * allocated, or freed, the objects in use of a cache with SLAB_STORE_USER
 *
 *	     12 parse_line+0x3f/0x90 waste=336/28 age=3/120/455 pid=77 cpus=0-1
 *	        parse_line+0x3f/0x90
 *	        main+0x1b/0x40
 *	^ number of objects in use that were allocated there, largest first
 *
 * Both texts are about objects in use. free_traces names the calls that freed
 * these before they were allocated last. Times are in milliseconds; a pid is
 * that of a thread.
 *
 *	slabs -> objects in use -> track -> location, sorted by place and waste
 *	                                    -> sorted by count -> text
 *
 * Locking	s->debug_lock (rank LOCK_SLAB_DEBUG) for the walk. The table of
 *		locations is mapped before the walk. If it was too small, a
 *		larger one is mapped after it for another walk. Locations that
 *		do not fit into the largest table are left out.
 * Source	the texts of Linux v6.12 mm/slub.c (docs/kernel.md I8)
 */
#include <errno.h>
#include <string.h>

#include "diag/proc.h"
#include "slub/debug.h"
#include "slub/traces.h"

#define LOC_BYTES_FIRST OS_PAGE_MOST
#define LOC_BYTES_MOST (64UL << 20)

/* The objects that one call allocated or freed. */
struct location {
	unsigned long addr; /* 0: not known */
	unsigned long waste; /* object_size less the requested size */
	depot_stack_handle_t handle;
	unsigned long count;
	unsigned long sum_time, min_time, max_time; /* ms */
	int min_pid, max_pid;
	u64 cpus[NR_CPUS / 64];
	u8 nodes; /* a bit each */
};

struct loc_track {
	struct location *loc;
	size_t bytes; /* of loc */
	unsigned long max, count; /* locations */
	unsigned long now; /* ms */
	bool full; /* a location did not fit */
};

/* ---- the table ----------------------------------------------------------- */

static int location_cmp(const struct location *l, const struct location *m)
{
	if (l->addr != m->addr)
		return l->addr < m->addr ? -1 : 1;
	if (l->handle != m->handle)
		return l->handle < m->handle ? -1 : 1;
	if (l->waste != m->waste)
		return l->waste < m->waste ? -1 : 1;
	return 0;
}

/* Returns the index of the first location that is not below `key`. */
static unsigned long find_place(const struct loc_track *t,
				const struct location *key)
{
	unsigned long lo = 0, hi = t->count;

	while (lo < hi) {
		unsigned long mid = (lo + hi) / 2;

		if (location_cmp(&t->loc[mid], key) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static void add_to_location(struct location *l, const struct location *one)
{
	l->count++;
	l->sum_time += one->sum_time;
	l->min_time = min(l->min_time, one->min_time);
	l->max_time = max(l->max_time, one->max_time);
	l->min_pid = min(l->min_pid, one->min_pid);
	l->max_pid = max(l->max_pid, one->max_pid);
	for (unsigned int i = 0; i < ARRAY_SIZE(l->cpus); i++)
		l->cpus[i] |= one->cpus[i];
	l->nodes |= one->nodes;
}

static void add_location(struct loc_track *t, const struct location *one)
{
	unsigned long at = find_place(t, one);

	if (at < t->count && !location_cmp(&t->loc[at], one)) {
		add_to_location(&t->loc[at], one);
		return;
	}
	if (t->count == t->max) {
		t->full = true;
		return;
	}
	memmove(&t->loc[at + 1], &t->loc[at],
		(t->count - at) * sizeof(*t->loc));
	t->loc[at] = *one;
	t->count++;
}

/* ---- the walk: debug_lock held ------------------------------------------- */

static void add_object(struct loc_track *t, const struct slab_check *c,
		       void *obj, enum track_item item)
{
	const struct track *track = get_track(c->s, obj, item);
	unsigned long age = track->addr ? t->now - track->when : 0;
	struct location one = {
		.addr = track->addr,
		.handle = track->handle,
		.count = 1,
		.sum_time = age,
		.min_time = age,
		.max_time = age,
		.min_pid = track->pid,
		.max_pid = track->pid,
		.nodes = (u8)(1U << c->slab->node_id),
	};
	unsigned int cpu = (unsigned int)track->cpu % NR_CPUS;

	if (item == TRACK_ALLOC && !track->addr) /* __GFP_NOTRACK */
		return;
	one.cpus[cpu / 64] = 1UL << cpu % 64;
	if (item == TRACK_ALLOC)
		one.waste = c->s->object_size - get_orig_size(c->s, obj);
	add_location(t, &one);
}

static void process_slab(struct loc_track *t, const struct slab_check *c,
			 enum track_item item)
{
	u64 map[SLUB_MAP_WORDS];

	slub_mark_free(c, map);
	for (unsigned int i = 0; i < c->slab->state.counters.objects; i++)
		if (!(map[i / 64] >> i % 64 & 1))
			add_object(t, c, slab_object(c->s, c->slab, i), item);
}

static void process_cache(struct loc_track *t, struct kmem_cache *s,
			  enum track_item item)
{
	struct slab_check c = { .s = s };
	struct kmem_cache_node *n;
	int nid;

	spin_lock(&s->debug_lock);
	for_each_kmem_cache_node(s, nid, n) {
		list_for_each_entry(c.slab, &n->partial, list)
			process_slab(t, &c, item);
		list_for_each_entry(c.slab, &n->full, list)
			process_slab(t, &c, item);
	}
	spin_unlock(&s->debug_lock);
}

/*
 * Fills a table with all locations, and starts anew with a larger one if it was
 * too small. Returns 0 or -ENOMEM.
 */
static int collect_locations(struct loc_track *t, struct kmem_cache *s,
			     enum track_item item)
{
	for (t->bytes = LOC_BYTES_FIRST;; t->bytes *= 4) {
		t->loc = os_map(t->bytes);
		if (!t->loc)
			return -ENOMEM;
		t->max = t->bytes / sizeof(*t->loc);
		t->count = 0;
		t->full = false;
		process_cache(t, s, item);
		if (!t->full || t->bytes >= LOC_BYTES_MOST)
			return 0;
		os_release(t->loc, t->bytes);
	}
}

/* ---- the text ------------------------------------------------------------ */

/* Sorts by Shell's method; locations with equal counts are in no order. */
static void sort_by_count(struct loc_track *t)
{
	for (unsigned long gap = t->count / 2; gap; gap /= 2) {
		for (unsigned long i = gap; i < t->count; i++) {
			struct location one = t->loc[i];
			unsigned long at = i;

			for (; at >= gap && t->loc[at - gap].count < one.count;
			     at -= gap)
				t->loc[at] = t->loc[at - gap];
			t->loc[at] = one;
		}
	}
}

/* Prints the numbers of the bits that are set, such as "0-2,5". */
static void show_list(struct seq_file *m, const u64 *map, unsigned int bits)
{
	const char *comma = "";

	for (unsigned int i = 0; i < bits; i++) {
		unsigned int first = i;

		if (!(map[i / 64] >> i % 64 & 1))
			continue;
		while (i + 1 < bits && map[(i + 1) / 64] >> (i + 1) % 64 & 1)
			i++;
		seq_printf(m, "%s%u", comma, first);
		if (i > first)
			seq_printf(m, "-%u", i);
		comma = ",";
	}
}

static void show_range(struct seq_file *m, const struct location *l)
{
	if (l->sum_time != l->min_time)
		seq_printf(m, " age=%lu/%lu/%lu", l->min_time,
			   l->sum_time / l->count, l->max_time);
	else
		seq_printf(m, " age=%lu", l->min_time);
	if (l->min_pid != l->max_pid)
		seq_printf(m, " pid=%d-%d", l->min_pid, l->max_pid);
	else
		seq_printf(m, " pid=%d", l->min_pid);
}

static void show_location(struct seq_file *m, const struct location *l)
{
	const unsigned long *entries;
	u64 nodes = l->nodes;
	unsigned int nr;

	seq_printf(m, "%7ld ", (long)l->count);
	if (l->addr)
		seq_printf(m, "%pS", (void *)l->addr);
	else
		seq_puts(m, "<not-available>");
	if (l->waste)
		seq_printf(m, " waste=%lu/%lu", l->count * l->waste, l->waste);
	show_range(m, l);
	if (nr_cpu_ids > 1) {
		seq_puts(m, " cpus=");
		show_list(m, l->cpus, NR_CPUS);
	}
	if (nr_online_nodes > 1) {
		seq_puts(m, " nodes=");
		show_list(m, &nodes, MAX_NUMNODES);
	}
	seq_putc(m, '\n');
	nr = stack_depot_fetch(l->handle, &entries);
	for (unsigned int i = 0; i < nr; i++)
		seq_printf(m, "        %pS\n", (void *)entries[i]);
	if (nr)
		seq_putc(m, '\n');
}

int slab_traces_show(struct kmem_cache *s, struct seq_file *m,
		     enum track_item item)
{
	struct loc_track t = { .now = os_now_ms() };

	if (collect_locations(&t, s, item))
		return -ENOMEM;
	sort_by_count(&t);
	for (unsigned long i = 0; i < t.count; i++)
		show_location(m, &t.loc[i]);
	if (!t.count)
		seq_puts(m, "No data\n");
	os_release(t.loc, t.bytes);
	return 0;
}
