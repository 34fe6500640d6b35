// SPDX-License-Identifier: MIT
/*
 * test_vmalloc_stress.c - threads on vmalloc space, handing areas to each other
 */
#include <pthread.h>
#include <sys/wait.h>
#include <time.h>

#include "diag/proc.h"
#include "support/vmtest.h"

#define WORKERS 2
#define TURNS (KM_SANITIZE_THREAD || KM_SANITIZE_ADDRESS ? 4000 : 20000)
#define HIGH (GFP_KERNEL | __GFP_HIGHMEM)
#define FRAMES 16
#define SHARED 16

struct named {
	u64 name; /* the first word of an area is its own address */
	size_t pages;
};

static void *shared[SHARED]; /* atomic: areas exchanged */
static int working; /* atomic */

static void give(struct named *p)
{
	if (!p)
		return;
	REQUIRE(p->name == (uintptr_t)p);
	REQUIRE(*(u64 *)((char *)p + p->pages * PAGE_SIZE - 8) == ~p->name);
	vfree(p);
}

static struct named *take(u64 *seed)
{
	size_t pages = test_below(seed, 30) + 1;
	struct named *p = vmalloc(pages * PAGE_SIZE);

	REQUIRE(p);
	p->name = (uintptr_t)p;
	p->pages = pages;
	*(u64 *)((char *)p + pages * PAGE_SIZE - 8) = ~p->name;
	return p;
}

/* Frames of this thread's own, by two mappings at once. */
static void map(struct page **pages, u64 *seed)
{
	unsigned int nr = (unsigned int)test_below(seed, FRAMES) + 1;
	u64 word = test_rand(seed);
	char *p = vmap(pages, nr, VM_MAP, PAGE_KERNEL);
	char *q = vm_map_ram(pages, nr, NUMA_NO_NODE);

	REQUIRE(p && q);
	*(u64 *)(p + (nr - 1) * PAGE_SIZE) = word;
	REQUIRE(*(u64 *)(q + (nr - 1) * PAGE_SIZE) == word);
	REQUIRE(*(u64 *)kmap(pages[nr - 1]) == word);
	kunmap(pages[nr - 1]);
	vm_unmap_ram(q, nr);
	vunmap(p);
}

static void turn(struct page **pages, u64 *seed)
{
	void **slot = &shared[test_below(seed, SHARED)];
	void *p = test_below(seed, 2) ? take(seed) : NULL;

	give(__atomic_exchange_n(slot, p, __ATOMIC_ACQ_REL));
	switch (test_below(seed, 40)) {
	case 0:
		vm_unmap_aliases();
		break;
	case 1:
		free_pages_of_array(pages, FRAMES);
		alloc_pages_into(pages, FRAMES / 2, HIGH);
		alloc_pages_into(pages + FRAMES / 2, FRAMES / 2, GFP_KERNEL);
		break;
	default:
		if (!test_below(seed, 4))
			map(pages, seed);
	}
}

static void *work(void *arg)
{
	u64 seed = (u64)(uintptr_t)arg;
	struct page *pages[FRAMES];

	alloc_pages_into(pages, FRAMES, HIGH);
	for (int i = 0; i < TURNS; i++)
		turn(pages, &seed);
	free_pages_of_array(pages, FRAMES);
	__atomic_sub_fetch(&working, 1, __ATOMIC_RELEASE);
	return NULL;
}

static void look(void)
{
	static char text[1 << 16];

	proc_read("vmallocinfo", text, sizeof(text));
	for (int i = 0; i < SHARED; i++) {
		void *p = __atomic_load_n(&shared[i], __ATOMIC_ACQUIRE);
		u64 word;

		if (!p)
			continue;
		/* It may be freed meanwhile: any bytes, and no fault. */
		km_vread((char *)&word, p, sizeof(word));
		is_vmalloc_addr(p);
		vmalloc_to_pfn(p);
	}
}

/* Two threads that take, map, hand over and free, while a third purges, reads
 * and
* ticks. Expect every area its bytes, and all given back. */
static void child_stress(void *arg)
{
	pthread_t threads[WORKERS];
	struct vm_books books;
	unsigned long n = 0;

	parse_args("arena=128M highmem=64M");
	vm_boot("vmalloc.lazy_max=4M", arg);
	vfree(vmalloc(1));
	books = vm_books();
	working = WORKERS;
	for (uintptr_t i = 0; i < WORKERS; i++)
		REQUIRE(!pthread_create(&threads[i], NULL, work,
					(void *)(i * 104729 + 7)));
	while (__atomic_load_n(&working, __ATOMIC_ACQUIRE)) {
		struct timespec pause = { 0, 300000 };

		if (n % 3 == 0)
			vm_purge(VM_PURGE_ALL);
		else if (n % 3 == 1)
			tick_run(n);
		look();
		n++;
		nanosleep(&pause, NULL);
	}
	for (int i = 0; i < WORKERS; i++)
		pthread_join(threads[i], NULL);
	for (int i = 0; i < SHARED; i++)
		give(shared[i]);
	books.mappings += 512; /* places of kmap() stay mapped */
	REQUIRE(vm_books().mappings <= books.mappings);
	books.mappings = frames_charged();
	books.places = vm_places_taken(); /* kmap()'s */
	books.other += 2 * VM_SLAB_SLACK;
	vm_same_books(&books);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		vm_tests(child_stress),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
