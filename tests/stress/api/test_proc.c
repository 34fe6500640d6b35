// SPDX-License-Identifier: MIT
/*
 * test_proc.c - texts are read and written while the library is at work
 */
#include <errno.h>
#include <pthread.h>

#include <kmalloc/kmalloc.h>

#include "kmem/slabinfo.h"
#include "zone/show.h"
#include "diag/proc.h"
#include "slub/sysfs.h"
#include "slub/internal.h"
#include "support/kmtest.h"

#define ROUNDS 150
#define OBJECTS 300

static bool stop;

static void *user(void *arg)
{
	static __thread void *objs[OBJECTS];
	struct kmem_cache *s = arg;

	while (!READ_ONCE(stop)) {
		for (int i = 0; i < OBJECTS; i++)
			objs[i] = kmem_cache_alloc(s, GFP_KERNEL);
		for (int i = 0; i < OBJECTS; i++)
			kmem_cache_free(s, objs[i]);
	}
	return NULL;
}

static void *creator(void *arg)
{
	while (!READ_ONCE(stop)) {
		struct kmem_cache *s = kmem_cache_create("passing", 200, 0, 0,
							 NULL);

		kmem_cache_free(s, kmem_cache_alloc(s, GFP_KERNEL));
		kmem_cache_destroy(s);
	}
	return arg;
}

static void *page_user(void *arg)
{
	static struct page *pages[64];
	uint64_t seed = 99;

	while (!READ_ONCE(stop)) {
		size_t n = test_rand(&seed) % 64;

		if (pages[n])
			__free_pages(pages[n], n % 11);
		pages[n] = pages[n] ? NULL : alloc_pages(GFP_KERNEL, n % 11);
	}
	for (unsigned int n = 0; n < 64; n++)
		if (pages[n])
			__free_pages(pages[n], n % 11);
	return arg;
}

static const struct {
	const char *name;
	int (*show)(struct seq_file *m, const char *path);
	const char *within; /* what is always in it */
} page_texts[] = {
	{ "buddyinfo", buddyinfo_show, ", zone " },
	{ "pagetypeinfo", pagetypeinfo_show, "\nNumber of blocks type " },
	{ "extfrag/unusable_index", unusable_show, ", zone " },
	{ "extfrag/extfrag_index", extfrag_show, ", zone " },
	{ "zoneinfo", zoneinfo_show, "\n  pagesets\n" },
	{ "vmstat", vmstat_show, "\nnr_unstable 0\n" },
	{ "Mem-Info", meminfo_show, " pages RAM\n" },
};

static void read_page_texts(void)
{
	static char text[1 << 15];
	const char *path;

	for (size_t i = 0; i < ARRAY_SIZE(page_texts); i++) {
		const char *name = page_texts[i].name;
		long len = km_proc_read(name, text, sizeof(text));

		assert_ptr_equal(proc_find(name, &path)->show,
				 page_texts[i].show);
		assert_int_equal(len, strlen(text));
		assert_non_null(strstr(text, page_texts[i].within));
	}
}

/* The folder is there, or was a moment ago; each line of it is a file. */
static void read_folder(const char *folder)
{
	static char names[4096], text[4096];
	char name[256];
	long len = km_proc_read(folder, names, sizeof(names));

	if (len == -ENOENT)
		return;
	assert_true(len > 0 && len < (long)sizeof(names));
	for (char *at = strtok(names, "\n"); at; at = strtok(NULL, "\n")) {
		snprintf(name, sizeof(name), "%s%s", folder, at);
		len = km_proc_read(name, text, sizeof(text));
		assert_true(len == -ENOENT || len == (long)strlen(text));
	}
}

static unsigned long number_in(const char *name)
{
	char text[64];

	assert_true(km_proc_read(name, text, sizeof(text)) > 0);
	return strtoul(text, NULL, 10);
}

/* Two threads use a cache, one that keeps track of them; one makes and ends
 * another, one takes pages; all texts are read and the writable ones written.
 * Expect whole texts with possible numbers. */
static void test_while_at_work(void **state)
{
	static char text[1 << 16];
	struct kmem_cache *s, *traced;
	pthread_t threads[5];
	unsigned long cpu_partial;
	const char *path;
	int ret;

	(void)state;
	assert_ptr_equal(proc_find("slab/", &path)->show, slab_show);
	assert_ptr_equal(proc_find("slabinfo", &path)->show, slabinfo_show);
	s = kmem_cache_create("busy", 96, 0, KM_SLAB_ON_SLUB, NULL);
	pthread_create(&threads[0], NULL, user, s);
	pthread_create(&threads[1], NULL, user, s);
	pthread_create(&threads[2], NULL, creator, NULL);
	traced = kmem_cache_create("traced", 96, 0,
				   KM_SLAB_ON_SLUB | SLAB_STORE_USER, NULL);
	pthread_create(&threads[3], NULL, user, traced);
	pthread_create(&threads[4], NULL, page_user, NULL);
	cpu_partial = number_in("slab/busy/cpu_partial"); /* 0 in form 7.0 */
	while (!number_in("slab/traced/slabs"))
		;
	for (int round = 0; round < ROUNDS; round++) {
		assert_true(km_proc_read("slabinfo", text, sizeof(text)) <
			    (long)sizeof(text));
		assert_non_null(strstr(text, "\nbusy "));
		read_page_texts();
		read_folder("slab/busy/");
		if (round % 16 == 0)
			read_folder("slab/traced/");
		read_folder("slab/passing/");
		assert_true(number_in("slab/busy/slabs") < 10000);
		assert_true(number_in("slab/busy/objects") < 1000000);
		assert_int_equal(km_proc_write("slab/busy/shrink", "1"), 0);
		ret = km_proc_write("slab/busy/cpu_partial",
				    round % 2 ? "0" : "120");
		assert_int_equal(ret, round % 2 || cpu_partial ? 0 : -EINVAL);
		assert_int_equal(km_proc_write("slab/busy/min_partial",
					       round % 2 ? "0" : "5"),
				 0);
	}
	WRITE_ONCE(stop, true);
	for (size_t i = 0; i < ARRAY_SIZE(threads); i++)
		pthread_join(threads[i], NULL);
	kmem_cache_shrink(s);
	assert_int_equal(number_in("slab/busy/slabs"), 0);
	assert_int_equal(number_in("slab/busy/total_objects"), 0);
	kmem_cache_destroy(s);
	kmem_cache_destroy(traced);
	km_check();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_while_at_work),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
