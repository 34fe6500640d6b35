// SPDX-License-Identifier: MIT
/*
 * test_lookup.c - threads that look for areas wherever one may be
 *
 * The addresses are not handed over by the threads that make the areas, so what
 * orders a look after the making of an area is the library's own doing.
 */
#include <pthread.h>

#include "diag/proc.h"
#include "support/vmtest.h"

#define MAKERS 2
#define LOOKERS 2
#define SANITIZED \
	(KM_SANITIZE_THREAD || KM_SANITIZE_ADDRESS || KM_SANITIZE_UNDEFINED)
#define TURNS (SANITIZED ? 1500 : 8000)
#define HIGH (GFP_KERNEL | __GFP_HIGHMEM)
#define SPAN (256 * PAGE_SIZE) /* from the start of vmalloc space on */
#define FRAMES 8

static int making; /* atomic: threads */

static void make_one(struct page **pages, u64 *seed)
{
	unsigned int nr = (unsigned int)test_below(seed, FRAMES) + 1;
	char *p, *q;

	switch (test_below(seed, 4)) {
	case 0:
		p = vmap(pages, nr, VM_MAP, PAGE_KERNEL);
		REQUIRE(p && find_vm_area(p)->nr_pages == nr);
		vunmap(p);
		break;
	case 1:
		p = vm_map_ram(pages, nr, NUMA_NO_NODE);
		REQUIRE(p && vmalloc_to_page(p) == pages[0]);
		vm_unmap_ram(p, nr);
		break;
	default:
		p = vmalloc(nr * PAGE_SIZE);
		q = __vmalloc(nr * PAGE_SIZE, GFP_KERNEL);
		REQUIRE(p && q);
		memset(p, 1, nr * PAGE_SIZE);
		memset(q, 2, nr * PAGE_SIZE);
		REQUIRE(all_bytes(p, 1, nr * PAGE_SIZE));
		vfree(p);
		vfree(q);
	}
}

static void *make(void *arg)
{
	u64 seed = (u64)(uintptr_t)arg;
	struct page *pages[FRAMES];

	alloc_pages_into(pages, FRAMES / 2, HIGH);
	alloc_pages_into(pages + FRAMES / 2, FRAMES / 2, GFP_KERNEL);
	for (int i = 0; i < TURNS; i++) {
		make_one(pages, &seed);
		if (i % 64 == 0)
			vm_unmap_aliases(); /* so that areas are made anew */
	}
	free_pages_of_array(pages, FRAMES);
	__atomic_sub_fetch(&making, 1, __ATOMIC_RELEASE);
	return NULL;
}

static void look_at(char *p, u64 *seed)
{
	u64 word;

	switch (test_below(seed, 4)) {
	case 0:
		vmalloc_to_page(p);
		break;
	case 1:
		is_vmalloc_addr(p);
		break;
	case 2:
		km_vread((char *)&word, p, sizeof(word));
		break;
	default:
		if (!km_vmap_pin(p) && !test_below(seed, 2))
			vmalloc_to_page(p);
	}
}

static void *look(void *arg)
{
	static char text[LOOKERS][1 << 15];
	u64 which = (u64)(uintptr_t)arg, seed = which * 7919 + 1;

	while (__atomic_load_n(&making, __ATOMIC_ACQUIRE)) {
		for (int i = 0; i < 200; i++)
			look_at((char *)VMALLOC_START + test_below(&seed, SPAN),
				&seed);
		proc_read("vmallocinfo", text[which], sizeof(text[which]));
	}
	return NULL;
}

/* Two threads make areas and take them away, two others ask for any address
 * there. Expect each area its bytes, no page lost, and no race under
 * ThreadSanitizer. */
static void child_look(void *arg)
{
	pthread_t makers[MAKERS], lookers[LOOKERS];
	struct vm_books books;

	parse_args("arena=128M highmem=64M");
	vm_boot("vmalloc.lazy_max=4M", arg);
	vfree(vmalloc(1));
	books = vm_books();
	making = MAKERS;
	for (uintptr_t i = 0; i < LOOKERS; i++)
		REQUIRE(!pthread_create(&lookers[i], NULL, look, (void *)i));
	for (uintptr_t i = 0; i < MAKERS; i++)
		REQUIRE(!pthread_create(&makers[i], NULL, make,
					(void *)(i * 104729 + 7)));
	for (int i = 0; i < MAKERS; i++)
		pthread_join(makers[i], NULL);
	for (int i = 0; i < LOOKERS; i++)
		pthread_join(lookers[i], NULL);
	books.other += 2 * VM_SLAB_SLACK;
	vm_same_books(&books);
}

/* ---- the first kmap() ---------------------------------------------------- */

static int ready; /* atomic: threads at the start */

static void *map_first(void *arg)
{
	struct page *page = arg;
	char *p;

	__atomic_add_fetch(&ready, 1, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(&ready, __ATOMIC_SEQ_CST) < MAKERS)
		sched_yield();
	p = kmap(page);
	REQUIRE(p && page_address(page) == p);
	REQUIRE(is_vmalloc_addr(p) && vmalloc_to_page(p) == page);
	kunmap(page);
	return NULL;
}

/* The first two pages of HighMem that are ever mapped, by two threads at once.
 * Expect page_address() and vmalloc_to_page() to know each from then on. */
static void child_first_kmap(void *arg)
{
	struct page *pages[MAKERS];
	pthread_t threads[MAKERS];

	parse_args("arena=128M highmem=64M");
	vm_boot("", arg);
	alloc_pages_into(pages, MAKERS, HIGH);
	for (int i = 0; i < MAKERS; i++)
		REQUIRE(!pthread_create(&threads[i], NULL, map_first,
					pages[i]));
	for (int i = 0; i < MAKERS; i++)
		pthread_join(threads[i], NULL);
	free_pages_of_array(pages, MAKERS);
	vm_check();
}

static void test_first_kmap(void **state)
{
	struct child_end end;

	(void)state;
	for (int i = 0; i < 20; i++) {
		child_run(child_first_kmap, (void *)(uintptr_t) "vmap=mmap",
			  &end);
		expect_success(&end);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		vm_tests(child_look),
		cmocka_unit_test(test_first_kmap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
