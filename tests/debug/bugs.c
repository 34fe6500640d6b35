// SPDX-License-Identifier: MIT
/*
 * debug/bugs.c - one bug a run, in a program without frame pointers
 *
 *	bugs CASE
 *
 * Built with -O2 -fomit-frame-pointer, without exported symbols. Each case has
 * a function that allocates, one that frees, and one of its own name, which
 * are what a report must name. Expect the program to get to its end, for a
 * report is all that slab_debug does.
 */
#include "support/program.h"

#include <pthread.h>

#define KEEP() __asm__ volatile("" ::: "memory")

__attribute__((noinline)) static char *get_block(size_t size)
{
	char *p = hide(malloc(size));

	REQUIRE(p, "no memory");
	KEEP();
	return p;
}

__attribute__((noinline)) static void put_block(void *p)
{
	free(p);
	KEEP();
}

/* A byte behind what was asked for, inside the size class. */
__attribute__((noinline)) static void overflow(void)
{
	char *p = get_block(60);

	p[60] = 'A';
	put_block(p);
	KEEP();
}

/* A byte behind the size class. */
__attribute__((noinline)) static void overflow_class(void)
{
	char *p = get_block(64);

	p[64] = 'A';
	put_block(p);
	KEEP();
}

__attribute__((noinline)) static void underflow(void)
{
	char *p = get_block(64);

	p[-1] = 'A';
	put_block(p);
	KEEP();
}

/* Written after it was freed; found when it is handed out again. */
__attribute__((noinline)) static void use_after_free(void)
{
	char *p = get_block(100);

	put_block(p);
	p[10] = 'B';
	put_block(get_block(100));
	KEEP();
}

/* The same, without another allocation: found at the end of the process. */
__attribute__((noinline)) static void late_use_after_free(void)
{
	char *p = get_block(100);

	put_block(p);
	p[10] = 'B';
	KEEP();
}

__attribute__((noinline)) static void double_free(void)
{
	char *p = get_block(200);

	put_block(p);
	put_block(p);
	KEEP();
}

/* Not the last one freed, and freed by another function. */
__attribute__((noinline)) static void double_free_later(void)
{
	char *p[20];

	for (int i = 0; i < 20; i++)
		p[i] = get_block(48);
	for (int i = 0; i < 20; i++)
		put_block(p[i]);
	free(hide(p[3]));
	KEEP();
}

__attribute__((noinline)) static void free_inside(void)
{
	char *p = get_block(200);

	put_block(p + 16);
	put_block(p + 1);
	put_block(p);
	KEEP();
}

__attribute__((noinline)) static void realloc_freed(void)
{
	char *p = get_block(200), *q;

	put_block(p);
	q = hide(realloc(p, 205));
	REQUIRE(q, "no block");
	put_block(q);
	KEEP();
}

__attribute__((noinline)) static void realloc_overflow(void)
{
	char *p = get_block(40);

	p = hide(realloc(p, 41));
	p[41] = 'C';
	put_block(p);
	KEEP();
}

__attribute__((noinline)) static void calloc_overflow(void)
{
	char *p = hide(calloc(3, 7));

	REQUIRE(first_nonzero(p, 21) == 21, "not zero");
	p[21] = 'C';
	put_block(p);
	KEEP();
}

__attribute__((noinline)) static void aligned_overflow(void)
{
	char *p = hide(aligned_alloc(128, 130));

	REQUIRE((uintptr_t)p % 128 == 0, "not aligned");
	p[130] = 'C';
	put_block(p);
	KEEP();
}

__attribute__((noinline)) static void *free_it(void *p)
{
	free(p);
	KEEP();
	return NULL;
}

/* Freed by a thread, and again by this one. */
__attribute__((noinline)) static void double_free_thread(void)
{
	char *p = get_block(200);
	pthread_t t;

	REQUIRE(!pthread_create(&t, NULL, free_it, p), "no thread");
	pthread_join(t, NULL);
	put_block(p);
	KEEP();
}

/* The same with a block of pages; with page_poison, or debug_pagealloc. */
__attribute__((noinline)) static void pages_use_after_free(void)
{
	char *p = get_block(100000);

	put_block(p);
	memcpy(p + 50000, "after free", 10);
	for (int i = 0; i < 64; i++) /* it may be part of any free block now */
		get_block(100000);
	KEEP();
}

/* More than there is, in blocks that no slab holds: oom=abort has a say. */
static void out_of_memory(void)
{
	while (get_block(100000))
		;
}

/* More than there can ever be. It has none. */
static void out_of_memory_huge(void)
{
	CHECK(!malloc(1UL << 40), "1 TiB of 32 MiB");
	KEEP();
}

/* Memory that is not zero when the next owner gets it. */
static void init_on_alloc(void)
{
	static const size_t sizes[] = { 16, 100, 5000, 30000, 100000, 6000000 };

	for (unsigned int i = 0; i < ARRAY_SIZE(sizes); i++) {
		for (int round = 0; round < 3; round++) {
			char *p = get_block(sizes[i]);

			REQUIRE(first_nonzero(p, sizes[i]) == sizes[i],
				"not zero");
			memset(p, 1, sizes[i]);
			put_block(p);
		}
	}
}

/* Programs that do what they may. */
static void clean(void)
{
	uint64_t seed = 1;
	char *p[500] = { NULL };

	for (int i = 0; i < 20000; i++) {
		size_t n = test_rand(&seed) % 500;
		size_t size = test_rand(&seed) % 40000;

		if (i % 3 == 0) {
			free(p[n]);
			p[n] = malloc(size);
		} else if (i % 3 == 1) {
			p[n] = realloc(p[n], size + 1);
		} else {
			size = malloc_usable_size(p[n]);
		}
		if (p[n])
			memset(p[n], (int)i, i % 3 == 1 ? size + 1 : size);
	}
	for (int n = 0; n < 500; n++)
		free(p[n]);
}

static const struct kt_case cases[] = {
	{ "overflow", overflow },
	{ "overflow_class", overflow_class },
	{ "underflow", underflow },
	{ "use_after_free", use_after_free },
	{ "late_use_after_free", late_use_after_free },
	{ "double_free", double_free },
	{ "double_free_later", double_free_later },
	{ "free_inside", free_inside },
	{ "realloc_freed", realloc_freed },
	{ "realloc_overflow", realloc_overflow },
	{ "calloc_overflow", calloc_overflow },
	{ "aligned_overflow", aligned_overflow },
	{ "double_free_thread", double_free_thread },
	{ "pages_use_after_free", pages_use_after_free },
	{ "init_on_alloc", init_on_alloc },
	{ "out_of_memory", out_of_memory },
	{ "out_of_memory_huge", out_of_memory_huge },
	{ "clean", clean },
};

int main(int argc, char **argv)
{
	REQUIRE(argc == 2, "usage: bugs CASE");
	return kt_run(cases, ARRAY_SIZE(cases), argc, argv);
}
