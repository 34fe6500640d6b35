// SPDX-License-Identifier: MIT
/*
 * test_cxx.c - the operators of C++, called from C
 *
 * This program plays the C++ runtime: the handler, and the throw, which leaves
 * by longjmp. With real ones the programs of tests/cxx do it.
 */
#include <malloc.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "shim/cxx.h"
#include "shim/shim.h"
#include "support/child.h"
#include "sys/os.h"

#define TOO_MUCH ((size_t)PTRDIFF_MAX + 1)

typedef void (*handler_t)(void);

handler_t _ZSt15get_new_handlerv(void);
void _ZSt17__throw_bad_allocv(void);

static handler_t handler;
static jmp_buf catch;
static unsigned int thrown, handled;

handler_t _ZSt15get_new_handlerv(void)
{
	return handler;
}

void _ZSt17__throw_bad_allocv(void)
{
	thrown++;
	longjmp(catch, 1);
}

static int reset(void **state)
{
	(void)state;
	handler = NULL;
	thrown = handled = 0;
	return 0;
}

/* A handler that gives up at the third call. */
static void give_up(void)
{
	if (++handled == 3)
		handler = NULL;
}

/* Every way to get memory, with every way to give it back. Expect it aligned,
 * and nothing left. */
static void test_pairs(void **state)
{
	static void *(*const plain[])(size_t) = { _Znwm, _Znam };
	static void *(*const aligned[])(size_t,
					size_t) = { _ZnwmSt11align_val_t,
						    _ZnamSt11align_val_t };
	size_t before = mallinfo2().uordblks;

	(void)state;
	for (size_t size = 0; size < 100000; size += 1 + size / 2) {
		for (unsigned int i = 0; i < 2; i++) {
			void *p = plain[i](size), *q = aligned[i](size, 256);

			assert_true(malloc_usable_size(p) >= size);
			assert_int_equal((uintptr_t)q % 256, 0);
			_ZdlPv(p);
			_ZdaPvSt11align_val_t(q, 256);
		}
	}
	_ZdaPv(_Znam(10));
	_ZdlPvm(_Znwm(10), 10);
	_ZdaPvm(_Znam(10), 10);
	_ZdlPvRKSt9nothrow_t(_ZnwmRKSt9nothrow_t(10, NULL), NULL);
	_ZdaPvRKSt9nothrow_t(_ZnamRKSt9nothrow_t(10, NULL), NULL);
	_ZdlPvSt11align_val_t(_ZnwmSt11align_val_t(10, 64), 64);
	_ZdlPvmSt11align_val_t(_ZnwmSt11align_val_t(10, 64), 10, 64);
	_ZdaPvmSt11align_val_t(_ZnamSt11align_val_t(10, 64), 10, 64);
	_ZdlPvSt11align_val_tRKSt9nothrow_t(
		_ZnwmSt11align_val_tRKSt9nothrow_t(10, 64, NULL), 64, NULL);
	_ZdaPvSt11align_val_tRKSt9nothrow_t(
		_ZnamSt11align_val_tRKSt9nothrow_t(10, 64, NULL), 64, NULL);
	_ZdlPv(NULL);
	assert_int_equal(mallinfo2().uordblks, before);
	assert_int_equal(thrown, 0);
}

/* Too much, without a handler. Expect each throwing form to throw, once. */
static void test_throws(void **state)
{
	volatile unsigned int form;

	(void)state;
	for (form = 0; form < 4; form++) {
		if (setjmp(catch))
			continue;
		if (form == 0)
			_Znwm(TOO_MUCH);
		else if (form == 1)
			_Znam(TOO_MUCH);
		else if (form == 2)
			_ZnwmSt11align_val_t(TOO_MUCH, 64);
		else
			_ZnamSt11align_val_t(TOO_MUCH, 64);
		fail_msg("form %u came back", form);
	}
	assert_int_equal(thrown, 4);
}

/* Too much, with a handler that gives up in the end. Expect it called until
 * then, and the throw after it. */
static void test_handler(void **state)
{
	(void)state;
	handler = give_up;
	if (!setjmp(catch)) {
		_Znwm(TOO_MUCH);
		fail_msg("it came back");
	}
	assert_int_equal(handled, 3);
	assert_int_equal(thrown, 1);
}

/* ---- a handler that helps ------------------------------------------------ */

#define GIB (1UL << 30)
#define HOARD 8192

static void *hoard[HOARD];
static unsigned int hoarded;

static void give_one(void)
{
	handled++;
	free(hoard[--hoarded]);
}

/* No address space left, and a handler that frees some. Expect the memory,
 * without a throw. */
static void child_helped(void *arg)
{
	struct rlimit limit;
	void *p;

	(void)arg;
	limit.rlim_cur = limit.rlim_max = os_address_space_used() + 4 * GIB;
	REQUIRE(!setrlimit(RLIMIT_AS, &limit));
	while (hoarded < HOARD) {
		hoard[hoarded] = malloc(GIB);
		if (!hoard[hoarded])
			break;
		hoarded++;
	}
	REQUIRE(hoarded > 0 && hoarded < HOARD);
	REQUIRE(!malloc(GIB));
	handler = give_one;
	handled = 0;
	p = _Znwm(GIB);
	REQUIRE(p);
	REQUIRE(handled == 1 && !thrown);
	_ZdlPv(p);
}

/* The nothrow forms with too much. Expect NULL, and the handler asked. */
static void test_nothrow(void **state)
{
	(void)state;
	assert_null(_ZnwmRKSt9nothrow_t(TOO_MUCH, NULL));
	assert_null(_ZnamRKSt9nothrow_t(TOO_MUCH, NULL));
	assert_null(_ZnwmSt11align_val_tRKSt9nothrow_t(TOO_MUCH, 64, NULL));
	assert_null(_ZnamSt11align_val_tRKSt9nothrow_t(TOO_MUCH, 64, NULL));
	handler = give_up;
	assert_null(_ZnwmRKSt9nothrow_t(TOO_MUCH, NULL));
	assert_int_equal(handled, 3);
	assert_int_equal(thrown, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_pairs, reset),
		cmocka_unit_test_setup(test_throws, reset),
		cmocka_unit_test_setup(test_handler, reset),
		cmocka_unit_test_setup(test_nothrow, reset),
		child_test(child_helped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
