// SPDX-License-Identifier: MIT
/*
 * test_sysfs.c - slab/<cache>/<file>, and what slabinfo says of SLUB caches
 */
#include <errno.h>

#include "kmem/slab_ops.h"
#include "kmem/slabinfo.h"
#include "zone/vmstat.h"
#include "diag/proc.h"
#include "kmem/stat.h"
#include "slub/sysfs.h"
#include "fixture.h"
#include "slub/debug.h"

static int setup(void **state)
{
	const char *path;

	(void)state;
	assert_ptr_equal(proc_find("slab/", &path)->show, slab_show);
	assert_ptr_equal(proc_find("slabinfo", &path)->show, slabinfo_show);
	fixture_open(1024, 0, NULL);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	fixture_close();
	return 0;
}

static const char *file_of(const char *cache, const char *file)
{
	static char text[4096];
	char name[256];
	long len;

	snprintf(name, sizeof(name), "slab/%s/%s", cache, file);
	len = proc_read(name, text, sizeof(text));
	assert_int_equal(len, strlen(text));
	return text;
}

static int store_to(const char *cache, const char *file, const char *text)
{
	char full[256];

	snprintf(full, sizeof(full), "slab/%s/%s", cache, file);
	return proc_write(full, text);
}

static const char *file(const char *name)
{
	return file_of("fixture", name);
}

static int store(const char *name, const char *text)
{
	return store_to("fixture", name, text);
}

/* The row of the fixture in slabinfo must be this. */
static void expect_row(const char *expected)
{
	static char text[1 << 16];
	const char *row;

	assert_true(proc_read("slabinfo", text, sizeof(text)) > 0);
	row = strstr(text, "\nfixture ");
	assert_non_null(row);
	if (strncmp(row + 1, expected, strlen(expected)))
		fail_msg("%.150s", row + 1);
}

static void with_ctor(void *obj)
{
	memset(obj, 1, 8);
}

/* What does not change in a cache's life. Expect the kernel's numbers. */
static void test_constants(void **state)
{
	struct kmem_cache *s;

	(void)state;
	assert_string_equal(file("slab_size"), "1024\n");
	assert_string_equal(file("object_size"), "1024\n");
	assert_string_equal(file("align"), "8\n");
	assert_string_equal(file("sheaf_capacity"), "12\n");
	assert_string_equal(file("ctor"), "\n");
	assert_string_equal(file("aliases"), "0\n");
	assert_string_equal(file("usersize"), "0\n");
	assert_string_equal(file("shrink"), "");

	s = kmem_cache_create("other/one", 100, 0,
			      SLAB_HWCACHE_ALIGN | SLAB_RECLAIM_ACCOUNT,
			      with_ctor);
	assert_string_equal(file_of("other/one", "slab_size"), "128\n");
	assert_string_equal(file_of("other/one", "object_size"), "100\n");
	assert_string_equal(file_of("other/one", "objs_per_slab"), "32\n");
	assert_string_equal(file_of("other/one", "order"), "0\n");
	assert_string_equal(file_of("other/one", "align"), "64\n");
	assert_int_equal(strncmp(file_of("other/one", "ctor"),
				 "with_ctor+0x0/0x", 16),
			 0);
	kmem_cache_destroy(s);
}

/* Each flag alone. Expect its own file to say 1 and all others 0. */
static void test_flags(void **state)
{
	static const struct {
		const char *name;
		slab_flags_t flag;
	} rows[] = {
		{ "hwcache_align", SLAB_HWCACHE_ALIGN },
		{ "reclaim_account", SLAB_RECLAIM_ACCOUNT },
		{ "destroy_by_rcu", SLAB_TYPESAFE_BY_RCU },
		{ "sanity_checks", SLAB_CONSISTENCY_CHECKS },
		{ "trace", SLAB_TRACE },
		{ "red_zone", SLAB_RED_ZONE },
		{ "poison", SLAB_POISON },
		{ "store_user", SLAB_STORE_USER },
		{ "cache_dma", SLAB_CACHE_DMA },
		{ "skip_kfence", SLAB_SKIP_KFENCE },
		{ "failslab", SLAB_FAILSLAB },
	};
	const slab_flags_t flags = f.s->flags;

	(void)state;
	for (size_t set = 0; set < ARRAY_SIZE(rows); set++) {
		f.s->flags = rows[set].flag;
		for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
			assert_string_equal(file(rows[i].name),
					    i == set ? "1\n" : "0\n");
	}
	f.s->flags = flags;
}

/* Three full slabs, then objects come back. Expect each count to follow, with
 * the node behind it where it is not 0. */
static void test_counts(void **state)
{
	char expected[64];
	const unsigned int n = f.per_slab;

	(void)state;
	assert_string_equal(file("slabs"), "0\n");
	assert_string_equal(file("objects"), "0\n");
	take_full_slabs(3);
	snprintf(expected, sizeof(expected), "%u N0=%u\n", 3 * n, 3 * n);
	assert_string_equal(file("slabs"), "3 N0=3\n");
	assert_string_equal(file("objects"), expected);
	assert_string_equal(file("total_objects"), expected);
	assert_string_equal(file("partial"), "0\n");
	assert_string_equal(file("objects_partial"), "0\n");

	give(0, 2);
	give(n, 5);
	flush_cpu();
	assert_string_equal(file("total_objects"), expected);
	snprintf(expected, sizeof(expected), "%u N0=%u\n", 3 * n - 7,
		 3 * n - 7);
	assert_string_equal(file("objects"), expected);
	assert_string_equal(file("partial"), "2 N0=2\n");
	snprintf(expected, sizeof(expected), "%u N0=%u\n", 2 * n - 7,
		 2 * n - 7);
	assert_string_equal(file("objects_partial"), expected);
	give(2, n - 2);
	give(n + 5, 2 * n - 5);
}

/* Slabs on a CPU. Expect them counted as its own, their objects as in use,
 * and those on its partial list apart, as half full. */
static void test_cpu_slabs(void **state)
{
	const unsigned int n = f.per_slab;
	char expected[64];

	(void)state;
	NEEDS_CPU_SLAB();
	assert_string_equal(file("cpu_slabs"), "0\n");
	assert_string_equal(file("slabs_cpu_partial"), "0(0)\n");
	take_full_slabs(3);
	give(0, 1);
	give(n, 2);
	assert_string_equal(file("cpu_slabs"), "2 N0=2\n");
	snprintf(expected, sizeof(expected), "%u(2) C%u=%u(2)\n", n, smp_cpu(),
		 n);
	assert_string_equal(file("slabs_cpu_partial"), expected);
	assert_string_equal(file("partial"), "0\n");
	snprintf(expected, sizeof(expected), "%u N0=%u\n", 3 * n, 3 * n);
	assert_string_equal(file("objects"), expected);

	take(0, 1); /* the cpu slab is taken off the partial list */
	assert_string_equal(file("cpu_slabs"), "2 N0=2\n");
	snprintf(expected, sizeof(expected), "%u(1) C%u=%u(1)\n", n / 2,
		 smp_cpu(), n / 2);
	assert_string_equal(file("slabs_cpu_partial"), expected);
	give(0, 1);
	flush_cpu();
	give(1, n - 1);
	give(n + 2, 2 * n - 2);
}

/* Slabs of a plain cache and of a reclaimable one. Expect their pages in the
 * node's two counters while they exist. */
static void test_node_pages(void **state)
{
	const unsigned long pages = 1UL << f.s->oo_order;
	pg_data_t *node = NODE_DATA(0);
	unsigned long plain, reclaimable;

	(void)state;
	take_full_slabs(0);
	plain = node_page_state(node, NR_SLAB_UNRECLAIMABLE);
	reclaimable = node_page_state(node, NR_SLAB_RECLAIMABLE);
	take_full_slabs(2);
	assert_int_equal(node_page_state(node, NR_SLAB_UNRECLAIMABLE),
			 plain + 2 * pages);
	give(0, 2 * f.per_slab);
	slub_shrink(f.s, SHRINK_ALL);
	assert_int_equal(node_page_state(node, NR_SLAB_UNRECLAIMABLE), plain);

	f.s->flags |= SLAB_RECLAIM_ACCOUNT;
	take_full_slabs(1);
	assert_int_equal(node_page_state(node, NR_SLAB_RECLAIMABLE),
			 reclaimable + pages);
	give(0, f.per_slab);
	slub_shrink(f.s, SHRINK_ALL);
	f.s->flags &= ~SLAB_RECLAIM_ACCOUNT;
	assert_int_equal(node_page_state(node, NR_SLAB_RECLAIMABLE),
			 reclaimable);
	assert_int_equal(node_page_state(node, NR_SLAB_UNRECLAIMABLE), plain);
}

/* The cache in slabinfo: full, with free objects in its slabs, and with freed
 * objects in a sheaf. Expect what waits in the sheaf to be active. */
static void test_slabinfo(void **state)
{
	const unsigned int n = f.per_slab, order = f.s->oo_order;
	char row[200];
	void *obj;

	(void)state;
	take_full_slabs(2);
	give(0, 3);
	flush_cpu();
	snprintf(row, sizeof(row),
		 "fixture           %6u %6u   1024 %4u %4u : tunables    0    "
		 "0    0 : slabdata      2      2      0\n",
		 2 * n - 3, 2 * n, n, 1U << order);
	expect_row(row);
	give(3, 2 * n - 3);
	slub_shrink(f.s, SHRINK_ALL);

	obj = kmem_cache_alloc(f.s, GFP_KERNEL);
	kmem_cache_free(f.s, obj);
	snprintf(row, sizeof(row), "fixture           %6u %6u   1024 ",
		 f.c ? n : f.s->sheaf_capacity, n);
	expect_row(row);
	kmem_cache_shrink(f.s);
	expect_row("fixture                0      0   1024 ");
}

/* min_partial is written. Expect it to rule what the node keeps, and rubbish
 * refused. */
static void test_min_partial(void **state)
{
	static const char *const bad[] = { "", "x", "-1", "1 2", "4294967296" };
	const unsigned int n = f.per_slab;

	(void)state;
	assert_string_equal(file("min_partial"), "5\n");
	assert_int_equal(store("min_partial", "0"), 0);
	take_full_slabs(1);
	give(0, 1);
	flush_cpu();
	assert_int_equal(f.n->nr_slabs, 1);
	give(1, n - 1);
	assert_int_equal(f.n->nr_slabs, 0);
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(store("min_partial", bad[i]), -EINVAL);
	assert_int_equal(store("min_partial", "7\n"), 0);
	assert_string_equal(file("min_partial"), "7\n");
}

/* cpu_partial is written. Expect the CPUs' slabs to go to the node at once,
 * and their lists to be as long as that many half-full slabs from then on. */
static void test_cpu_partial(void **state)
{
	const unsigned int n = f.per_slab;
	char text[16];

	(void)state;
	NEEDS_CPU_SLAB();
	assert_string_equal(file("cpu_partial"), "24\n");
	take_full_slabs(4);
	give(0, 1);
	assert_int_equal(f.c->nr_partial, 1);
	snprintf(text, sizeof(text), "%u\n", n);
	assert_int_equal(store("cpu_partial", text), 0);
	assert_string_equal(file("cpu_partial"), text);
	assert_int_equal(f.c->nr_partial, 0);
	assert_int_equal(f.n->nr_partial, 1);
	give(n, 1);
	give(2 * n, 1);
	assert_int_equal(f.c->nr_partial, 2);
	give(3 * n, 1);
	assert_int_equal(f.c->nr_partial, 1);
	assert_int_equal(f.n->nr_partial, 3);
	assert_int_equal(store("cpu_partial", "many"), -EINVAL);
	for (unsigned int i = 0; i < 4; i++)
		give(i * n + 1, n - 1);
}

/* 1 and others are written to shrink. Expect empty slabs to go at 1 alone. */
static void test_shrink(void **state)
{
	(void)state;
	kmem_cache_free(f.s, kmem_cache_alloc(f.s, GFP_KERNEL));
	assert_int_equal(store("shrink", "0"), -EINVAL);
	assert_int_equal(store("shrink", ""), -EINVAL);
	assert_int_equal(f.n->nr_slabs, 1);
	assert_int_equal(store("shrink", "1\n"), 0);
	assert_int_equal(f.n->nr_slabs, 0);
}

/* Two caches that are made one, and such as differ in a flag. Expect each name
 * and the id to lead to the cache, and the number of further names. */
static void test_aliases(void **state)
{
	struct kmem_cache *one, *two, *other, *dma;
	char text[1 << 14];

	(void)state;
	one = kmem_cache_create("name-one", 2344, 0, 0, NULL);
	two = kmem_cache_create("name-two", 2340, 0, 0, NULL);
	other = kmem_cache_create("other", 2344, 0, SLAB_RECLAIM_ACCOUNT, NULL);
	dma = kmem_cache_create("dma", 2344, 0, SLAB_CACHE_DMA | SLAB_ACCOUNT,
				NULL);
	assert_ptr_equal(one, two);
	assert_string_equal(file_of("name-one", "aliases"), "1\n");
	assert_string_equal(file_of("name-two", "aliases"), "1\n");
	assert_string_equal(file_of(":0002344", "aliases"), "1\n");
	assert_string_equal(file_of(":a-0002344", "aliases"), "0\n");
	assert_string_equal(file_of(":a-0002344", "reclaim_account"), "1\n");
	assert_string_equal(file_of(":dA-0002344", "cache_dma"), "1\n");
	assert_int_equal(proc_read("slab/:0002340/order", NULL, 0), -ENOENT);
	proc_read("slab/", text, sizeof(text));
	assert_non_null(strstr(text, ":0002344/\nname-one/\nname-two/\n"));
	assert_non_null(strstr(text, ":a-0002344/\nother/\n"));
	assert_int_equal(store_to("name-two", "min_partial", "9"), 0);
	assert_string_equal(file_of("name-one", "min_partial"), "9\n");
	kmem_cache_destroy(two);
	assert_string_equal(file_of("name-one", "aliases"), "0\n");
	kmem_cache_destroy(one);
	kmem_cache_destroy(other);
	kmem_cache_destroy(dma);
	assert_int_equal(proc_read("slab/:0002344/order", NULL, 0), -ENOENT);
}

/* A cache that is never merged. Expect no id for it. */
static void test_no_id(void **state)
{
	struct kmem_cache *s;

	(void)state;
	s = kmem_cache_create("alone", 3000, 0, SLAB_NO_MERGE, NULL);
	assert_string_equal(file_of("alone", "slab_size"), "3000\n");
	assert_int_equal(proc_read("slab/:0003000/order", NULL, 0), -ENOENT);
	kmem_cache_destroy(s);
}

/* What is counted of a cache. Expect the sum and the CPUs that counted, and 0
 * after a 0 is written, which is all that may be. */
static void test_stats(void **state)
{
	unsigned int last = nr_cpu_ids - 1;
	char expected[64];

	(void)state;
	assert_string_equal(file("alloc_slab"), "0\n");
	take_full_slabs(2);
	snprintf(expected, sizeof(expected), "2 C%u=2\n", smp_cpu());
	assert_string_equal(file("alloc_slab"), expected);
	give(0, 2 * f.per_slab);
	slub_shrink(f.s, SHRINK_ALL);
	assert_string_equal(file("free_slab"), expected);
	assert_int_equal(store("free_slab", "1"), -EINVAL);
	assert_int_equal(store("free_slab", ""), -EINVAL);
	assert_string_equal(file("free_slab"), expected);
	assert_int_equal(store("free_slab", "0\n"), 0);
	assert_string_equal(file("free_slab"), "0\n");
	f.s->cpu_stat[0].v[BARN_GET] = 40;
	f.s->cpu_stat[last].v[BARN_GET] += 2;
	snprintf(expected, sizeof(expected), "42 C0=40 C%u=2\n", last);
	if (!last)
		strcpy(expected, "42 C0=42\n");
	assert_string_equal(file("barn_get"), expected);
}

/* The part of times that other nodes help, in hundredths. Expect 0 to 100
 * taken, more refused by -ERANGE. */
static void test_defrag_ratio(void **state)
{
	(void)state;
	assert_string_equal(file("remote_node_defrag_ratio"), "100\n");
	assert_int_equal(store("remote_node_defrag_ratio", "37"), 0);
	assert_string_equal(file("remote_node_defrag_ratio"), "37\n");
	assert_int_equal(f.s->remote_node_defrag_ratio, 370);
	assert_int_equal(store("remote_node_defrag_ratio", "101"), -ERANGE);
	assert_int_equal(store("remote_node_defrag_ratio", "x"), -EINVAL);
	assert_string_equal(file("remote_node_defrag_ratio"), "37\n");
}

/* Caches and files that are not there, files that are read only, and the
 * lists of both. Expect -ENOENT, -EACCES, and each name on a line. */
static void test_names(void **state)
{
	static char text[1 << 14];
	long len;

	(void)state;
	assert_int_equal(proc_read("slab/none/order", NULL, 0), -ENOENT);
	assert_int_equal(proc_read("slab/fixture", NULL, 0), -ENOENT);
	assert_int_equal(proc_read("slab/fixture/none", NULL, 0), -ENOENT);
	assert_int_equal(proc_read("slab/fixtur/order", NULL, 0), -ENOENT);
	assert_int_equal(proc_read("slab/fixtures/order", NULL, 0), -ENOENT);
	assert_int_equal(proc_write("slab/none/shrink", "1"), -ENOENT);
	assert_int_equal(proc_write("slab/shrink", "1"), -ENOENT);
	assert_int_equal(store("none", "1"), -ENOENT);
	assert_int_equal(store("order", "1"), -EACCES);
	len = proc_read("slab/", text, sizeof(text));
	assert_true(len > 0 && len < (long)sizeof(text));
	assert_int_equal(strncmp(text, "fixture/\n", 9), 0);
	assert_non_null(strstr(text, "\nkmem_cache/\n"));
	assert_non_null(strstr(file(""), "\norder\n"));
	for (char *name = strtok(text, "\n"); name; name = strtok(NULL, "\n"))
		assert_string_equal(name + strlen(name) - 1, "/");
}

/* 1 written to validate. Expect what was overwritten to be found; -EINVAL for
 * another text, and for a cache without debugging, as for its cpu_partial. */
static void test_validate(void **state)
{
	struct kmem_cache *s = kmem_cache_create(
		"other", 64, 0, SLAB_RED_ZONE | SLAB_NO_USER_FLAGS, NULL);
	char *p = kmem_cache_alloc(s, GFP_KERNEL);
	unsigned int errors = 0;

	(void)state;
	slab_kunit_errors = &errors;
	p[64] = 0x12;
	assert_int_equal(proc_write("slab/other/validate", "0"), -EINVAL);
	assert_int_equal(errors, 0);
	assert_int_equal(proc_write("slab/other/validate", "1"), 0);
	assert_int_equal(errors, 2);
	slab_kunit_errors = NULL;
	assert_int_equal(store("validate", "1"), -EINVAL);
	assert_int_equal(proc_write("slab/other/cpu_partial", "6"), -EINVAL);
	assert_string_equal(file_of("other", "red_zone"), "1\n");
	assert_string_equal(file_of("other", "cpu_partial"), "0\n");
	kmem_cache_free(s, p);
	kmem_cache_destroy(s);
}

/* Every file that a folder lists. Expect it to be there, as one line. */
static void test_every_file(void **state)
{
	char names[4096];

	(void)state;
	strcpy(names, file(""));
	for (char *at = names, *end; *at; at = end + 1) {
		end = strchr(at, '\n');
		*end = '\0';
		if (strcmp(at, "shrink") && strcmp(at, "validate"))
			assert_ptr_equal(strchr(file(at), '\n') + 1,
					 strchr(file(at), '\0'));
	}
}

/* A list of 12,000 partial slabs. Expect the free objects of the first and
 * the last 5,000 to stand for all; and with 10,000 slabs, each to be
 * counted. */
static void test_long_list(void **state)
{
	static struct slab slabs[12000];
	struct kmem_cache_node n;

	(void)state;
	memset(&n, 0, sizeof(n));
	spin_lock_init(&n.list_lock, LOCK_LIST);
	INIT_LIST_HEAD(&n.partial);
	for (unsigned int i = 0; i < ARRAY_SIZE(slabs); i++) {
		slabs[i].state.counters.objects = 100;
		slabs[i].state.counters.inuse = i < 5000 ? 99 :
						i < 7000 ? 0 :
							   97;
		list_add_tail(&slabs[i].list, &n.partial);
	}
	n.nr_partial = 12000;
	assert_int_equal(count_partial_free_approx(&n), 20000 * 12 / 10);
	for (unsigned int i = 5000; i < 7000; i++)
		list_del(&slabs[i].list);
	n.nr_partial = 10000;
	assert_int_equal(count_partial_free_approx(&n), 20000);
	list_add(&slabs[5000].list, &slabs[4999].list);
	n.nr_partial = 10001;
	assert_int_equal(count_partial_free_approx(&n), 20002);
	assert_int_equal(count_partial(&n, SLUB_FREE), 20100);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_constants, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_flags, setup, teardown),
		cmocka_unit_test_setup_teardown(test_counts, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cpu_slabs, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_node_pages, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_slabinfo, setup, teardown),
		cmocka_unit_test_setup_teardown(test_min_partial, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_cpu_partial, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_shrink, setup, teardown),
		cmocka_unit_test(test_aliases),
		cmocka_unit_test(test_no_id),
		cmocka_unit_test_setup_teardown(test_stats, setup, teardown),
		cmocka_unit_test_setup_teardown(test_defrag_ratio, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_names, setup, teardown),
		cmocka_unit_test_setup_teardown(test_validate, setup, teardown),
		cmocka_unit_test_setup_teardown(test_every_file, setup,
						teardown),
		cmocka_unit_test(test_long_list),
	};

	return cmocka_run_group_tests(tests, slub_start, NULL);
}
