// SPDX-License-Identifier: MIT
/*
 * test_vmalloc_model.c - vmalloc space at random against a list of what is live
 *
 * Every page of an area carries a word that names it and the area; frames that
 * are mapped by several are written through one and read through another.
 */
#include "support/vmtest.h"

#define SLOW (KM_CHECK || KM_SANITIZE_THREAD || KM_SANITIZE_ADDRESS)
#define OPERATIONS (SLOW ? 60000 : 1000000)
#define CHECKS (SLOW ? 5000 : 20000) /* operations between two checks */
#define HIGH (GFP_KERNEL | __GFP_HIGHMEM | __GFP_NOWARN)
#define LIVE 64
#define FRAMES 128

enum kind { NOTHING, VMALLOC, VMAP, VM_RAM_PAGES };

struct live {
	enum kind kind;
	char *at;
	unsigned long nr; /* pages */
	size_t size; /* bytes asked for */
	u64 stamp;
	struct page **pages; /* of vmap(): where in `frames` it begins */
};

static struct live live[LIVE];
static struct page *frames[FRAMES];
static u64 words[FRAMES]; /* what each of them holds */
static u64 seed;
static unsigned long failed;

static void check_frame(const struct live *a, unsigned long n)
{
	REQUIRE(*(u64 *)(a->at + n * PAGE_SIZE) ==
		words[a->pages - frames + n]);
}

static void check_one(const struct live *a)
{
	unsigned long n = test_below(&seed, a->nr);

	if (a->kind == VMALLOC)
		REQUIRE(*(u64 *)(a->at + n * PAGE_SIZE) == a->stamp + n);
	else
		check_frame(a, n);
	REQUIRE(find_vm_area(a->at) && is_vmalloc_addr(a->at));
}

static void op_vmalloc(struct live *a)
{
	size_t most = test_below(&seed, 50) ? 6 : 200;
	size_t size = test_below(&seed, most * PAGE_SIZE) + 1;
	gfp_t gfp = test_below(&seed, 4) ? HIGH : GFP_KERNEL | __GFP_NOWARN;
	size_t align = 1;

	if (!test_below(&seed, 6))
		align = PAGE_SIZE << test_below(&seed, 6);
	if (!test_below(&seed, 3))
		gfp |= __GFP_ZERO;
	a->at = __vmalloc_node(size, align, gfp, NUMA_NO_NODE, NULL);
	if (!a->at) {
		failed++;
		return;
	}
	REQUIRE(!((uintptr_t)a->at & (align - 1)));
	a->kind = VMALLOC;
	a->size = size;
	a->nr = PAGE_ALIGN(size) >> PAGE_SHIFT;
	a->stamp = test_rand(&seed);
	if (gfp & __GFP_ZERO)
		for (unsigned long n = 0; n < a->nr; n++)
			REQUIRE(!*(u64 *)(a->at + n * PAGE_SIZE));
	stamp_pages(a->at, a->nr, a->stamp);
}

static void op_map(struct live *a, enum kind kind)
{
	unsigned long most = test_below(&seed, 100) ? 4 : 80;
	unsigned int nr = (unsigned int)test_below(&seed, most) + 1;

	a->pages = frames + test_below(&seed, FRAMES - nr + 1);
	a->at = kind == VMAP ? vmap(a->pages, nr, VM_MAP, PAGE_KERNEL) :
			       vm_map_ram(a->pages, nr, NUMA_NO_NODE);
	REQUIRE(a->at);
	a->kind = kind;
	a->nr = nr;
}

static void op_free(struct live *a)
{
	check_one(a);
	if (a->kind == VMALLOC && test_below(&seed, 20))
		vfree(a->at);
	else if (a->kind == VMALLOC)
		vfree_atomic(a->at);
	else if (a->kind == VMAP)
		vunmap(a->at);
	else
		vm_unmap_ram(a->at, (unsigned int)a->nr);
	a->kind = NOTHING;
}

static void op_resize(struct live *a)
{
	size_t size = test_below(&seed, 8 * PAGE_SIZE) + 1;
	unsigned long nr = PAGE_ALIGN(size) >> PAGE_SHIFT;
	char *p = vrealloc(a->at, size, GFP_KERNEL | __GFP_NOWARN);
	size_t kept = min(size, a->size);

	if (!p)
		return;
	/* Words that are whole in what is kept. */
	if (kept >= sizeof(u64))
		REQUIRE(has_stamp(p, (kept - sizeof(u64)) / PAGE_SIZE + 1,
				  a->stamp));
	a->at = p;
	a->size = size;
	a->nr = nr;
	stamp_pages(p, a->nr, a->stamp);
}

/* A word of a frame, through whatever maps it. */
static void op_write(struct live *a)
{
	unsigned long n = test_below(&seed, a->nr);
	u64 word = test_rand(&seed);

	if (a->kind == VMALLOC)
		return;
	check_frame(a, n);
	*(u64 *)(a->at + n * PAGE_SIZE) = word;
	words[a->pages - frames + n] = word;
}

static void op_kmap(void)
{
	unsigned long n = test_below(&seed, FRAMES);
	u64 *p = kmap(frames[n]);

	REQUIRE(p && *p == words[n]);
	*p = words[n] = test_rand(&seed);
	kunmap(frames[n]);
}

static void step(void)
{
	struct live *a = &live[test_below(&seed, LIVE)];
	unsigned long what = test_below(&seed, 24);

	if (what == 23 && !test_below(&seed, 100))
		vm_unmap_aliases();
	else if (what == 22 && !test_below(&seed, 100))
		tick_run(test_rand(&seed));
	else if (what >= 20)
		op_kmap();
	else if (a->kind != NOTHING && what < 14)
		op_write(a);
	else if (a->kind == VMALLOC && what < 16)
		op_resize(a);
	else if (a->kind != NOTHING)
		op_free(a);
	else if (what < 12)
		op_vmalloc(a);
	else
		op_map(a, what < 15 ? VMAP : VM_RAM_PAGES);
}

static void check_all(void)
{
	for (int i = 0; i < LIVE; i++)
		if (live[i].kind != NOTHING)
			check_one(&live[i]);
	for (int i = 0; i < FRAMES; i++)
		if (!frame_is_highmem(frames[i]))
			REQUIRE(*(u64 *)page_address(frames[i]) == words[i]);
	vm_check_rooms();
}

static void run(const char *backend)
{
	struct vm_books books;

	seed = 88172645463325252ULL;
	vfree(vmalloc(1));
	for (int i = 0; i < FRAMES; i++) {
		frames[i] = alloc_page(i / 16 % 3 ? HIGH : GFP_KERNEL);
		REQUIRE(frames[i]);
	}
	for (int i = 0; i < FRAMES; i++) {
		*(u64 *)kmap(frames[i]) = words[i] = test_rand(&seed);
		kunmap(frames[i]);
	}
	vunmap(vmap(frames, FRAMES, VM_MAP, PAGE_KERNEL));
	books = vm_books();
	for (unsigned long i = 1; i <= OPERATIONS / 3; i++) {
		step();
		if (i % CHECKS == 0)
			check_all();
	}
	for (int i = 0; i < LIVE; i++)
		if (live[i].kind != NOTHING)
			op_free(&live[i]);
	vfree(vmalloc(1)); /* what was left by vfree_atomic() */
	books.other += 3 * VM_SLAB_SLACK; /* slabs, where all is of one zone */
	if (strcmp(backend, "no highmem"))
		vm_same_books(&books);
	free_pages_of_array(frames, FRAMES);
	vm_books();
}

/* A zone of HighMem and one of Normal, 16 MiB each. Expect every word in its
 * place, every structure sound, and all given back. */
static void child_highmem(void *arg)
{
	pin_to_first_cpu();
	parse_args("arena=32M highmem=16M");
	vm_boot("vmalloc.lazy_max=2M", arg);
	run(arg);
}

/* The same with no HighMem: every frame has an address too. */
static void child_no_highmem(void *arg)
{
	(void)arg;
	pin_to_first_cpu();
	parse_args("arena=48M");
	vm_boot("vmalloc.lazy_max=2M", "");
	run("no highmem");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		vm_tests(child_highmem),
		child_test(child_no_highmem),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
