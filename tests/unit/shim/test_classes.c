// SPDX-License-Identifier: MIT
/*
 * test_classes.c - the size classes: which there are, and what goes where
 *
 * The program is linked with the shim, so malloc in here is the one under test.
 */
#include <malloc.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kmem/boot.h"
#include "kmem/cache.h"
#include "kmem/region.h"
#include "shim/block.h"
#include "shim/exports.h"
#include "shim/shim.h"
#include "sys/os.h"
#include "support/child.h"

/* Written out by hand, from the drawing in shim.h. */
static const unsigned int sizes[NR_SMALL_CLASSES + 1] = {
	0,     16,    32,    48,    64,	   80,	  96,	 112,	128,
	144,   160,   176,   192,   208,   224,	  240,	 256,	288,
	320,   352,   384,   416,   448,   480,	  512,	 576,	640,
	704,   768,   832,   896,   960,   1024,  1152,	 1280,	1408,
	1536,  1664,  1792,  1920,  2048,  2304,  2560,	 2816,	3072,
	3328,  3584,  3840,  4096,  4608,  5120,  5632,	 6144,	6656,
	7168,  7680,  8192,  9216,  10240, 11264, 12288, 13312, 14336,
	15360, 16384, 18432, 20096, 21504, 23744, 26112, 29056, 32768,
};

static unsigned int index_of(unsigned int class)
{
	return class + (sizes[class] > MAX_UNMARKED ? MARKED_INDEX : 0);
}

/* All classes. Expect the sizes above, under names that say them, and another
 * index for those with marks, but no other slot. */
static void test_table(void **state)
{
	char name[32];

	(void)state;
	for (unsigned int class = 1; class <= NR_SMALL_CLASSES; class ++) {
		const struct kmem_cache *s = shim_cache(class);

		assert_int_equal(s->object_size, sizes[class]);
		assert_int_equal(s->size, sizes[class]);
		assert_int_equal(s->marked, sizes[class] > MAX_UNMARKED);
		assert_int_equal(s->class, index_of(class));
		assert_int_equal(s->slot, class);
		assert_int_equal(index_is_marked(s->class), s->marked);
		snprintf(name, sizeof(name), "malloc-%u", sizes[class]);
		assert_string_equal(s->name, name);
		assert_ptr_equal(kmem_classes[index_of(class)], s);
	}
}

/* Every size up to the largest. Expect the smallest class that holds it. */
static void test_smallest(void **state)
{
	unsigned int class = 1;

	(void)state;
	for (size_t size = 0; size <= MAX_SMALL; size++) {
		if (size > sizes[class])
			class ++;
		assert_int_equal(shim_sizes.class[(size + 15) / 16], class);
		assert_ptr_equal(shim_cache_for(size), shim_cache(class));
	}
	assert_int_equal(class, NR_SMALL_CLASSES);
	assert_int_equal(sizeof(shim_sizes.class), MAX_SMALL / 16 + 1);
}

/* What the fast paths look up. Expect by each size the class that its sixteens
 * have; the bytes of each class without marks, and none of other indices. */
static void test_fast_tables(void **state)
{
	(void)state;
	assert_int_equal(sizeof(shim_sizes.fine), MAX_FINE + 1);
	for (size_t size = 0; size <= MAX_FINE; size++)
		assert_int_equal(shim_sizes.fine[size],
				 shim_sizes.class[(size + 15) / 16]);
	for (unsigned int class = 1; class <= NR_SMALL_CLASSES; class ++)
		assert_non_null(shim_cache(class));
	for (unsigned int index = 0; index < NR_INDICES; index++) {
		bool class = index && index < FIRST_MARKED;

		assert_int_equal(shim_sizes.room[index],
				 class ? sizes[index] : 0);
	}
}

/* Sizes of 128 bytes and more. Expect less than an eighth of a block unused, as
 * eight steps to a doubling promise, and those above 16 KiB. */
static void test_waste(void **state)
{
	(void)state;
	for (size_t size = 129; size <= MAX_SMALL; size++) {
		size_t got = shim_cache_for(size)->object_size;

		assert_true((got - size) * 8 < got);
	}
}

/* Objects of each class. Expect every one aligned to the lowest set bit of its
 * size. */
static void test_alignment(void **state)
{
	void *p[100];

	(void)state;
	for (unsigned int class = 1; class <= NR_SMALL_CLASSES; class ++) {
		size_t size = sizes[class];

		for (unsigned int i = 0; i < ARRAY_SIZE(p); i++) {
			p[i] = malloc(size);
			assert_non_null(p[i]);
			assert_int_equal((uintptr_t)p[i] % (size & -size), 0);
		}
		for (unsigned int i = 0; i < ARRAY_SIZE(p); i++)
			free(p[i]);
	}
}

/* Slabs of each class. Expect the sizes that classes.c says, at least, orders
 * of 3, 5 and 6 at most by the size of an object, and 1/28 unused at most; a
 * node to keep 64 KiB of empty ones, or one. */
static void test_slabs(void **state)
{
	(void)state;
	for (unsigned int class = 1; class <= NR_SMALL_CLASSES; class ++) {
		const struct kmem_cache *s = shim_cache(class);
		size_t bytes = PAGE_SIZE << s->oo_order;
		size_t used = (size_t)s->oo_objects * s->size;

		assert_true(bytes >= (s->size <= 32 ? 8192 : 16384));
		if (s->size > 128 && s->size <= 1024)
			assert_true(bytes >= 32768);
		assert_in_range(s->oo_order, 1,
				s->size <= 1024 ? 3 :
				s->size <= 8192 ? 5 :
						  6);
		assert_true(used <= bytes);
		assert_true((bytes - used) * 28 <= bytes);
		assert_true(s->min_partial * bytes <= max(bytes, 64UL << 10));
	}
}

/* The classes on SLUB. Expect a sheaf of a thread among others to hold 16 KiB,
 * or one object, at most, and a barn 64 or 32 KiB, or one sheaf. CPUs hold
 * slabs up to 128 bytes. */
static void test_held(void **state)
{
	(void)state;
	for (unsigned int class = 1; class <= NR_SMALL_CLASSES; class ++) {
		const struct kmem_cache *s = shim_cache(class);
		size_t sheaf = (size_t)s->sheaf_capacity * s->size;
		size_t barn = s->barn_most * sheaf;

		if (strcmp(s->ops->name, "slub"))
			continue;
		assert_true(sheaf <= max(16384UL, (size_t)s->size));
		assert_true(barn <=
			    max(s->size < 1024 ? 65536UL : 32768UL, sheaf));
		if (s->size >= 576)
			assert_int_equal(s->sheaf_alone, s->size < 1024 ? 28 :
							 s->size < 4096 ? 12 :
									  4);
		if (s->size > 128)
			assert_null(s->cpu_slab);
	}
	if (!strcmp(shim_cache(1)->ops->name, "slub"))
		assert_true(!shim_cache(1)->cpu_slab ==
			    !strcmp(shim_cache(1)->ops->form, "7.0"));
}

/* malloc at both sides of every class. Expect usable what the class has. */
static void test_boundaries(void **state)
{
	(void)state;
	for (unsigned int class = 1; class <= NR_SMALL_CLASSES; class ++) {
		void *first = malloc(sizes[class - 1] + 1);
		void *last = malloc(sizes[class]);

		assert_int_equal(malloc_usable_size(first), sizes[class]);
		assert_int_equal(malloc_usable_size(last), sizes[class]);
		assert_ptr_equal(shim_cache_of(first), shim_cache(class));
		assert_ptr_equal(shim_cache_of(last), shim_cache(class));
		free(first);
		free(last);
	}
}

/* The start, once more. Expect 0, and nothing made again. */
static void test_boot_again(void **state)
{
	const struct kmem_cache *s = kmem_classes[1];

	(void)state;
	assert_true(km_ready());
	assert_int_equal(shim_boot(), 0);
	assert_ptr_equal(kmem_classes[1], s);
	assert_ptr_equal(shim_cache(1), s);
}

/* ---- bounds of the fast paths -------------------------------------------- */

/* Names that lead here before the start, by constructors, and after it. Expect
 * the bounds of free_sized() and operator new to be open then. */
static void child_bounds(void *arg)
{
	(void)arg;
	REQUIRE(shim_sizes.fine_thread == MAX_FINE + 1);
	REQUIRE(shim_sizes.fine_sized == MAX_FINE + 1);
	REQUIRE(shim_sizes.fine_new == MAX_FINE + 1);
	shim_sizes.fine_sized = shim_sizes.fine_new = 0;
	shim_new_is_ours();
	REQUIRE(shim_sizes.fine_new == MAX_FINE + 1 && !shim_sizes.fine_sized);
	shim_names_are_ours();
	REQUIRE(shim_sizes.fine_sized == MAX_FINE + 1);
}

static void test_bounds(void **state)
{
	struct child_end end;

	(void)state;
	child_run(child_bounds, NULL, &end);
	expect_quiet(&end);
}

/* ---- made at first use --------------------------------------------------- */

#define LARGE_CLASS 70
#define LARGE_BYTES 29000 /* a size that no test framework asks for */

/* The number of classes that have a cache. */
static unsigned int made(void)
{
	unsigned int nr = 0;

	for (unsigned int class = 1; class <= NR_SMALL_CLASSES; class ++)
		nr += shim_cache_made(class) != NULL;
	return nr;
}

/* A block of a class that was not used before. Expect its cache to be made, no
 * other, and no second time. */
static void child_first_use(void *arg)
{
	unsigned int before = made();
	struct kmem_cache *s;
	void *p;

	(void)arg;
	REQUIRE(before < NR_SMALL_CLASSES / 2);
	REQUIRE(!shim_cache_made(LARGE_CLASS) &&
		!kmem_classes[index_of(LARGE_CLASS)]);
	p = malloc(LARGE_BYTES);
	s = shim_cache_made(LARGE_CLASS);
	REQUIRE(p && s && shim_cache_of(p) == s && made() == before + 1);
	REQUIRE(shim_cache(LARGE_CLASS) == s);
	REQUIRE(shim_has_cache(s) && !shim_has_cache(s - LARGE_CLASS));
	REQUIRE(!shim_has_cache(s + NR_SMALL_CLASSES + 1 - LARGE_CLASS));
	free(p);
}

/* No memory for the cache of a class. Expect no crash, no cache, and its cache
 * when there is memory again. */
static void child_no_memory(void *arg)
{
	void *p;

	(void)arg;
	os_fail_calls(1, ~0UL);
	while (region_alloc(REGION_UNIT))
		;
	for (unsigned int class = 1; class <= NR_SMALL_CLASSES; class ++)
		if (!shim_cache_made(class)) {
			p = malloc(sizes[class]);
			free(p);
			p = memalign(64, sizes[class]);
			free(p);
			malloc_good_size(sizes[class]);
		}
	REQUIRE(!shim_cache_made(LARGE_CLASS));
	malloc_stats();
	os_fail_calls(0, 0);
	p = malloc(LARGE_BYTES);
	REQUIRE(p && shim_cache_of(p) == shim_cache_made(LARGE_CLASS));
	free(p);
	km_check_all();
}

/* mallopt(M_PERTURB) before a class is used, and while its cache cannot be
 * made. Expect blocks of it to be filled in either case. */
static void child_perturb(void *arg)
{
	unsigned char *p;

	if (arg) {
		os_fail_calls(1, ~0UL);
		while (region_alloc(REGION_UNIT))
			;
	}
	mallopt(M_PERTURB, 0x55);
	REQUIRE(!arg == !!shim_cache_made(LARGE_CLASS));
	os_fail_calls(0, 0);
	p = malloc(LARGE_BYTES);
	REQUIRE(p && shim_cache_of(p) && p[100] == 0xaa);
	free(p);
}

static void test_perturb_short(void **state)
{
	struct child_end end;

	(void)state;
	child_run(child_perturb, &(int){ 1 }, &end);
	expect_success(&end);
}

static int ready;

static void *use_all(void *arg)
{
	(void)arg;
	for (int class = 1; class <= NR_SMALL_CLASSES; class ++) {
		char *p;

		__atomic_add_fetch(&ready, 1, __ATOMIC_RELAXED);
		for (int i = 1; READ_ONCE(ready) < 2 * class; i++)
			if (i % 10000 == 0)
				sched_yield();
		p = malloc(sizes[class]);
		REQUIRE(p);
		memset(p, 1, sizes[class]);
		free(p);
	}
	return NULL;
}

/* Two threads use each class at once. Expect each cache once on the list. */
static void child_threads(void *arg)
{
	unsigned int listed = 0;
	struct kmem_cache *s;
	pthread_t t[2];

	(void)arg;
	for (int i = 0; i < 2; i++)
		REQUIRE(!pthread_create(&t[i], NULL, use_all, NULL));
	for (int i = 0; i < 2; i++)
		pthread_join(t[i], NULL);
	list_for_each_entry(s, &slab_caches, list)
		listed += shim_has_cache(s);
	REQUIRE(listed == NR_SMALL_CLASSES && made() == NR_SMALL_CLASSES);
	km_check_all();
}

static void *use_large(void *arg)
{
	while (!__atomic_load_n(&ready, __ATOMIC_ACQUIRE))
		;
	free(malloc(LARGE_BYTES));
	return arg;
}

/* A class is used while a thread makes the cache of another. Expect it to wait
 * for that. */
static void child_waits(void *arg)
{
	pthread_t t;

	(void)arg;
	REQUIRE(!pthread_create(&t, NULL, use_large, NULL));
	spin_lock(&kmem_class_lock);
	__atomic_store_n(&ready, 1, __ATOMIC_RELEASE);
	usleep(50000);
	REQUIRE(!shim_cache_made(LARGE_CLASS));
	spin_unlock(&kmem_class_lock);
	pthread_join(t, NULL);
	REQUIRE(shim_cache_made(LARGE_CLASS));
}

static u8 let_go;

static void *hold_lock(void *arg)
{
	spin_lock(&kmem_class_lock);
	__atomic_store_n(&ready, 1, __ATOMIC_RELEASE);
	usleep(50000);
	__atomic_store_n(&let_go, 1, __ATOMIC_RELEASE);
	spin_unlock(&kmem_class_lock);
	return arg;
}

/* A thread makes a cache while another forks. Expect fork to wait for it. */
static void child_fork(void *arg)
{
	pthread_t t;
	pid_t pid;
	int status;

	(void)arg;
	REQUIRE(!pthread_create(&t, NULL, hold_lock, NULL));
	while (!__atomic_load_n(&ready, __ATOMIC_ACQUIRE))
		;
	pid = fork();
	REQUIRE(pid >= 0 && __atomic_load_n(&let_go, __ATOMIC_ACQUIRE));
	if (!pid)
		_exit(!malloc(LARGE_BYTES));
	REQUIRE(waitpid(pid, &status, 0) == pid && !status);
	pthread_join(t, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		child_test(child_first_use),
		child_test(child_no_memory),
		child_test(child_perturb),
		cmocka_unit_test(test_perturb_short),
		child_test(child_threads),
		child_test(child_waits),
		child_test(child_fork),
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_smallest),
		cmocka_unit_test(test_fast_tables),
		cmocka_unit_test(test_bounds),
		cmocka_unit_test(test_waste),
		cmocka_unit_test(test_alignment),
		cmocka_unit_test(test_slabs),
		cmocka_unit_test(test_held),
		cmocka_unit_test(test_boundaries),
		cmocka_unit_test(test_boot_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
