// SPDX-License-Identifier: MIT
/*
 * test_unwind_expr.c - DWARF expressions, byte by byte
 */
#include <errno.h>

#include "diag/unwind/dwarf.h"
#include "diag/unwind/internal.h"
#include "support/child.h"

static struct unwind_cursor cursor;

static int run(const u8 *bytes, size_t nr, u64 *value)
{
	struct eh_reader r = { bytes, bytes + nr };

	return unwind_expression(&cursor, r, value);
}

#define EXPR(...) \
	(const u8[]){ __VA_ARGS__ }, sizeof((const u8[]){ __VA_ARGS__ })

/* One expression of each operator, with 100 below it. Expect its value. */
static void test_operators(void **state)
{
	static const struct {
		u8 bytes[12];
		size_t nr;
		u64 want;
	} rows[] = {
		{ { DW_OP_lit0 + 31 }, 1, 31 },
		{ { DW_OP_const1u, 0xff }, 2, 255 },
		{ { DW_OP_const1s, 0xff }, 2, ~0UL },
		{ { DW_OP_const2u, 0x34, 0x12 }, 3, 0x1234 },
		{ { DW_OP_const2s, 0x00, 0x80 }, 3, (u64)-32768L },
		{ { DW_OP_const4u, 1, 0, 0, 0x80 }, 5, 0x80000001 },
		{ { DW_OP_const4s, 0, 0, 0, 0x80 }, 5, (u64)-2147483648L },
		{ { DW_OP_const8u, 1, 2, 0, 0, 0, 0, 0, 4 },
		  9,
		  0x400000000000201 },
		{ { DW_OP_addr, 1, 2, 0, 0, 0, 0, 0, 4 }, 9, 0x400000000000201 },
		{ { DW_OP_constu, 0x80, 0x01 }, 3, 128 },
		{ { DW_OP_consts, 0x7f }, 2, ~0UL },
		{ { DW_OP_dup, DW_OP_plus }, 2, 200 },
		{ { DW_OP_lit0 + 7, DW_OP_drop }, 2, 100 },
		{ { DW_OP_lit0 + 6, DW_OP_and }, 2, 4 },
		{ { DW_OP_lit0 + 3, DW_OP_or }, 2, 103 },
		{ { DW_OP_lit0 + 1, DW_OP_minus }, 2, 99 },
		{ { DW_OP_lit0 + 3, DW_OP_mul }, 2, 300 },
		{ { DW_OP_lit0 + 3, DW_OP_shl }, 2, 800 },
		{ { DW_OP_lit0 + 2, DW_OP_shr }, 2, 25 },
		{ { DW_OP_plus_uconst, 0x80, 0x01 }, 3, 228 },
		{ { DW_OP_const1u, 100, DW_OP_eq }, 3, 1 },
		{ { DW_OP_const1u, 100, DW_OP_ne }, 3, 0 },
		{ { DW_OP_const1u, 100, DW_OP_ge }, 3, 1 },
		{ { DW_OP_const1u, 100, DW_OP_gt }, 3, 0 },
		{ { DW_OP_const1s, 0xff, DW_OP_le }, 3, 0 },
		{ { DW_OP_const1s, 0xff, DW_OP_lt }, 3, 0 },
	};

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(rows); i++) {
		u64 value = 100;

		assert_int_equal(run(rows[i].bytes, rows[i].nr, &value), 0);
		assert_int_equal(value, rows[i].want);
	}
}

/* The expression that linkers write for the PLT: the CFA is rsp + 8, and 8 more
 * once the stub has pushed its number. Expect just that, by pc. */
static void test_plt(void **state)
{
	static const u8 plt[] = {
		DW_OP_breg0 + 7, 8,	    DW_OP_breg0 + 16, 0,
		DW_OP_lit0 + 15, DW_OP_and, DW_OP_lit0 + 11,  DW_OP_ge,
		DW_OP_lit0 + 3,	 DW_OP_shl, DW_OP_plus
	};
	u64 value;

	(void)state;
	cursor.reg[UNWIND_SP] = 0x1000;
	for (u64 pc = 0x400; pc < 0x410; pc++) {
		cursor.reg[UNWIND_PC] = pc;
		value = 0;
		assert_int_equal(run(plt, sizeof(plt), &value), 0);
		assert_int_equal(value, pc < 0x40b ? 0x1008 : 0x1010);
	}
}

/* A load from memory that is there, and from memory that is not. Expect the
 * word, and an error. */
static void test_deref(void **state)
{
	u64 word = 4711, value = (u64)(uintptr_t)&word;

	(void)state;
	assert_int_equal(run(EXPR(DW_OP_deref), &value), 0);
	assert_int_equal(value, 4711);
	value = 0;
	assert_int_equal(run(EXPR(DW_OP_deref), &value), -EFAULT);
	value = (u64)(uintptr_t)&word + 1;
	assert_int_equal(run(EXPR(DW_OP_deref), &value), -EFAULT);
}

/* An empty stack, a full one, an operator that no compiler emits. Expect
 * -EINVAL. */
static void test_malformed(void **state)
{
	u8 deep[40];
	u64 value = 0;

	(void)state;
	memset(deep, DW_OP_dup, sizeof(deep));
	assert_int_equal(run(deep, sizeof(deep), &value), -EINVAL);
	assert_int_equal(run(EXPR(DW_OP_drop, DW_OP_drop), &value), -EINVAL);
	assert_int_equal(run(EXPR(DW_OP_plus), &value), -EINVAL);
	assert_int_equal(run(EXPR(DW_OP_lit0, 0xe0), &value), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_operators),
		cmocka_unit_test(test_plt),
		cmocka_unit_test(test_deref),
		cmocka_unit_test(test_malformed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
