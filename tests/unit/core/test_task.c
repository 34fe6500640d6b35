// SPDX-License-Identifier: MIT
/*
 * test_task.c - what is known of a thread
 */
#include <pthread.h>

#include "core/task.h"
#include "support/child.h"

#define BOTH (PF_MEMALLOC_NOFS | PF_MEMALLOC_NOIO)

/* Scopes inside one another. Expect each to leave what it found, and flags of
 * others alone. */
static void test_nest(void **state)
{
	unsigned int outer, inner;

	(void)state;
	current->flags = PF_KSWAPD;
	outer = task_flags_save(PF_MEMALLOC_NOFS);
	assert_int_equal(outer, 0);
	inner = task_flags_save(BOTH);
	assert_int_equal(inner, PF_MEMALLOC_NOFS);
	assert_int_equal(current->flags, PF_KSWAPD | BOTH);
	task_flags_restore(inner, BOTH);
	assert_int_equal(current->flags, PF_KSWAPD | PF_MEMALLOC_NOFS);
	task_flags_restore(outer, PF_MEMALLOC_NOFS);
	assert_int_equal(current->flags, PF_KSWAPD);
	current->flags = 0;
}

static void *fresh(void *arg)
{
	static const struct task_struct zero;

	(void)arg;
	if (memcmp(current, &zero, sizeof(zero)))
		return NULL;
	mm_account_reclaimed_pages(3);
	mm_account_reclaimed_pages(4);
	return (void *)(uintptr_t)current->reclaimed;
}

/* Another thread. Expect it to begin with nothing, and to count for itself. */
static void test_thread(void **state)
{
	pthread_t thread;
	void *counted;

	(void)state;
	current->flags = PF_MEMALLOC;
	current->reclaimed = 100;
	assert_int_equal(pthread_create(&thread, NULL, fresh, NULL), 0);
	pthread_join(thread, &counted);
	assert_int_equal((uintptr_t)counted, 7);
	assert_int_equal(current->reclaimed, 100);
	current->flags = 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nest),
		cmocka_unit_test(test_thread),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
