// SPDX-License-Identifier: MIT
/*
 * test_traces.c - slab/<cache>/alloc_traces and free_traces
 */
#include <errno.h>
#include <pthread.h>
#include <sys/syscall.h>

#include "diag/proc.h"
#include "fixture.h"
#include "slub/debug.h"
#include "slub/sysfs.h"

static struct kmem_cache *s;
static void *objs[200];
static char text[1 << 16];

static const char *traces(const char *which)
{
	char name[64];
	const char *path;
	long len;

	assert_ptr_equal(proc_find("slab/", &path)->show, slab_show);
	snprintf(name, sizeof(name), "slab/traced/%s_traces", which);
	len = proc_read(name, text, sizeof(text));
	assert_true(len > 0 && len < (long)sizeof(text));
	return text;
}

static int setup(void **state)
{
	(void)state;
	s = kmem_cache_create("traced", 100, 0, SLAB_STORE_USER, NULL);
	assert_non_null(s);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(objs); i++) {
		kmem_cache_free(s, objs[i]);
		objs[i] = NULL;
	}
	kmem_cache_destroy(s);
	return 0;
}

static noinline void take_here(size_t from, size_t nr)
{
	for (size_t i = from; i < from + nr; i++)
		objs[i] = kmem_cache_alloc(s, GFP_KERNEL);
}

static noinline void take_there(size_t from, size_t nr)
{
	for (size_t i = from; i < from + nr; i++)
		objs[i] = kmem_cache_alloc(s, GFP_KERNEL);
}

static noinline void give_here(size_t from, size_t nr)
{
	for (size_t i = from; i < from + nr; i++) {
		kmem_cache_free(s, objs[i]);
		objs[i] = NULL;
	}
}

/* The line that begins so; what is behind that. */
static const char *after(const char *beginning)
{
	const char *at = strstr(text, beginning);

	if (!at)
		fail_msg("no \"%s\" in:\n%s", beginning, text);
	return at + strlen(beginning);
}

/* Nothing is in use. Expect "No data" in both. */
static void test_empty(void **state)
{
	(void)state;
	assert_string_equal(traces("alloc"), "No data\n");
	take_here(0, 3);
	give_here(0, 3);
	assert_string_equal(traces("free"), "No data\n");
}

/* Two places hold objects. Expect the one with more first, with its count,
 * name, age, thread, CPU, and its stack below, ended by an empty line. */
static void test_alloc(void **state)
{
	const char *at, *first, *second;
	char expected[128], cpus[32] = "";

	(void)state;
	take_here(0, 30);
	take_there(30, 70);
	give_here(0, 5);
	traces("alloc");
	first = after("     70 take_there+0x");
	second = after("\n     25 take_here+0x");
	assert_true(first < second);
	assert_int_equal(strncmp(text, "     70 take_there+0x", 21), 0);
	at = strchr(first, ' ');
	assert_int_equal(strncmp(at, " age=", 5), 0);
	at = strstr(at, " pid=");
	if (nr_cpu_ids > 1)
		snprintf(cpus, sizeof(cpus), " cpus=%u", smp_cpu());
	snprintf(expected, sizeof(expected),
		 " pid=%ld%s\n        take_there+0x", syscall(SYS_gettid),
		 cpus);
	assert_int_equal(strncmp(at, expected, strlen(expected)), 0);
	assert_non_null(strstr(at, "        test_alloc+0x"));
	at = strstr(at, "\n\n");
	assert_ptr_equal(at + strlen("\n\n     25 take_here+0x"), second);
	assert_string_equal(text + strlen(text) - 2, "\n\n");
}

/* Objects are freed and taken again. Expect free_traces to have, of those in
 * use, the call that freed them before, and of the others that it is not
 * known. */
static void test_freed(void **state)
{
	(void)state;
	take_here(0, 10);
	give_here(0, 4);
	take_there(0, 4);
	traces("free");
	after("      6 <not-available> age=0 pid=0");
	after("      4 give_here+0x");
}

/*
 * Objects allocated with __GFP_NOTRACK among others. Expect only the others in
 * alloc_traces, and no caller for the former in any report.
 */
static void test_notrack(void **state)
{
	(void)state;
	take_here(0, 4);
	for (size_t i = 4; i < 10; i++)
		objs[i] = kmem_cache_alloc(s, GFP_KERNEL | __GFP_NOTRACK);
	traces("alloc");
	after("      4 take_here+0x");
	assert_null(strstr(text, "test_notrack+0x0/"));
	assert_null(strstr(text, "<not-available>"));
	assert_null(strstr(text, "      6 "));
	assert_int_equal(get_track(s, objs[4], TRACK_ALLOC)->addr, 0);
	assert_int_equal(get_track(s, objs[4], TRACK_ALLOC)->handle, 0);
}

static void *take_in_thread(void *arg)
{
	take_here(50, 5);
	return arg;
}

static void run_thread(void)
{
	pthread_t thread;

	assert_int_equal(pthread_create(&thread, NULL, take_in_thread, NULL),
			 0);
	pthread_join(thread, NULL);
}

/* One stack at two times, another thread's stack. Expect three ages with the
 * least and the most, and a location for each stack. */
static void test_ages(void **state)
{
	unsigned long least, mean, most;
	struct track *track;
	char pids[64];

	(void)state;
	take_here(0, 4);
	track = get_track(s, objs[0], TRACK_ALLOC);
	track->when -= 5000;
	track->pid += 7;
	run_thread();
	traces("alloc");
	assert_int_equal(sscanf(strstr(text, "      4 take_here+0x"),
				"%*d %*s age=%lu/%lu/%lu", &least, &mean,
				&most),
			 3);
	assert_true(most >= 5000 && most < 15000 && least < 5000);
	assert_true(mean >= 1250 && mean < 10000);
	after("      5 take_here+0x");
	snprintf(pids, sizeof(pids), " pid=%d-%d", track->pid - 7, track->pid);
	after(pids);
}

/*
 * kmalloc caches keep the requested size. Expect the bytes that were not
 * requested, of all objects and of one.
 */
static void test_waste(void **state)
{
	(void)state;
	kmem_cache_destroy(s);
	s = kmem_cache_create("traced", 128, 0, SLAB_STORE_USER | SLAB_KMALLOC,
			      NULL);
	take_here(0, 3);
	for (size_t i = 0; i < 3; i++)
		set_orig_size(s, objs[i], 100);
	assert_non_null(strstr(traces("alloc"), " waste=84/28 age="));
	assert_null(strstr(traces("free"), "waste"));
}

/* More places than the first table holds. Expect every one. */
static void test_many(void **state)
{
	static void *many[3000];
	static char huge[1 << 20];
	unsigned long lines = 0;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(many); i++) {
		many[i] = kmem_cache_alloc(s, GFP_KERNEL);
		get_track(s, many[i], TRACK_ALLOC)->addr = 16 + i;
		get_track(s, many[i], TRACK_ALLOC)->handle = 0;
	}
	assert_true(proc_read("slab/traced/alloc_traces", huge, sizeof(huge)) <
		    (long)sizeof(huge));
	for (char *at = huge; (at = strstr(at, "      1 0x")); at++)
		lines++;
	assert_int_equal(lines, ARRAY_SIZE(many));
	for (size_t i = 0; i < ARRAY_SIZE(many); i++)
		kmem_cache_free(s, many[i]);
}

/* A damaged free list. Expect a text all the same. */
static void test_damaged(void **state)
{
	struct slab *slab;
	void *head;

	(void)state;
	take_here(0, 3);
	slab = virt_to_slab(objs[0]);
	head = slab->state.freelist;
	slab->state.freelist = (char *)head + 1;
	traces("alloc");
	after(" take_here+0x");
	slab->state.freelist = head;
	traces("alloc");
	after("      3 take_here+0x");
}

/* A cache that does not keep track of users. Expect no such file; and the
 * files listed, and read only, where there are. */
static void test_files(void **state)
{
	struct kmem_cache *plain;

	(void)state;
	plain = kmem_cache_create("untraced", 100, 0, SLAB_NO_MERGE, NULL);
	assert_int_equal(proc_read("slab/untraced/alloc_traces", NULL, 0),
			 -ENOENT);
	proc_read("slab/untraced/", text, sizeof(text));
	assert_null(strstr(text, "traces"));
	proc_read("slab/traced/", text, sizeof(text));
	assert_non_null(strstr(text, "\nalloc_traces\nfree_traces\n"));
	assert_int_equal(proc_write("slab/traced/alloc_traces", "1"), -EACCES);
	kmem_cache_destroy(plain);
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_empty),   TEST(test_alloc), TEST(test_freed),
		TEST(test_ages),    TEST(test_waste), TEST(test_many),
		TEST(test_damaged), TEST(test_files), TEST(test_notrack),
	};

	return cmocka_run_group_tests(tests, slub_start, NULL);
}
