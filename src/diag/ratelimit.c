// SPDX-License-Identifier: MIT
/*
 * diag/ratelimit.c - see ratelimit.h
 */
#include "diag/ratelimit.h"
#include "diag/report.h"
#include "sys/os.h"

static void begin_interval(struct ratelimit_state *rs, const char *what,
			   unsigned long now)
{
	int missed = __atomic_exchange_n(&rs->missed, 0, __ATOMIC_RELAXED);

	WRITE_ONCE(rs->begin, now);
	WRITE_ONCE(rs->printed, 0);
	if (missed)
		km_report("%s: %d callbacks suppressed\n", what, missed);
}

bool __ratelimit(struct ratelimit_state *rs, const char *what)
{
	unsigned long now = os_now_ms() | 1, begin = READ_ONCE(rs->begin);

	if (!READ_ONCE(rs->interval))
		return true;
	if (!begin || now - begin > READ_ONCE(rs->interval))
		begin_interval(rs, what, now);
	if (__atomic_fetch_add(&rs->printed, 1, __ATOMIC_RELAXED) <
	    READ_ONCE(rs->burst))
		return true;
	__atomic_fetch_add(&rs->missed, 1, __ATOMIC_RELAXED);
	return false;
}
