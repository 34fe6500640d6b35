// SPDX-License-Identifier: MIT
/*
 * test_oom.c - what is said of a slab that was not to be had, and how often
 * (docs/kernel.md U12)
 */
#include "fixture.h"
#include "support/child.h"

static gfp_t gfp;
static int node;

static void report(void *arg)
{
	(void)arg;
	slab_out_of_memory(f.s, gfp, node);
}

static const char *said(gfp_t flags)
{
	static char text[4096];

	gfp = flags;
	node = NUMA_NO_NODE;
	capture_stderr(report, NULL, text, sizeof(text));
	return text;
}

static void open_cache(void)
{
	fixture_open(64, 0, NULL);
	take(0, 1);
}

/* A cache with one slab. Expect its sizes, and what the node has of it. */
static void child_words(void *arg)
{
	char want[512];

	(void)arg;
	open_cache();
	snprintf(
		want, sizeof(want),
		"SLUB: Unable to allocate memory on CPU %u (of node 0) on node "
		"-1, gfp=0x%x(GFP_ATOMIC)\n"
		"  cache: fixture, object size: 64, buffer size: 64, default "
		"order: %u, min order: 0\n"
		"  node 0: slabs: 1, objs: %u, free: %u\n",
		smp_cpu(), GFP_ATOMIC, f.s->oo_order, f.per_slab,
		f.c ? 0 : f.per_slab - 1);
	if (strcmp(said(GFP_ATOMIC), want))
		dprintf(2, "not %s", want);
	REQUIRE(!strcmp(said(GFP_ATOMIC), want));
	flush_cpu(); /* the slab is the node's now */
	snprintf(want, sizeof(want), "slabs: 1, objs: %u, free: %u\n",
		 f.per_slab, f.per_slab - 1);
	REQUIRE(strstr(said(GFP_ATOMIC), want));
}

/* Metadata that makes the least slab larger. Expect a hint, and none where it
 * does not. */
static void child_hint(void *arg)
{
	(void)arg;
	open_cache();
	REQUIRE(!strstr(said(GFP_ATOMIC), "slab_debug=O"));
	f.s->min_order = 1;
	REQUIRE(strstr(said(GFP_ATOMIC), "  fixture debugging increased min "
					 "order, use slab_debug=O to "
					 "disable.\n"));
}

/* Requests that may fail in silence, and those for which no slab was asked.
 * Expect nothing, and none of it to count for the limit. */
static void child_silent(void *arg)
{
	(void)arg;
	open_cache();
	for (unsigned int i = 0; i < 20; i++) {
		REQUIRE(!*said(GFP_ATOMIC | __GFP_NOWARN));
		REQUIRE(!*said(GFP_ATOMIC | __GFP_NO_GROW));
	}
	REQUIRE(*said(GFP_ATOMIC));
}

/* More reports than ten, one after the other. Expect ten, and no other; the
 * time between two of them is that of a few lines. */
static void child_rate(void *arg)
{
	unsigned int reports = 0;

	(void)arg;
	open_cache();
	for (unsigned int i = 0; i < 12; i++)
		reports += strstr(said(GFP_ATOMIC), "SLUB: Unable") != NULL;
	REQUIRE(reports >= 10); /* more, if an interval ended between */
	reports = 0;
	for (unsigned int i = 0; i < 1000; i++)
		reports += strstr(said(GFP_ATOMIC), "SLUB: Unable") != NULL;
	REQUIRE(reports < 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		child_test(child_words),
		child_test(child_hint),
		child_test(child_silent),
		child_test(child_rate),
	};

	return cmocka_run_group_tests(tests, slub_start, NULL);
}
