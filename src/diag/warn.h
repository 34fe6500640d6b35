// SPDX-License-Identifier: MIT
/*
 * diag/warn.h - warnings: what was requested, what is allowed, and the caller
 *
 * Source	Linux include/asm-generic/bug.h, linux/printk.h: the names
 */
#ifndef KM_DIAG_WARN_H
#define KM_DIAG_WARN_H

#include "diag/report.h"

struct warn_place {
	const char *file, *function;
	int line;
};

/* Prints the message and then the caller of the library; see warn.c. */
void __warn(const struct warn_place *place, const char *fmt, ...)
	__attribute__((cold)) __printf(2, 3);
/* Ends the program after a warning if panic_on_warn is set. */
void check_panic_on_warn(const char *origin);

#define warn_here(...)                                                   \
	do {                                                             \
		static const struct warn_place _place = { __FILE_NAME__, \
							  __func__,      \
							  __LINE__ };    \
		__warn(&_place, __VA_ARGS__);                            \
	} while (0)

/*
 * Warns if the condition is true: the request, what is allowed, and the caller.
 * Returns the condition.
 */
#define WARN(cond, ...)                         \
	({                                      \
		bool _hit = unlikely(cond);     \
		if (_hit)                       \
			warn_here(__VA_ARGS__); \
		_hit;                           \
	})

/* The same, printed once for each place. */
#define WARN_ONCE(cond, ...)                                             \
	({                                                               \
		static u8 _warned;                                       \
		bool _hit = unlikely(cond);                              \
		if (_hit &&                                              \
		    !__atomic_exchange_n(&_warned, 1, __ATOMIC_RELAXED)) \
			warn_here(__VA_ARGS__);                          \
		_hit;                                                    \
	})

/* Prints a message once for each place. */
#define pr_warn_once(...)                                              \
	do {                                                           \
		static u8 _said;                                       \
		if (!__atomic_exchange_n(&_said, 1, __ATOMIC_RELAXED)) \
			km_report(__VA_ARGS__);                        \
	} while (0)

#endif
