// SPDX-License-Identifier: MIT
/*
 * refused.c CASE - asks libkmalloc for what it must refuse
 *
 * Each case is a function that refused.py finds by its name in the warning.
 */
#include <limits.h>
#include <string.h>

#include <kmalloc/kmalloc.h>

#define CALLER __attribute__((noinline)) static void
/* The call is not the last thing in a function, so its frame is there. */
#define STAY __asm__ volatile("" ::: "memory")

static void *volatile kept;

CALLER ask_kmalloc(void)
{
	kept = kmalloc((size_t)5 << 20, GFP_KERNEL);
	STAY;
}

CALLER ask_kvmalloc(void)
{
	kept = kvmalloc((size_t)1 << 40, GFP_KERNEL);
	STAY;
}

CALLER ask_krealloc(void)
{
	kept = krealloc_node_align(NULL, 10, 24, GFP_KERNEL, NUMA_NO_NODE);
	STAY;
}

CALLER ask_pages(void)
{
	kept = alloc_pages(GFP_KERNEL, 15);
	STAY;
}

CALLER ask_node(void)
{
	kept = alloc_pages_node(63, GFP_KERNEL, 0);
	STAY;
}

CALLER ask_mobility(void)
{
	kept = alloc_pages(GFP_KERNEL | __GFP_MOVABLE | __GFP_RECLAIMABLE, 0);
	STAY;
}

CALLER ask_vmalloc(void)
{
	kept = vmalloc(0);
	STAY;
}

CALLER ask_vfree(void)
{
	vfree((char *)vmalloc(1) + 8);
	STAY;
}

CALLER ask_vmap(void)
{
	kept = vmap(NULL, 7, VM_MAP, PAGE_KERNEL);
	STAY;
}

CALLER ask_free_pages(void)
{
	free_pages(__get_free_pages(GFP_KERNEL, 0) + 16, 0);
	STAY;
}

CALLER ask_frag(void)
{
	struct page_frag_cache nc = { 0 };

	kept = page_frag_alloc_align(&nc, 100, GFP_KERNEL, 48);
	STAY;
}

CALLER ask_mempool(void)
{
	kept = mempool_create(-3, mempool_kmalloc, mempool_kfree, (void *)64);
	STAY;
}

static void construct(void *obj)
{
	memset(obj, 1, 64);
}

CALLER ask_zeroed(void)
{
	struct kmem_cache *s = kmem_cache_create("built", 64, 0, 0, construct);

	kept = kmem_cache_zalloc(s, GFP_KERNEL);
	STAY;
}

CALLER ask_usercopy(void)
{
	kept = kmem_cache_create_usercopy("window", 64, 0, 0, 60, 8, NULL);
	STAY;
}

static const struct {
	const char *name;
	void (*ask)(void);
} cases[] = {
	{ "kmalloc", ask_kmalloc },   { "kvmalloc", ask_kvmalloc },
	{ "krealloc", ask_krealloc }, { "pages", ask_pages },
	{ "node", ask_node },	      { "mobility", ask_mobility },
	{ "vmalloc", ask_vmalloc },   { "vfree", ask_vfree },
	{ "vmap", ask_vmap },	      { "free_pages", ask_free_pages },
	{ "frag", ask_frag },	      { "mempool", ask_mempool },
	{ "zeroed", ask_zeroed },     { "usercopy", ask_usercopy },
};

int main(int argc, char **argv)
{
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		if (argc < 2 || strcmp(argv[1], cases[i].name) != 0)
			continue;
		cases[i].ask();
		cases[i].ask(); /* a place speaks once, or names it again */
		return 0;
	}
	return 2;
}
