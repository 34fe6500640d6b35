// SPDX-License-Identifier: MIT
/*
 * test_backends.c - both slab allocators in one process, one for each cache
 */
#include <errno.h>
#include <stdlib.h>

#include "diag/proc.h"
#include "init.h"
#include "kmem/cache.h"
#include "kmem/kmalloc.h"
#include "kmem/slab_ops.h"
#include "kmem/slabinfo.h"
#include "slab/slab.h"
#include "slub/slub.h"
#include "support/child.h"

#define NR 2000

static void start(const char *cmdline)
{
	static const struct km_start how = { NR_CURSORS, 0, kmalloc_init,
					     NULL };

	REQUIRE(!setenv("KMALLOC_CMDLINE", cmdline, 1));
	REQUIRE(!km_boot(&how));
	REQUIRE(slab_state == FULL);
}

/* The backend of a cache that is made with these flags. */
static const struct slab_ops *backend_of(slab_flags_t flags)
{
	struct kmem_cache *s = kmem_cache_create("asked", 80, 0,
						 flags | SLAB_NO_MERGE, NULL);
	const struct slab_ops *ops;

	REQUIRE(s);
	ops = s->ops;
	kmem_cache_destroy(s);
	return ops;
}

static const struct slab_ops *backend_of_kmalloc(void)
{
	void *p = kmalloc(100, GFP_KERNEL);
	struct page *page;
	const struct slab_ops *ops;

	REQUIRE(p);
	ops = virt_to_cache(p, &page)->ops;
	kfree(p);
	return ops;
}

/* No parameter. Expect SLUB, and SLAB for the cache that asks for it. */
static void test_default(void *arg)
{
	(void)arg;
	start("");
	REQUIRE(backend_of(0) == &slub_ops);
	REQUIRE(backend_of(KM_SLAB_ON_SLUB) == &slub_ops);
	REQUIRE(backend_of(KM_SLAB_ON_SLAB) == &slab_ops);
	REQUIRE(backend_of_kmalloc() == &slub_ops);
}

/* slab_alloc=slab. Expect SLAB, also for what libkmalloc makes for itself, and
 * SLUB for the cache that asks for it. */
static void test_slab(void *arg)
{
	struct kmem_cache *s;

	(void)arg;
	start("slab_alloc=slab");
	REQUIRE(backend_of(0) == &slab_ops);
	REQUIRE(backend_of(KM_SLAB_ON_SLAB) == &slab_ops);
	REQUIRE(backend_of(KM_SLAB_ON_SLUB) == &slub_ops);
	REQUIRE(backend_of_kmalloc() == &slab_ops);
	list_for_each_entry(s, &slab_caches, list)
		REQUIRE(s->ops == &slab_ops);
	km_check_all();
}

/* slab_alloc=slub, and both flags at once. Expect SLUB, and no cache. */
static void test_slub(void *arg)
{
	(void)arg;
	start("slab_alloc=slub");
	REQUIRE(backend_of(0) == &slub_ops);
	REQUIRE(!kmem_cache_create("both", 80, 0, KM_SLAB_BACKENDS, NULL));
}

/* slub=7.0, alone and beside slab_alloc=slab. Expect that form wherever SLUB is
 * meant, and sheaves for kmalloc; slub=6.18 is the default. */
static void test_form_7(void *arg)
{
	(void)arg;
	start("slub=7.0");
	REQUIRE(backend_of(0) == &slub7_ops);
	REQUIRE(backend_of(KM_SLAB_ON_SLUB) == &slub7_ops);
	REQUIRE(backend_of(KM_SLAB_ON_SLAB) == &slab_ops);
	REQUIRE(backend_of_kmalloc() == &slub7_ops);
	REQUIRE(kmalloc_caches[KMALLOC_NORMAL][kmalloc_index(64)].slot);
	km_check_all();
}

static void test_form_7_beside_slab(void *arg)
{
	(void)arg;
	start("slab_alloc=slab slub=7.0");
	REQUIRE(backend_of(0) == &slab_ops);
	REQUIRE(backend_of(KM_SLAB_ON_SLUB) == &slub7_ops);
}

static void test_form_6_18(void *arg)
{
	(void)arg;
	start("slub=7.0 slub=6.18");
	REQUIRE(backend_of(0) == &slub_ops);
}

/* A form that is none. Expect one line that has both, and the default. */
static void test_bad_form(void *arg)
{
	(void)arg;
	start("slub=7");
	REQUIRE(backend_of(0) == &slub_ops);
}

static void test_bad_form_is_named(void **state)
{
	struct child_end end;

	(void)state;
	child_run(test_bad_form, NULL, &end);
	assert_int_equal(end.status, 0);
	assert_string_equal(end.err, "kmalloc: malformed boot parameter "
				     "'slub=7' ignored, allowed: 6.18, 7.0\n");
}

/* A value that is neither. Expect one line that names it, and the default. */
static void test_bad_value(void *arg)
{
	(void)arg;
	start("slab_alloc=slob");
	REQUIRE(backend_of(0) == &slub_ops);
}

static void test_bad_value_is_named(void **state)
{
	struct child_end end;

	(void)state;
	child_run(test_bad_value, NULL, &end);
	assert_int_equal(end.status, 0);
	assert_int_equal(count_phrase(end.err, "slab_alloc"), 1);
}

static void use(struct kmem_cache *s, void **objs)
{
	for (int i = 0; i < NR; i++) {
		objs[i] = kmem_cache_alloc(s, GFP_KERNEL);
		REQUIRE(objs[i]);
		memset(objs[i], i, kmem_cache_size(s));
	}
}

/* Caches of either kind, with constructors too, used side by side. Expect no
 * object twice, whole structures, and every page to come back; slabinfo has
 * tunables for one and none for the other. */
static void side_by_side(const char *cmdline)
{
	static void *a[NR], *b[NR];
	static char text[1 << 16];
	struct kmem_cache *slab, *slub;
	const char *path;

	start(cmdline);
	slab = kmem_cache_create("on-slab", 120, 0, KM_SLAB_ON_SLAB, NULL);
	slub = kmem_cache_create("on-slub", 120, 0, KM_SLAB_ON_SLUB, NULL);
	REQUIRE(slab != slub && slab->ops == &slab_ops);
	use(slab, a);
	use(slub, b);
	km_check_all();
	for (int i = 0; i < NR; i++) {
		REQUIRE(*(unsigned char *)a[i] == (unsigned char)i);
		REQUIRE(*(unsigned char *)b[i] == (unsigned char)i);
		kfree(a[i]); /* finds the cache, and its backend, by itself */
		kfree(b[i]);
	}
	REQUIRE(proc_find("slabinfo", &path)
			->show(&(struct seq_file){ text, sizeof(text), 0, 0 },
			       "") == 0);
	REQUIRE(strstr(strstr(text, "\non-slab "), "tunables  120   60 "));
	REQUIRE(strstr(strstr(text, "\non-slub "), "tunables    0    0    0"));
	km_check_all();
	REQUIRE(!kmem_cache_shrink(slab));
	REQUIRE(!kmem_cache_shrink(slub));
	kmem_cache_destroy(slab);
	kmem_cache_destroy(slub);
	km_reclaim_all();
	km_check_all();
}

static void test_side_by_side_on_slab(void *arg)
{
	(void)arg;
	side_by_side("slab_alloc=slab");
}

static void test_side_by_side_on_slub(void *arg)
{
	(void)arg;
	side_by_side("");
}

static int write_line(const char *line)
{
	return proc_write("slabinfo", line);
}

/* What is written to slabinfo (S2). Expect the numbers in the cache, under any
 * of its names, and -EINVAL or -EIO for lines that cannot be. */
static void test_slabinfo_write(void *arg)
{
	struct kmem_cache *s, *other;
	const char *path;

	(void)arg;
	start("");
	REQUIRE(proc_find("slabinfo", &path)->write == slabinfo_write);
	s = kmem_cache_create("tuned", 120, 0, KM_SLAB_ON_SLAB, NULL);
	other = kmem_cache_create("other-name", 120, 0, KM_SLAB_ON_SLAB, NULL);
	REQUIRE(s == other);
	REQUIRE(!write_line("tuned 100 40 3\n"));
	REQUIRE(s->limit == 100 && s->batchcount == 40 && s->shared == 3);
	REQUIRE(!write_line("other-name  99 41\t2"));
	REQUIRE(s->limit == 99 && s->batchcount == 41 && s->shared == 2);
	REQUIRE(write_line("tuned") == -EINVAL);
	REQUIRE(write_line("tuned 100 40") == -EINVAL);
	REQUIRE(write_line("tuned 100 40 3 1") == -EINVAL);
	REQUIRE(write_line("tuned 100 40 x") == -EINVAL);
	REQUIRE(write_line("tuned 100 101 3") == -EINVAL);
	REQUIRE(write_line("tuned 0 0 0") == -EINVAL);
	REQUIRE(write_line("tuned -5 1 0") == -EINVAL);
	REQUIRE(write_line("tuned 124 40 3") == -EINVAL);
	REQUIRE(write_line("tuned 99999999999 40 3") == -EINVAL);
	REQUIRE(write_line("tun 100 40 3") == -EINVAL);
	REQUIRE(write_line("") == -EINVAL);
	REQUIRE(write_line("kmalloc-64 100 40 3") == -EIO);
	REQUIRE(s->limit == 99 && s->batchcount == 41 && s->shared == 2);
	kmem_cache_destroy(s);
	kmem_cache_destroy(other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		child_test(test_default),
		child_test(test_slab),
		child_test(test_slub),
		cmocka_unit_test(test_bad_value_is_named),
		child_test(test_form_7),
		child_test(test_form_7_beside_slab),
		child_test(test_form_6_18),
		cmocka_unit_test(test_bad_form_is_named),
		child_test(test_side_by_side_on_slab),
		child_test(test_side_by_side_on_slub),
		child_test(test_slabinfo_write),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
