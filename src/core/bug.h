// SPDX-License-Identifier: MIT
/*
 * core/bug.h - assertions in three tiers
 *
 * BUG_ON	always on: cheap, and guards what a user's mistake can corrupt.
 * VM_BUG_ON	debug builds: what only our own mistake can break.
 * x_check()	(in each layer) the whole-structure proof that tests call.
 */
#ifndef KM_CORE_BUG_H
#define KM_CORE_BUG_H

#include "config.h"
#include "core/fmt.h"

#define IS_ENABLED(option) (option)

#define BUG_ON(cond)                                                   \
	do {                                                           \
		if (unlikely(cond))                                    \
			km_panic("kmalloc: BUG: %s at %s:%d\n", #cond, \
				 __FILE_NAME__, __LINE__);             \
	} while (0)

#define VM_BUG_ON(cond)                   \
	do {                              \
		if (IS_ENABLED(KM_DEBUG)) \
			BUG_ON(cond);     \
	} while (0)

/* The line of a warning. */
void __warn(const char *file, int line, const char *function)
	__attribute__((cold));
/* Boot parameter panic_on_warn: here the program ends, after a warning. */
void check_panic_on_warn(const char *origin);

/* Say it once for each place; the value of the condition. */
#define WARN_ON_ONCE(cond)                                               \
	({                                                               \
		static u8 _warned;                                       \
		bool _hit = unlikely(cond);                              \
		if (_hit &&                                              \
		    !__atomic_exchange_n(&_warned, 1, __ATOMIC_RELAXED)) \
			__warn(__FILE_NAME__, __LINE__, __func__);       \
		_hit;                                                    \
	})

/* A pr_warn that says its piece once for each place. */
#define pr_warn_once(...)                                              \
	do {                                                           \
		static u8 _said;                                       \
		if (!__atomic_exchange_n(&_said, 1, __ATOMIC_RELAXED)) \
			km_report(__VA_ARGS__);                        \
	} while (0)

#endif
