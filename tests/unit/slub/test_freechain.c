// SPDX-License-Identifier: MIT
/*
 * test_freechain.c - a free list that was written to, in libkmalloc and malloc
 */
#include "fixture.h"
#include "kmem/freelist.h"

static int setup(void **state)
{
	(void)state;
	fixture_open(128, 0, NULL);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	kmem_freelist_mends = 0;
	return 0;
}

static void overwrite(unsigned int i)
{
	memset((char *)f.objs[i] + f.s->offset, 0x41, 8);
}

static void take_all(void *arg)
{
	(void)arg;
	take(0, 4);
}

/* malloc. Expect one line that names the object, and the end. */
static void test_ends(void **state)
{
	(void)state;
	take_full_slabs(1);
	give(0, 4);
	overwrite(3);
	expect_abort(take_all, NULL,
		     "was written after it was freed (fixture)");
	set_freepointer(f.s, slab_of(3), f.objs[3], f.objs[2]);
	give(4, f.per_slab - 4);
	fixture_close();
}

/* libkmalloc, where objects are taken. Expect the report, the objects in front
 * of the fault and then those of other slabs; the lost ones in use for good. */
static void test_cut(void **state)
{
	static char said[8192];
	struct slab *slab;

	(void)state;
	kmem_freelist_mends = 1;
	take_full_slabs(1);
	give(0, 4);
	slab = slab_of(3);
	overwrite(2);
	capture_stderr(take_all, NULL, said, sizeof(said));
	assert_non_null(strstr(said, "): Freechain corrupt\n"));
	assert_non_null(strstr(said, "FIX fixture: Isolate corrupted "
				     "freechain\n"));
	assert_int_equal(f.s->debug_errors, 2);
	assert_ptr_equal(virt_to_slab(f.objs[0]), slab);
	assert_ptr_equal(virt_to_slab(f.objs[1]), slab);
	assert_ptr_not_equal(virt_to_slab(f.objs[2]), slab);
	assert_ptr_not_equal(virt_to_slab(f.objs[3]), slab);
	give(0, 4);
	give(4, f.per_slab - 4);
	slub_check(f.s);
	assert_int_equal(slab->state.counters.inuse, 2);
}

static void flush_here(void *arg)
{
	(void)arg;
	flush_cpu();
}

/* The same where a CPU gives its slab back. Expect the list to end there. */
static void test_cut_on_the_way_back(void **state)
{
	static char said[8192];

	(void)state;
	NEEDS_CPU_SLAB();
	kmem_freelist_mends = 1;
	take_full_slabs(1);
	give(0, 4);
	take(10, 1);
	overwrite(1);
	capture_stderr(flush_here, NULL, said, sizeof(said));
	assert_non_null(strstr(said, "Isolate corrupted freechain\n"));
	slub_check(f.s);
	assert_int_equal(slab_of(4)->state.counters.inuse, f.per_slab - 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_ends, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cut, setup, teardown),
		cmocka_unit_test_setup_teardown(test_cut_on_the_way_back, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, slub_start, NULL);
}
