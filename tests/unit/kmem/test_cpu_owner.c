// SPDX-License-Identifier: MIT
/*
 * test_cpu_owner.c - tables of CPUs: made, emptied from elsewhere, hidden
 *
 * Beside threads that use them: stress.api.rseq.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "core/lock.h"
#include "fake.h"
#include "kmem/cpu_owner.h"
#include "kmem/fork.h"
#include "kmem/held.h"
#include "kmem/internal.h"
#include "kmem/owner.h"
#include "kmem/shrink.h"
#include "kmem/slab_ops.h"
#include "kmem/sheaf.h"
#include "sys/os.h"

#define CAPACITY 28U /* of a sheaf of objects of 256 bytes */
#define HELD 10

static struct kmem_cache *s;

static int setup(void **state)
{
	static const char *const names[] = { "cpu", "cpu-2" };
	static unsigned int nr;

	(void)state;
	s = kmem_cache_create(names[nr++ % 2], 256, 0, SLAB_NO_MERGE, NULL);
	assert_non_null(s);
	assert_int_equal(s->sheaf_capacity, CAPACITY);
	fake_watch(s);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	kmem_cpu_owners_check();
	kmem_cache_destroy(s);
	return 0;
}

/* HELD objects in the table of this CPU. */
static struct kmem_owner *hold(void)
{
	void *objs[HELD];

	for (int i = 0; i < HELD; i++)
		objs[i] = kmem_cache_alloc(s, GFP_KERNEL);
	for (int i = 0; i < HELD; i++)
		kmem_cache_free(s, objs[i]);
	return kmem_cpu_table[os_cpu()];
}

static bool is_shown(const struct kmem_owner *table)
{
	for (unsigned int cpu = 0; cpu < KMEM_CPUS; cpu++)
		if (kmem_cpus.owner[cpu] == table)
			return kmem_cpu_table[cpu] == table;
	return false;
}

/* One CPU's threads use a cache, and all is flushed from another CPU. Expect
 * the objects in the slabs, counted before, and the table to be seen again. */
static void test_flush(void **state)
{
	struct kmem_owner *table;

	(void)state;
	pin_to_first_cpu();
	table = hold();
	assert_int_equal(kmem_owners_count(s), CAPACITY);
	unpin();
	pin_to_last_cpu();
	kmem_cpu_owners_flush();
	assert_int_equal(fake.flushed, CAPACITY);
	assert_int_equal(s->in_use, 0);
	assert_int_equal(*kmem_cursor(table, s), MISSING);
	assert_true(is_shown(table));
	unpin();
}

/* Tables are hidden for a child of vfork(), twice, with a fork and a drain
 * meanwhile. Expect each to be hidden until the last is over, and calls and the
 * drain to be served; a child of the fork to have them shown. */
static void shown_in_child(void *arg)
{
	kmem_cpu_owners_fork_child();
	kmem_cpu_owners_fork_release();
	REQUIRE(is_shown(arg));
}

static void test_hide(void **state)
{
	struct kmem_owner *table = hold();
	struct child_end end;

	(void)state;
	assert_true(kmem_cpu_owners_hide());
	assert_false(is_shown(table));
	assert_true(kmem_cpu_owners_hide());
	kmem_cpu_owners_unhide();
	assert_false(is_shown(table));
	hold();
	assert_int_equal(kmem_owners_count(s), CAPACITY);
	kmem_cpu_owners_flush();
	assert_int_equal(kmem_owners_count(s), 0);
	assert_false(is_shown(table));
	lock_fork_begin();
	kmem_fork_take();
	child_run(shown_in_child, table, &end);
	expect_success(&end);
	kmem_fork_release();
	lock_fork_end();
	assert_false(is_shown(table));
	kmem_cpu_owners_unhide();
	assert_true(is_shown(table));
}

/* The same for one cache of two. */
static void test_flush_cache(void **state)
{
	struct kmem_cache *other = s;

	(void)state;
	hold();
	setup(state);
	hold();
	assert_int_equal(kmem_cache_shrink(s), 0);
	assert_int_equal(s->in_use, 0);
	assert_int_equal(other->in_use, CAPACITY);
	kmem_cache_destroy(other);
}

/* Two ticks, with use between and without. Expect that the second flushes what
 * was not used. */
static void test_flush_idle(void **state)
{
	void *obj;

	(void)state;
	hold();
	kmem_cpu_owners_flush_idle();
	obj = kmem_cache_alloc(s, GFP_KERNEL);
	kmem_cpu_owners_flush_idle();
	assert_int_equal(fake.flushed, 0);
	kmem_cpu_owners_flush_idle();
	assert_int_equal(fake.flushed, CAPACITY - 1);
	kmem_cache_free(s, obj);
}

/* A caller asks for all memory, and two ticks pass. Expect the objects of CPUs
 * in the slabs. */
static void test_reclaim(void **state)
{
	(void)state;
	hold();
	kmem_reclaim(SHRINK_ALL);
	assert_int_equal(s->in_use, 0);
	hold();
	kmem_reclaim(SHRINK_IDLE);
	assert_int_equal(s->in_use, CAPACITY);
	kmem_reclaim(SHRINK_IDLE);
	assert_int_equal(s->in_use, 0);
}

/* ---- hidden -------------------------------------------------------------- */

/* As fork() does. Expect calls to be served by the slabs meanwhile, drains to
 * find the tables and to leave them hidden, and all as before in the end. */
static void test_hidden(void **state)
{
	struct kmem_owner *table;
	void *obj;

	(void)state;
	pin_to_first_cpu();
	table = hold();
	kmem_fork_take();
	lock_fork_begin();
	assert_false(is_shown(table));
	obj = kmem_cache_alloc(s, GFP_KERNEL);
	kmem_cache_free(s, obj);
	assert_int_equal(fake.refilled, CAPACITY + 1);
	kmem_cpu_owners_flush();
	assert_int_equal(s->in_use, 0);
	assert_false(is_shown(table));
	lock_fork_end();
	kmem_cpu_owners_fork_child(); /* with a fence nothing is torn */
	assert_false(kmem_threads_lost);
	kmem_fork_release();
	assert_true(is_shown(table));
	hold();
	assert_int_equal(kmem_owner_count(table, s), CAPACITY);
	unpin();
}

/* From here on membarrier() gives EPERM. */
static void forbid_fence(void)
{
	struct sock_filter lines[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
			 offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_membarrier, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog filter = { ARRAY_SIZE(lines), lines };

	REQUIRE(!prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	REQUIRE(!prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter));
}

static void no_fence(void *arg)
{
	struct kmem_owner *table;

	(void)arg;
	pin_to_first_cpu();
	table = hold();
	forbid_fence();
	REQUIRE(!kmem_cpu_owners_hide() && is_shown(table));
	REQUIRE(!kmem_cpu_owners_flush());
	REQUIRE(kmem_owner_count(table, s) == CAPACITY && is_shown(table));
	kmem_reclaim(SHRINK_ALL);
	REQUIRE(!s->in_use && is_shown(table));
	hold();
	kmem_fork_take();
	lock_fork_begin();
	kmem_cpu_owners_flush();
	REQUIRE(kmem_owner_count(table, s) == CAPACITY);
	lock_fork_end();
	kmem_cpu_owners_fork_child();
	REQUIRE(kmem_threads_lost && !kmem_owner_count(table, s));
	kmem_fork_release();
	REQUIRE(is_shown(table));
	hold();
}

/* The fence is refused from some time on. Expect that the table of this CPU is
 * emptied by hand, that none is hidden for vfork(), and that a child of fork
 * drops what is in all. */
static void test_no_fence(void **state)
{
	struct child_end end;

	(void)state;
	child_run(no_fence, NULL, &end);
	expect_quiet(&end);
}

static void break_cpu1(void *arg)
{
	(void)arg;
	kmem_cpus.owner[3] = (struct kmem_owner *)(void *)s;
	kmem_cpu_owners_check();
}

/* Each number that cpu_id may have. Expect a table or the missing one there. */
static void test_every_id(void **state)
{
	unsigned int ids = max(os_cpu_ids(), KMEM_CPUS);

	(void)state;
	assert_ptr_equal(kmem_cpus.none[0], kmem_no_owner);
	assert_ptr_equal(kmem_cpus.none[1], kmem_no_owner);
	for (unsigned int cpu = 0; cpu < ids; cpu++)
		assert_non_null(kmem_cpus.owner[cpu]);
}

/* A table that is not the CPU's is seen there. Expect the check to find it. */
static void test_check(void **state)
{
	(void)state;
	assert_int_equal(child_aborts(break_cpu1, NULL, "BUG: "), 1);
}

/* glibc has registered nothing, or the fence cannot be had. Expect threads to
 * be the owners. */
static int without(const char *how)
{
	if (!strcmp(how, "fence"))
		forbid_fence();
	return !(kmem_cpu_owners_start(true) ==
			 (strcmp(how, "fence") ? -ENOSYS : -EPERM) &&
		 !kmem_rseq);
}

static void test_without(void **state)
{
	struct child_end end;

	(void)state;
	child_again("fence", "", &end);
	expect_quiet(&end);
	setenv("GLIBC_TUNABLES", "glibc.pthread.rseq=0", 1);
	child_again("rseq", "", &end);
	unsetenv("GLIBC_TUNABLES");
	expect_quiet(&end);
}

static int start(void **state)
{
	return kmem_cpu_owners_start(true) || fake_start(state);
}

int main(int argc, char **argv)
{
#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_flush),
		TEST(test_hide),
		TEST(test_flush_cache),
		TEST(test_flush_idle),
		TEST(test_reclaim),
		TEST(test_hidden),
		TEST(test_no_fence),
		TEST(test_every_id),
		TEST(test_check),
		cmocka_unit_test(test_every_id),
		cmocka_unit_test(test_without),
	};

	if (argc > 1)
		return without(argv[1]);
	if (!os_rseq_offset())
		return 77;
	return cmocka_run_group_tests(tests, start, NULL);
}
