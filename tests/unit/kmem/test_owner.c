// SPDX-License-Identifier: MIT
/*
 * test_owner.c - the table of cursors of a thread, and that of none
 */
#include "fake.h"
#include "kmem/owner.h"
#include "kmem/sheaf.h"
#include "kmem/thread.h"

static void use_table(void)
{
	struct kmem_cache *s = kmem_cache_create("owner", 64, 0, 0, NULL);

	assert_non_null(s);
	kmem_cache_free(s, kmem_cache_alloc(s, 0));
	assert_ptr_equal(kmem_owner_here(), kmem_this_owner);
	kmem_cache_destroy(s);
}

/* The table is put aside. Expect every cursor to miss, and the same table
 * back. */
static void test_put_aside(void **state)
{
	struct kmem_owner *own, *aside, *again;

	(void)state;
	use_table();
	own = kmem_this_owner;
	aside = kmem_owner_put_aside();
	assert_ptr_equal(aside, own);
	for (unsigned int slot = 0; slot < kmem_nr_slots;
	     slot = next_slot(slot))
		assert_null(kmem_pop(kmem_this_owner, slot));
	assert_null(kmem_owner_get());
	again = kmem_owner_put_aside(); /* a fork in a fork */
	kmem_owner_put_back(again);
	assert_ptr_not_equal(kmem_this_owner, own);
	kmem_owner_put_back(aside);
	assert_ptr_equal(kmem_this_owner, own);
}

/* A range of this thread's stack, and one where no stack is. Expect the first
 * alone to be known. */
static void test_stack_in(void **state)
{
	uintptr_t here = (uintptr_t)__builtin_frame_address(0);

	(void)state;
	use_table();
	assert_true(
		kmem_owners_stack_in(here - (1UL << 20), here + (1UL << 20)));
	assert_false(kmem_owners_stack_in(0, PAGE_SIZE));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_put_aside),
		cmocka_unit_test(test_stack_in),
	};

	return cmocka_run_group_tests(tests, fake_start, NULL);
}
