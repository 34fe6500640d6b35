// SPDX-License-Identifier: MIT
/*
 * diag/unwind/unwind_expr.c - DWARF expressions, as far as call frames use them
 *
 * Linkers describe the PLT by one, libc the frame of a signal handler, and
 * compilers a stack that main() aligned anew.
 */
#include <errno.h>

#include "diag/unwind/dwarf.h"
#include "diag/unwind/internal.h"

#define DEPTH 16

struct stack {
	u64 at[DEPTH];
	unsigned int depth;
	int error; /* of the first thing that went wrong */
};

static void push_value(struct stack *s, u64 value)
{
	if (s->depth == DEPTH)
		s->error = -EINVAL;
	else
		s->at[s->depth++] = value;
}

static u64 pop_value(struct stack *s)
{
	if (s->depth)
		return s->at[--s->depth];
	s->error = -EINVAL;
	return 0;
}

/* Computes a OP b. Returns false if there is no such operator. */
static bool compute_binary(u8 op, u64 a, u64 b, u64 *result)
{
	switch (op) {
	case DW_OP_and:
		*result = a & b;
		return true;
	case DW_OP_or:
		*result = a | b;
		return true;
	case DW_OP_plus:
		*result = a + b;
		return true;
	case DW_OP_minus:
		*result = a - b;
		return true;
	case DW_OP_mul:
		*result = a * b;
		return true;
	case DW_OP_shl:
		*result = b < 64 ? a << b : 0;
		return true;
	case DW_OP_shr:
		*result = b < 64 ? a >> b : 0;
		return true;
	default:
		return false;
	}
}

/* The same for comparisons, which are of signed numbers. */
static bool compare_binary(u8 op, s64 a, s64 b, u64 *result)
{
	switch (op) {
	case DW_OP_eq:
		*result = a == b;
		return true;
	case DW_OP_ne:
		*result = a != b;
		return true;
	case DW_OP_ge:
		*result = a >= b;
		return true;
	case DW_OP_gt:
		*result = a > b;
		return true;
	case DW_OP_le:
		*result = a <= b;
		return true;
	case DW_OP_lt:
		*result = a < b;
		return true;
	default:
		return false;
	}
}

static void run_binary(struct stack *s, u8 op)
{
	u64 b = pop_value(s), a = pop_value(s), result = 0;

	if (!compute_binary(op, a, b, &result) &&
	    !compare_binary(op, (s64)a, (s64)b, &result))
		s->error = -EINVAL;
	push_value(s, result);
}

/* Returns a number of 1, 2, 4 or 8 bytes, sign-extended if op is signed. */
static u64 fixed_constant(struct eh_reader *r, u8 op)
{
	unsigned int bytes = 1U << ((op - DW_OP_const1u) / 2);
	unsigned int shift = (op - DW_OP_const1u) % 2 ? 64 - 8 * bytes : 0;
	u64 value = eh_fixed(r, bytes) << shift;

	return shift ? (u64)((s64)value >> shift) : value;
}

/* Reads the number that follows its operator. Returns false if op has none. */
static bool read_constant(struct eh_reader *r, u8 op, u64 *value)
{
	if (op == DW_OP_addr)
		*value = eh_fixed(r, 8);
	else if (op == DW_OP_constu)
		*value = eh_uleb(r);
	else if (op == DW_OP_consts)
		*value = (u64)eh_sleb(r);
	else if (op >= DW_OP_const1u && op <= DW_OP_const8s)
		*value = fixed_constant(r, op);
	else
		return false;
	return true;
}

static void deref_top(struct unwind_cursor *cursor, struct stack *s)
{
	u64 value = 0;
	int ret = unwind_peek(cursor, pop_value(s), &value);

	if (ret)
		s->error = ret;
	push_value(s, value);
}

static void push_copy(struct stack *s)
{
	u64 value = pop_value(s);

	push_value(s, value);
	push_value(s, value);
}

static void run_operator(struct unwind_cursor *cursor, struct stack *s,
			 struct eh_reader *r)
{
	u8 op = eh_u8(r);
	u64 value;

	if (op >= DW_OP_lit0 && op <= DW_OP_lit31)
		push_value(s, op - DW_OP_lit0);
	else if (op >= DW_OP_breg0 && op < DW_OP_breg0 + UNWIND_REGS)
		push_value(s, cursor->reg[op - DW_OP_breg0] + (u64)eh_sleb(r));
	else if (read_constant(r, op, &value))
		push_value(s, value);
	else if (op == DW_OP_deref)
		deref_top(cursor, s);
	else if (op == DW_OP_plus_uconst)
		push_value(s, pop_value(s) + eh_uleb(r));
	else if (op == DW_OP_dup)
		push_copy(s);
	else if (op == DW_OP_drop)
		pop_value(s);
	else
		run_binary(s, op);
}

int unwind_expression(struct unwind_cursor *cursor, struct eh_reader r,
		      u64 *value)
{
	struct stack s = { .depth = 0 };

	push_value(&s, *value);
	while (r.at < r.end && !s.error)
		run_operator(cursor, &s, &r);
	*value = pop_value(&s);
	return s.error;
}
