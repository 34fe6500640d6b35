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

static void push(struct stack *s, u64 value)
{
	if (s->depth == DEPTH)
		s->error = -EINVAL;
	else
		s->at[s->depth++] = value;
}

static u64 pop(struct stack *s)
{
	if (s->depth)
		return s->at[--s->depth];
	s->error = -EINVAL;
	return 0;
}

/* Computes a OP b. Returns false if there is no such operator. */
static bool compute(u8 op, u64 a, u64 b, u64 *result)
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
static bool compare(u8 op, s64 a, s64 b, u64 *result)
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

static void binary(struct stack *s, u8 op)
{
	u64 b = pop(s), a = pop(s), result = 0;

	if (!compute(op, a, b, &result) &&
	    !compare(op, (s64)a, (s64)b, &result))
		s->error = -EINVAL;
	push(s, result);
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
static bool constant(struct eh_reader *r, u8 op, u64 *value)
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

static void deref(struct unwind_cursor *cursor, struct stack *s)
{
	u64 value = 0;
	int ret = unwind_peek(cursor, pop(s), &value);

	if (ret)
		s->error = ret;
	push(s, value);
}

static void dup(struct stack *s)
{
	u64 value = pop(s);

	push(s, value);
	push(s, value);
}

static void operate(struct unwind_cursor *cursor, struct stack *s,
		    struct eh_reader *r)
{
	u8 op = eh_u8(r);
	u64 value;

	if (op >= DW_OP_lit0 && op <= DW_OP_lit31)
		push(s, op - DW_OP_lit0);
	else if (op >= DW_OP_breg0 && op < DW_OP_breg0 + UNWIND_REGS)
		push(s, cursor->reg[op - DW_OP_breg0] + (u64)eh_sleb(r));
	else if (constant(r, op, &value))
		push(s, value);
	else if (op == DW_OP_deref)
		deref(cursor, s);
	else if (op == DW_OP_plus_uconst)
		push(s, pop(s) + eh_uleb(r));
	else if (op == DW_OP_dup)
		dup(s);
	else if (op == DW_OP_drop)
		pop(s);
	else
		binary(s, op);
}

int unwind_expression(struct unwind_cursor *cursor, struct eh_reader r,
		      u64 *value)
{
	struct stack s = { .depth = 0 };

	push(&s, *value);
	while (r.at < r.end && !s.error)
		operate(cursor, &s, &r);
	*value = pop(&s);
	return s.error;
}
