// SPDX-License-Identifier: MIT
/*
 * test_tick.c - periodic work on the way past
 */
#include <time.h>

#include "core/tick.h"
#include "sys/os.h"
#include "support/child.h"

static int first_runs, second_runs;
static unsigned int seen_flags;

static void count_first(unsigned int flags)
{
	first_runs++;
	seen_flags = flags;
}

static void count_second(unsigned int flags)
{
	REQUIRE(second_runs == first_runs); /* higher rooms come first */
	second_runs++;
	REQUIRE(!flags);
	tick_run(tick_last_ms); /* busy: it must not run, nor wait */
}

static struct tick first = { .fn = count_first };
static struct tick second = { .fn = count_second };

/* Two functions, one of which asks for a run again. Expect each to run once a
 * run, the one that was registered last before the other. */
static void child_run_all(void *arg)
{
	(void)arg;
	tick_register(&first);
	tick_register(&second);
	for (int i = 1; i <= 3; i++) {
		tick_run(tick_last_ms + tick_interval_ms);
		REQUIRE(first_runs == i && second_runs == i);
	}
	REQUIRE(!tick_lock.word);
}

/* Runs in time and runs that are late. Expect TICK_IDLE from two intervals
 * on. */
static void child_idle(void *arg)
{
	(void)arg;
	tick_register(&first);
	tick_interval_ms = 500;
	tick_last_ms = 10000;
	tick_run(10999);
	REQUIRE(first_runs == 1 && !seen_flags);
	tick_run(11999);
	REQUIRE(first_runs == 2 && seen_flags == TICK_IDLE);
	tick_run(12500);
	REQUIRE(first_runs == 3 && !seen_flags);
}

/* Polls before and after the interval. Expect a run after it only. */
static void child_poll(void *arg)
{
	(void)arg;
	tick_register(&first);
	tick_last_ms = os_now_ms();
	tick_interval_ms = 3600000;
	for (int i = 0; i < 100; i++)
		tick_poll();
	REQUIRE(first_runs == 0);
	tick_last_ms = os_now_ms() - tick_interval_ms;
	tick_poll();
	REQUIRE(first_runs == 1);
	tick_poll();
	REQUIRE(first_runs == 1);
}

/* Another thread is running the ticks. Expect a run to pass by at once. */
static void child_busy(void *arg)
{
	(void)arg;
	tick_register(&first);
	spin_lock(&tick_lock);
	tick_run(5);
	spin_unlock(&tick_lock);
	REQUIRE(first_runs == 0);
	tick_run(5);
	REQUIRE(first_runs == 1);
}

static unsigned long trims[3]; /* what each room was asked for, or 0 */

static unsigned long trim_low(unsigned long pages)
{
	trims[0] = pages;
	return pages;
}

static unsigned long trim_some(unsigned long pages)
{
	trims[1] = pages;
	return 30;
}

static unsigned long trim_much(unsigned long pages)
{
	trims[2] = pages;
	return pages + 5;
}

static const struct tick low = { .trim = trim_low };
static const struct tick some = { .trim = trim_some };
static const struct tick much = { .trim = trim_much };

static void trim_locked(unsigned long pages)
{
	memset(trims, 0, sizeof(trims));
	spin_lock(&tick_lock);
	tick_trim(pages);
	spin_unlock(&tick_lock);
}

/* Rooms with a trim and one without. Expect the upper ones asked first, each
 * for what is left, and none once enough is given. */
static void child_trim(void *arg)
{
	(void)arg;
	tick_register(&low);
	tick_register(&first);
	tick_register(&some);
	trim_locked(100);
	REQUIRE(trims[1] == 100 && trims[0] == 70 && first_runs == 0);
	trim_locked(30);
	REQUIRE(trims[1] == 30 && trims[0] == 0);
	tick_register(&much);
	trim_locked(50);
	REQUIRE(trims[2] == 50 && trims[1] == 0 && trims[0] == 0);
}

static char drained[4]; /* which rooms, in turn */
static unsigned int nr_drained;

static void drain_low(void)
{
	drained[nr_drained++] = 'l';
}

static void drain_high(void)
{
	drained[nr_drained++] = 'h';
}

/* Rooms that keep something, and one that does not. Expect the upper one
 * drained first, and no other function called. */
static void child_drain(void *arg)
{
	static const struct tick keeps_low = { .drain = drain_low };
	static const struct tick keeps_high = { .drain = drain_high };

	(void)arg;
	tick_register(&keeps_low);
	tick_register(&first);
	tick_register(&keeps_high);
	spin_lock(&tick_lock);
	tick_drain();
	spin_unlock(&tick_lock);
	REQUIRE(!strcmp(drained, "hl") && first_runs == 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		child_test(child_run_all), child_test(child_idle),
		child_test(child_poll),	   child_test(child_busy),
		child_test(child_trim),	   child_test(child_drain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
