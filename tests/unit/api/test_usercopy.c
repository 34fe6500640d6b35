// SPDX-License-Identifier: MIT
/*
 * test_usercopy.c - copies that stay in one object, and others
 * (docs/kernel.md D15)
 */
#include <pthread.h>
#include <sys/mman.h>

#include <kmalloc/kmalloc.h>

#include "kmem/kmem.h"
#include "kmem/slab_ops.h"
#include "support/child.h"
#include "vmap/large/large.h"

struct copy {
	const char *ptr;
	unsigned long n;
	bool to_user;
};

static void do_copy(void *arg)
{
	const struct copy *c = arg;

	check_object_size(c->ptr, c->n, c->to_user);
}

static void allowed(const void *ptr, unsigned long n)
{
	struct child_end end;
	struct copy c = { ptr, n, true };

	child_run(do_copy, &c, &end);
	if (end.status)
		fail_msg("said: %s", end.err);
}

static void refused(const void *ptr, unsigned long n, const char *phrase)
{
	struct copy c = { ptr, n, false };

	assert_true(child_aborts(do_copy, &c, phrase));
}

/* Blocks of kmalloc(). Expect all of one to be allowed, one byte more not. */
static void test_kmalloc(void **state)
{
	char *p = kmalloc(64, GFP_KERNEL), said[160];
	const struct kmem_cache *s = virt_to_slab_page(p)->slab_cache;
	const char *kind = s->ops->flag == KM_SLAB_ON_SLAB ? "SLAB" : "SLUB";
	struct copy c = { p, 65, true };

	(void)state;
	allowed(p, 64);
	allowed(p + 63, 1);
	allowed(p, 0);
	snprintf(said, sizeof(said),
		 "usercopy: Kernel memory overwrite attempt detected to %s "
		 "object 'kmalloc-64' (offset 0, size 65)!\n",
		 kind);
	refused(p, 65, said);
	refused(p + 10, 55, "(offset 10, size 55)");
	refused(p, -1UL, "wrapped address");
	snprintf(said, sizeof(said),
		 "usercopy: Kernel memory exposure attempt detected from %s "
		 "object 'kmalloc-64' (offset 0, size 65)!\n",
		 kind);
	assert_true(child_aborts(do_copy, &c, said));
	kfree(p);
}

static void windows(const char *name, slab_flags_t backend, const char *kind)
{
	struct kmem_cache *s = kmem_cache_create_usercopy(name, 200, 0, backend,
							  16, 32, NULL);
	struct kmem_cache *none = kmem_cache_create("closed", 200, 0,
						    SLAB_NO_MERGE, NULL);
	char *p = kmem_cache_alloc(s, GFP_KERNEL);
	char *q = kmem_cache_alloc(none, GFP_KERNEL), said[128];

	snprintf(said, sizeof(said), "to %s '%s' (offset 15, size 2)!", kind,
		 name);
	allowed(p + 16, 32);
	allowed(p + 47, 1);
	refused(p + 15, 2, said);
	refused(p + 16, 33, "(offset 16, size 33)");
	refused(p + 48, 1, "(offset 48, size 1)");
	refused(p + 199, 2, "(offset 199, size 2)");
	refused(q, 1, "'closed' (offset 0, size 1)");
	kmem_cache_free(s, p);
	kmem_cache_free(none, q);
	kmem_cache_destroy(s);
	kmem_cache_destroy(none);
}

/* Caches with a window and without, on SLUB. Expect what is in it to be
 * allowed, and nothing of the other. */
static void test_windows(void **state)
{
	(void)state;
	windows("window", KM_SLAB_ON_SLUB, "SLUB object");
}

/* Compound blocks of pages, whole, from their middle, and beyond. Expect the
 * end of the block to be the limit. */
static void test_pages(void **state)
{
	char *p = page_address(alloc_pages(GFP_KERNEL | __GFP_COMP, 3));
	char *large = kmalloc(20000, GFP_KERNEL);
	char *single = (char *)__get_free_pages(GFP_KERNEL, 0);

	(void)state;
	allowed(p, 8 * 4096);
	allowed(p + 5 * 4096, 3 * 4096);
	refused(p + 5 * 4096, 3 * 4096 + 1,
		"to page alloc (offset 20480, size 12289)!");
	allowed(large, 32768);
	refused(large + 1, 32768, "page alloc (offset 1, size 32768)");
	allowed(single, 4096);
	free_pages((unsigned long)p, 3);
	kfree(large);
	free_page((unsigned long)single);
}

/* Areas of vmalloc space, in use and not. Expect one that is to be allowed up
 * to its end. */
static void test_vmalloc(void **state)
{
	char *p = vmalloc(10 * 4096);

	(void)state;
	allowed(p, 10 * 4096);
	refused(p + 4096, 9 * 4096 + 1, "to vmalloc (offset 4096, size 36865)");
	vfree(p);
	refused(p, 1, "vmalloc 'no area' (offset 0, size 1)");
}

static void *on_other_stack(void *arg)
{
	char here[100] = "";

	(void)arg;
	allowed(here, sizeof(here));
	return NULL;
}

/* This stack, that of another thread, and what no function owns any more.
 * Expect only the last to be refused, and what reaches out of the stack. */
static void test_stack(void **state)
{
	pthread_attr_t attr;
	pthread_t thread;
	char here[100] = "";
	size_t size;
	void *low;

	(void)state;
	allowed(here, sizeof(here));
	assert_int_equal(pthread_create(&thread, NULL, on_other_stack, NULL),
			 0);
	assert_int_equal(pthread_join(thread, NULL), 0);
	refused(here - 16384, 10, "to process stack (offset ");
	assert_int_equal(pthread_getattr_np(pthread_self(), &attr), 0);
	pthread_attr_getstack(&attr, &low, &size);
	pthread_attr_destroy(&attr);
	refused((char *)low + size - 8, 16, "process stack");
}

/* Code, NULL, what kmalloc(0) gives, and foreign memory. Expect only the last
 * to be allowed. */
static void test_elsewhere(void **state)
{
	static char data[100];
	char *map = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)state;
	refused((const char *)(uintptr_t)test_stack, 4,
		"to kernel text (offset");
	refused((const char *)(uintptr_t)memcpy, 4, "to kernel text (offset");
	refused(NULL, 8, "to null address (offset 0, size 8)");
	refused(ZERO_SIZE_PTR, 8, "to null address (offset 16, size 8)");
	allowed(data, sizeof(data));
	allowed(map, 4096);
	munmap(map, 4096);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kmalloc),
		cmocka_unit_test(test_windows),
		cmocka_unit_test(test_pages),
		cmocka_unit_test(test_vmalloc),
		cmocka_unit_test(test_stack),
		cmocka_unit_test(test_elsewhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
