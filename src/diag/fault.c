// SPDX-License-Identifier: MIT
/*
 * diag/fault.c - see fault.h
 */
#include <errno.h>
#include <string.h>

#include "diag/dump_stack.h"
#include "diag/fault.h"
#include "diag/param.h"
#include "diag/report.h"
#include "diag/unwind/stacktrace.h"

u8 fault_armed;
static u64 random_state = 0x6b6d616c6c6f63; /* atomic */

static __thread struct {
	u32 nth;
	u16 exempt; /* depth */
	u16 marked;
} task;

/* ---- chance -------------------------------------------------------------- */

void fault_seed(u64 seed)
{
	WRITE_ONCE(random_state, seed);
}

static int set_seed(const char *value)
{
	unsigned long seed;
	int ret = param_number(value, 0, ~0UL, &seed);

	if (!ret)
		fault_seed(seed);
	return ret;
}
boot_param("fault_seed", set_seed, "a number");

/*
 * Returns a number below 100, by splitmix64 with a state shared by all threads.
 */
static unsigned int random_percent(void)
{
	u64 x = __atomic_add_fetch(&random_state, 0x9e3779b97f4a7c15UL,
				   __ATOMIC_RELAXED);

	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9UL;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebUL;
	x ^= x >> 31;
	return (unsigned int)((x >> 32) * 100 >> 32);
}

/* ---- the decision -------------------------------------------------------- */

/* Returns true if the caller's stack passes the filter of the attribute. */
static bool stack_passes(const struct fault_attr *attr)
{
	unsigned long entries[STACK_TRACE_DEPTH];
	unsigned long depth = min(attr->stacktrace_depth,
				  (unsigned long)STACK_TRACE_DEPTH);
	bool found = !attr->require_start && attr->require_end == ~0UL;
	unsigned int nr;

	if (!depth || (found && !attr->reject_start && !attr->reject_end))
		return found;
	nr = stack_trace_save(entries, (unsigned int)depth, 1);
	for (unsigned int i = 0; i < nr; i++) {
		if (entries[i] >= attr->reject_start &&
		    entries[i] < attr->reject_end)
			return false;
		if (entries[i] >= attr->require_start &&
		    entries[i] < attr->require_end)
			found = true;
	}
	return found;
}

static void dump_failure(struct fault_attr *attr)
{
	if (!attr->verbose || !__ratelimit(&attr->ratelimit, attr->name))
		return;
	km_report("FAULT_INJECTION: forcing a failure.\n"
		  "name %s, interval %lu, probability %lu, space %d, times "
		  "%d\n",
		  attr->name, attr->interval, attr->probability,
		  READ_ONCE(attr->space), READ_ONCE(attr->times));
	if (attr->verbose > 1)
		dump_stack();
}

static bool fail_request(struct fault_attr *attr, unsigned int flags)
{
	int times = READ_ONCE(attr->times);

	if (!(flags & FAULT_NOWARN))
		dump_failure(attr);
	while (times > 0 && !__atomic_compare_exchange_n(
				    &attr->times, &times, times - 1, false,
				    __ATOMIC_RELAXED, __ATOMIC_RELAXED))
		;
	return true;
}

/* Returns true and uses up space while more is left than is requested. */
static bool grant_space(struct fault_attr *attr, long size)
{
	if (READ_ONCE(attr->space) <= size)
		return false;
	__atomic_sub_fetch(&attr->space, (int)size, __ATOMIC_RELAXED);
	return true;
}

static bool fails_by_nth(struct fault_attr *attr, unsigned int flags)
{
	return stack_passes(attr) && !--task.nth && fail_request(attr, flags);
}

bool should_fail_ex(struct fault_attr *attr, long size, unsigned int flags)
{
	if (fault_off() || task.exempt)
		return false;
	if (task.nth)
		return fails_by_nth(attr, flags);
	if (!attr->probability)
		return false;
	if (attr->task_filter && !task.marked)
		return false;
	if (!READ_ONCE(attr->times) || !stack_passes(attr))
		return false;
	if (grant_space(attr, size))
		return false;
	if (attr->interval > 1 &&
	    __atomic_add_fetch(&attr->count, 1, __ATOMIC_RELAXED) %
		    attr->interval)
		return false;
	if (random_percent() >= attr->probability)
		return false;
	return fail_request(attr, flags);
}

bool should_fail(struct fault_attr *attr, long size)
{
	return should_fail_ex(attr, size, 0);
}

/* ---- this thread --------------------------------------------------------- */

static void arm_faults(void)
{
	WRITE_ONCE(fault_armed, (u8)1);
}

void fault_set_nth(unsigned int n)
{
	task.nth = n;
	if (n)
		arm_faults();
}

unsigned int fault_nth(void)
{
	return task.nth;
}

void fault_set_task(unsigned int marked)
{
	task.marked = marked != 0;
}

void fault_exempt_begin(void)
{
	task.exempt++;
}

void fault_exempt_end(void)
{
	task.exempt--;
}

/* ---- the knobs ----------------------------------------------------------- */

/*
 * Reads a signed number that ends at `stop`. Returns the text behind, or NULL.
 */
static const char *parse_long(const char *text, char stop, long *out)
{
	bool negative = *text == '-';
	const char *end;
	unsigned long value = memparse(text + negative, &end);

	if (end == text + negative || *end != stop || value > INT32_MAX)
		return NULL;
	*out = negative ? -(long)value : (long)value;
	return end + (stop != '\0');
}

int setup_fault_attr(struct fault_attr *attr, const char *str)
{
	long interval, probability, space, times;

	if (!(str = parse_long(str, ',', &interval)) ||
	    !(str = parse_long(str, ',', &probability)) ||
	    !(str = parse_long(str, ',', &space)) ||
	    !parse_long(str, '\0', &times))
		return -EINVAL;
	if (interval < 0 || probability < 0 || probability > 100 || times < -1)
		return -EINVAL;
	attr->interval = (unsigned long)interval;
	attr->probability = (unsigned long)probability;
	WRITE_ONCE(attr->space, (int)space);
	WRITE_ONCE(attr->times, (int)times);
	arm_faults();
	return 0;
}

/* The knobs that are unsigned long, with their largest values. */
static unsigned long *find_fault_knob(struct fault_attr *attr, const char *name,
				      size_t len, unsigned long *most)
{
	const struct {
		const char *name;
		unsigned long *value, most;
	} knobs[] = {
		{ "probability", &attr->probability, 100 },
		{ "interval", &attr->interval, ~0UL },
		{ "verbose", &attr->verbose, 2 },
		{ "verbose_ratelimit_interval_ms", &attr->ratelimit.interval,
		  ~0UL },
		{ "stacktrace-depth", &attr->stacktrace_depth,
		  STACK_TRACE_DEPTH },
		{ "require-start", &attr->require_start, ~0UL },
		{ "require-end", &attr->require_end, ~0UL },
		{ "reject-start", &attr->reject_start, ~0UL },
		{ "reject-end", &attr->reject_end, ~0UL },
		{ "task-filter", &attr->task_filter, 1 },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(knobs); i++) {
		if (!param_name_is(name, len, knobs[i].name))
			continue;
		*most = knobs[i].most;
		return knobs[i].value;
	}
	return NULL;
}

static int *find_signed_knob(struct fault_attr *attr, const char *name,
			     size_t len)
{
	if (param_name_is(name, len, "times"))
		return &attr->times;
	if (param_name_is(name, len, "space"))
		return &attr->space;
	if (param_name_is(name, len, "verbose_ratelimit_burst"))
		return &attr->ratelimit.burst;
	return NULL;
}

int fault_attr_set(struct fault_attr *attr, const char *knob)
{
	const char *value = strchr(knob, '=');
	size_t len = value ? (size_t)(value - knob) : strlen(knob);
	unsigned long most = 0,
		      *number = find_fault_knob(attr, knob, len, &most);
	int *with_sign = find_signed_knob(attr, knob, len);
	long parsed;

	if (!number && !with_sign)
		return -ENOENT;
	if (!value)
		return -EINVAL;
	if (number && param_number(value + 1, 0, most, number))
		return -EINVAL;
	if (with_sign) {
		if (!parse_long(value + 1, '\0', &parsed) || parsed < -1)
			return -EINVAL;
		WRITE_ONCE(*with_sign, (int)parsed);
	}
	arm_faults();
	return 0;
}
