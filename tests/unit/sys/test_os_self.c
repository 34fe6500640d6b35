// SPDX-License-Identifier: MIT
/*
 * test_os_self.c - which program runs, what may be read, where its tables are
 */
#include <elf.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include "support/child.h"
#include "sys/os.h"

/* This thread. Expect the number and the name that the system has for it, the
 * name cut to 15 characters. */
static void test_thread(void **state)
{
	char name[16];

	(void)state;
	assert_int_equal(os_tid(), syscall(SYS_gettid));
	assert_int_equal(os_pid(), getpid());
	prctl(PR_SET_NAME, "a name of its own that is long");
	os_comm(name);
	assert_string_equal(name, "a name of its o");
	prctl(PR_SET_NAME, "");
	os_comm(name);
	assert_string_equal(name, "");
}

/* Memory with access, without, and none. Expect it told, errno untouched and no
 * signal blocked. */
static void test_readable(void **state)
{
	char *p = mmap(NULL, 3 * PAGE_SIZE, PROT_READ,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	sigset_t before, after;

	(void)state;
	sigprocmask(SIG_SETMASK, NULL, &before);
	mprotect(p + PAGE_SIZE, PAGE_SIZE, PROT_NONE);
	munmap(p + 2 * PAGE_SIZE, PAGE_SIZE);
	errno = 77;
	assert_true(os_readable(p));
	assert_true(os_readable(p + PAGE_SIZE - 8));
	assert_false(os_readable(p + PAGE_SIZE - 4));
	assert_false(os_readable(p + PAGE_SIZE));
	assert_false(os_readable(p + 2 * PAGE_SIZE));
	assert_false(os_readable(NULL));
	assert_false(os_readable((void *)~7UL));
	assert_int_equal(errno, 77);
	sigprocmask(SIG_SETMASK, NULL, &after);
	assert_memory_equal(&before, &after, 8);
	munmap(p, 2 * PAGE_SIZE);
}

/* The program headers. Expect one loaded segment to hold this function, at the
 * bias that is given. */
static void test_program_headers(void **state)
{
	uintptr_t bias, here = (uintptr_t)test_program_headers;
	const void *headers;
	unsigned int nr = os_program_headers(&headers, &bias), hits = 0;
	const Elf64_Phdr *ph = headers;

	(void)state;
	assert_true(nr > 2);
	for (unsigned int i = 0; i < nr; i++) {
		if (ph[i].p_type != PT_LOAD ||
		    here - bias - ph[i].p_vaddr >= ph[i].p_memsz)
			continue;
		assert_true(ph[i].p_flags & PF_X);
		hits++;
	}
	assert_int_equal(hits, 1);
}

/* Addresses in the loader and elsewhere. Expect only the first to be in it. */
static void test_in_loader(void **state)
{
	uintptr_t base = getauxval(AT_BASE);

	(void)state;
	assert_int_not_equal(base, 0);
	assert_true(os_in_loader(base));
	assert_true(os_in_loader(base + 4096));
	assert_false(os_in_loader(base - 1));
	assert_false(os_in_loader((uintptr_t)&qsort));
	assert_false(os_in_loader((uintptr_t)&test_in_loader));
	assert_false(os_in_loader(0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_thread),
		cmocka_unit_test(test_readable),
		cmocka_unit_test(test_program_headers),
		cmocka_unit_test(test_in_loader),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
