// SPDX-License-Identifier: MIT
/*
 * diag/unwind/unwind.c - see unwind.h
 *
 * The instructions of a CIE and an FDE describe a table with a row for each
 * piece of code. A row tells how to compute the CFA, and where each register of
 * the caller was saved. They are run until the row of pc is complete.
 */
#include <errno.h>
#include <string.h>

#include "diag/unwind/dwarf.h"
#include "diag/unwind/eh_frame.h"
#include "diag/unwind/internal.h"
#include "sys/os.h"

enum how {
	HOW_SAME, /* the register was not touched */
	HOW_UNDEFINED, /* not known; for pc: there is no caller */
	HOW_OFFSET, /* saved at CFA + value */
	HOW_VAL_OFFSET, /* it is CFA + value */
	HOW_REGISTER, /* it is in register `value` */
	HOW_EXPRESSION, /* saved where the expression at `value` says */
	HOW_VAL_EXPRESSION, /* it is what the expression says */
};

struct rule {
	u64 value;
	enum how how;
};

struct row {
	struct rule reg[UNWIND_REGS];
	struct rule cfa; /* HOW_OFFSET from cfa_reg, or HOW_VAL_EXPRESSION */
	u64 cfa_reg;
};

#define REMEMBERED 4 /* rows; compilers nest one */

/* The instructions of one function, while they are run. */
struct unwind_table {
	const struct eh_frame *frame;
	uintptr_t loc; /* the code that the row begins with */
	struct row row, initial, remembered[REMEMBERED];
	unsigned int depth;
	int error;
};

/* ---- running the instructions -------------------------------------------- */

static void set_reg_rule(struct unwind_table *t, u64 reg, enum how how,
			 u64 value)
{
	if (reg == t->frame->ra_reg)
		reg = UNWIND_PC;
	if (reg < UNWIND_REGS)
		t->row.reg[reg] = (struct rule){ value, how };
}

static void restore_rule(struct unwind_table *t, u64 reg)
{
	if (reg < UNWIND_REGS)
		t->row.reg[reg] = t->initial.reg[reg];
}

/* Skips the expression at r (a length, then its bytes). Returns its address. */
static u64 skip_expression(struct eh_reader *r)
{
	u64 place = (u64)(uintptr_t)r->at, length = eh_uleb(r);

	r->at = min(r->at + length, r->end);
	return place;
}

static u64 times_data_align(struct unwind_table *t, u64 value)
{
	return value * (u64)t->frame->data_align;
}

/* Instructions that say where one register is. */
static bool run_register(struct unwind_table *t, struct eh_reader *r, u8 op)
{
	u64 reg = op == DW_CFA_nop ? 0 : eh_uleb(r);

	switch (op) {
	case DW_CFA_offset_extended:
		set_reg_rule(t, reg, HOW_OFFSET,
			     times_data_align(t, eh_uleb(r)));
		return true;
	case DW_CFA_offset_extended_sf:
		set_reg_rule(t, reg, HOW_OFFSET,
			     times_data_align(t, (u64)eh_sleb(r)));
		return true;
	case DW_CFA_val_offset:
		set_reg_rule(t, reg, HOW_VAL_OFFSET,
			     times_data_align(t, eh_uleb(r)));
		return true;
	case DW_CFA_val_offset_sf:
		set_reg_rule(t, reg, HOW_VAL_OFFSET,
			     times_data_align(t, (u64)eh_sleb(r)));
		return true;
	case DW_CFA_restore_extended:
		restore_rule(t, reg);
		return true;
	case DW_CFA_undefined:
		set_reg_rule(t, reg, HOW_UNDEFINED, 0);
		return true;
	case DW_CFA_same_value:
		set_reg_rule(t, reg, HOW_SAME, 0);
		return true;
	case DW_CFA_register:
		set_reg_rule(t, reg, HOW_REGISTER, eh_uleb(r));
		return true;
	case DW_CFA_expression:
		set_reg_rule(t, reg, HOW_EXPRESSION, skip_expression(r));
		return true;
	case DW_CFA_val_expression:
		set_reg_rule(t, reg, HOW_VAL_EXPRESSION, skip_expression(r));
		return true;
	default:
		return false;
	}
}

static void define_cfa(struct unwind_table *t, u64 reg, u64 offset)
{
	t->row.cfa_reg = reg;
	t->row.cfa = (struct rule){ offset, HOW_OFFSET };
}

/* Instructions that say how the CFA is found. */
static bool run_cfa(struct unwind_table *t, struct eh_reader *r, u8 op)
{
	u64 reg = t->row.cfa_reg;

	switch (op) {
	case DW_CFA_def_cfa:
		reg = eh_uleb(r);
		define_cfa(t, reg, eh_uleb(r));
		return true;
	case DW_CFA_def_cfa_sf:
		reg = eh_uleb(r);
		define_cfa(t, reg, times_data_align(t, (u64)eh_sleb(r)));
		return true;
	case DW_CFA_def_cfa_register:
		define_cfa(t, eh_uleb(r), t->row.cfa.value);
		return true;
	case DW_CFA_def_cfa_offset:
		define_cfa(t, reg, eh_uleb(r));
		return true;
	case DW_CFA_def_cfa_offset_sf:
		define_cfa(t, reg, times_data_align(t, (u64)eh_sleb(r)));
		return true;
	case DW_CFA_def_cfa_expression:
		t->row.cfa.value = skip_expression(r);
		t->row.cfa.how = HOW_VAL_EXPRESSION;
		return true;
	default:
		return false;
	}
}

/* Instructions that step to the next row, or to one that was remembered. */
static bool run_row(struct unwind_table *t, struct eh_reader *r, u8 op)
{
	u64 align = t->frame->code_align;

	switch (op) {
	case DW_CFA_nop:
		return true;
	case DW_CFA_set_loc:
		t->loc = eh_pointer(r, t->frame->encoding, 0);
		return true;
	case DW_CFA_advance_loc1:
		t->loc += eh_fixed(r, 1) * align;
		return true;
	case DW_CFA_advance_loc2:
		t->loc += eh_fixed(r, 2) * align;
		return true;
	case DW_CFA_advance_loc4:
		t->loc += eh_fixed(r, 4) * align;
		return true;
	case DW_CFA_remember_state:
		if (t->depth == REMEMBERED)
			t->error = -EINVAL;
		else
			t->remembered[t->depth++] = t->row;
		return true;
	case DW_CFA_restore_state:
		if (!t->depth)
			t->error = -EINVAL;
		else
			t->row = t->remembered[--t->depth];
		return true;
	case DW_CFA_GNU_args_size:
		eh_uleb(r);
		return true;
	default:
		return false;
	}
}

/* Runs the instructions up to the row of pc, or to the end. */
static void run_instructions(struct unwind_table *t, struct eh_reader r,
			     uintptr_t pc)
{
	while (r.at < r.end && !t->error) {
		struct eh_reader before = r;
		uintptr_t loc = t->loc;
		u8 op = eh_u8(&r), low = op & 0x3f;

		if ((op & 0xc0) == DW_CFA_advance_loc)
			t->loc += low * t->frame->code_align;
		else if ((op & 0xc0) == DW_CFA_offset)
			set_reg_rule(t, low, HOW_OFFSET,
				     times_data_align(t, eh_uleb(&r)));
		else if ((op & 0xc0) == DW_CFA_restore)
			restore_rule(t, low);
		else if (!run_row(t, &r, op) && !run_cfa(t, &r, op) &&
			 !run_register(t, &r, op))
			t->error = -EINVAL;
		if (t->loc > pc) { /* that row is for later code */
			t->loc = loc;
			r = before;
			break;
		}
	}
}

/* ---- applying a row ------------------------------------------------------ */

static int evaluate_at(struct unwind_cursor *c, u64 place, u64 *value)
{
	struct eh_reader r = { (const u8 *)place, (const u8 *)place + 16 };
	u64 length = eh_uleb(&r);

	r.end = r.at + length;
	return unwind_expression(c, r, value);
}

static int find_register(struct unwind_cursor *c, const struct rule *rule,
			 u64 cfa, u64 *value)
{
	u64 at = cfa;
	int ret;

	switch (rule->how) {
	case HOW_OFFSET:
		return unwind_peek(c, cfa + rule->value, value);
	case HOW_VAL_OFFSET:
		*value = cfa + rule->value;
		return 0;
	case HOW_REGISTER:
		if (rule->value >= UNWIND_REGS)
			return -EINVAL;
		*value = c->reg[rule->value];
		return 0;
	case HOW_EXPRESSION:
		ret = evaluate_at(c, rule->value, &at);
		return ret ? ret : unwind_peek(c, at, value);
	case HOW_VAL_EXPRESSION:
		*value = cfa;
		return evaluate_at(c, rule->value, value);
	default:
		return 0;
	}
}

static int find_cfa(struct unwind_cursor *c, const struct row *row, u64 *cfa)
{
	*cfa = 0;
	if (row->cfa.how == HOW_VAL_EXPRESSION)
		return evaluate_at(c, row->cfa.value, cfa);
	if (row->cfa_reg >= UNWIND_REGS)
		return -EINVAL;
	*cfa = c->reg[row->cfa_reg] + row->cfa.value;
	return 0;
}

/* Sets the caller's registers; -ENOENT if the stack pointer would not rise. */
static int apply_row(struct unwind_cursor *c, const struct row *row, u8 signal)
{
	u64 reg[UNWIND_REGS], cfa;
	int ret = find_cfa(c, row, &cfa);

	if (ret || row->reg[UNWIND_PC].how == HOW_UNDEFINED ||
	    row->reg[UNWIND_PC].how == HOW_SAME)
		return -ENOENT;
	if (cfa <= c->reg[UNWIND_SP] && !signal)
		return -ENOENT;
	memcpy(reg, c->reg, sizeof(reg));
	reg[UNWIND_SP] = cfa;
	for (unsigned int i = 0; i < UNWIND_REGS && !ret; i++)
		ret = find_register(c, &row->reg[i], cfa, &reg[i]);
	if (ret || !reg[UNWIND_PC])
		return -ENOENT;
	memcpy(c->reg, reg, sizeof(reg));
	c->interrupted = signal;
	return 0;
}

/* ---- simple rows --------------------------------------------------------- */

static const u8 saved_regs[UNWIND_SAVED] = { 3, 6, 12, 13, 14, 15 };

/* Converts a row to the simple form; returns false if it does not fit. */
static bool simplify_row(const struct row *row, struct unwind_simple *simple)
{
	u32 others = (1U << UNWIND_PC) - 1;

	if (row->cfa.how != HOW_OFFSET || row->cfa_reg >= UNWIND_REGS ||
	    row->reg[UNWIND_PC].how != HOW_OFFSET ||
	    row->reg[UNWIND_PC].value != (u64)-8L)
		return false;
	simple->cfa_reg = (u8)row->cfa_reg;
	simple->cfa_offset = (s32)row->cfa.value;
	for (unsigned int i = 0; i < UNWIND_SAVED; i++) {
		const struct rule *rule = &row->reg[saved_regs[i]];
		s64 words = (s64)rule->value / 8;

		others &= ~(1U << saved_regs[i]);
		simple->saved[i] = 0;
		if (rule->how == HOW_SAME)
			continue;
		if (rule->how != HOW_OFFSET || words > -2 || words < -128)
			return false;
		simple->saved[i] = (s8)words;
	}
	for (unsigned int reg = 0; reg < UNWIND_PC; reg++)
		if ((others & 1U << reg) && row->reg[reg].how != HOW_SAME)
			return false;
	return true;
}

static int apply_simple(struct unwind_cursor *c,
			const struct unwind_simple *row)
{
	u64 cfa = c->reg[row->cfa_reg] + (u64)(s64)row->cfa_offset;

	if (cfa <= c->reg[UNWIND_SP] ||
	    unwind_peek(c, cfa - 8, &c->reg[UNWIND_PC]))
		return -ENOENT;
	for (unsigned int i = 0; i < UNWIND_SAVED; i++)
		if (row->saved[i] &&
		    unwind_peek(c, cfa + (u64)(s64)row->saved[i] * 8,
				&c->reg[saved_regs[i]]))
			return -ENOENT;
	c->reg[UNWIND_SP] = cfa;
	c->interrupted = 0;
	return c->reg[UNWIND_PC] ? 0 : -ENOENT;
}

/* ---- one frame ----------------------------------------------------------- */

static int find_row(const struct eh_object *object, uintptr_t pc,
		    struct unwind_table *t, struct eh_frame *frame)
{
	if (eh_find_frame(object, pc, frame))
		return -ENOENT;
	t->frame = frame;
	t->depth = 0;
	t->error = 0;
	memset(&t->row, 0, sizeof(t->row));
	t->loc = frame->start;
	run_instructions(t, frame->initial, ~0UL);
	t->initial = t->row;
	t->loc = frame->start;
	run_instructions(t, frame->rest, pc);
	return t->error;
}

int unwind_step(struct unwind_cursor *c)
{
	/* the call may be a function's last instruction: look at the call */
	uintptr_t pc = c->reg[UNWIND_PC] - !c->interrupted;
	struct unwind_simple simple;
	struct eh_object object;
	struct eh_frame frame;
	struct unwind_table t;

	if (eh_find_object(pc, &object))
		return -ENOENT;
	if (unwind_cache_get(pc, object.hdr, &simple))
		return apply_simple(c, &simple);
	if (find_row(&object, pc, &t, &frame))
		return -ENOENT;
	if (frame.signal || !simplify_row(&t.row, &simple))
		return apply_row(c, &t.row, frame.signal);
	unwind_cache_put(pc, object.hdr, &simple);
	return apply_simple(c, &simple);
}

/* ---- the first frame ----------------------------------------------------- */

#if defined(__x86_64__)
noinline int unwind_here(struct unwind_cursor *c)
{
	memset(c, 0, sizeof(*c));
	__asm__ volatile("movq %%rbx, 24(%0)\n\t"
			 "movq %%rbp, 48(%0)\n\t"
			 "movq %%rsp, 56(%0)\n\t"
			 "movq %%r12, 96(%0)\n\t"
			 "movq %%r13, 104(%0)\n\t"
			 "movq %%r14, 112(%0)\n\t"
			 "movq %%r15, 120(%0)\n\t"
			 "leaq 0(%%rip), %%rax\n\t"
			 "movq %%rax, 128(%0)"
			 :
			 : "r"(c->reg)
			 : "rax", "memory");
	c->interrupted = 1;
	c->readable = ALIGN_DOWN(c->reg[UNWIND_SP], OS_PAGE_SIZE);
	c->readable_end = c->readable + OS_PAGE_SIZE;
	return unwind_step(c) ? -ENOSYS : 0;
}
#else
int unwind_here(struct unwind_cursor *c)
{
	(void)c;
	return -ENOSYS;
}
#endif
