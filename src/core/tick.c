// SPDX-License-Identifier: MIT
/*
 * core/tick.c - see tick.h
 */
#include "core/control.h"
#include "core/task.h"
#include "core/tick.h"
#include "sys/os.h"

/* While the engine starts no tick is due; the gates are only ever tried. */
#define MAY_BE_HELD (LOCK_GATES | 1U << LOCK_INIT)

#define TICKS_MAX 16

static const struct tick *ticks[TICKS_MAX]; /* constant after init */
static unsigned int nr_ticks;
spinlock_t tick_lock = SPIN_LOCK_INIT(LOCK_TICK);
unsigned long tick_interval_ms = 500;
unsigned long tick_last_ms;

void tick_register(const struct tick *tick)
{
	BUG_ON(nr_ticks == TICKS_MAX);
	ticks[nr_ticks++] = tick;
}

void tick_run(unsigned long now_ms)
{
	unsigned int flags = 0, left;

	if (!spin_trylock(&tick_lock))
		return;
	if (now_ms - tick_last_ms >= 2 * tick_interval_ms)
		flags |= TICK_IDLE;
	WRITE_ONCE(tick_last_ms, now_ms);
	for (left = nr_ticks; left--;)
		ticks[left]->fn(flags);
	spin_unlock(&tick_lock);
}

void tick_trim(unsigned long pages)
{
	lock_assert_held(&tick_lock);
	for (unsigned int left = nr_ticks; left-- && pages;)
		if (ticks[left]->trim)
			pages -= min(ticks[left]->trim(pages), pages);
}

void tick_drain(void)
{
	lock_assert_held(&tick_lock);
	for (unsigned int left = nr_ticks; left--;)
		if (ticks[left]->drain)
			ticks[left]->drain();
}

/*
 * Another library may replace clock_gettime() and allocate in it: no_ticks
 * keeps that allocation from polling again. A clock that runs backwards causes
 * no tick.
 */
unsigned long tick_poll(void)
{
	unsigned long now, passed;

	if (unlikely(current->no_ticks))
		return 0;
	VM_BUG_ON((lock_held & ~MAY_BE_HELD) && !lock_is_fork_owner());
	current->no_ticks = 1;
	now = os_now_ms();
	current->no_ticks = 0;
	passed = now - READ_ONCE(tick_last_ms);
	if (unlikely((long)passed > 0 && passed >= tick_interval_ms) &&
	    !(current->flags & PF_MEMALLOC))
		tick_run(now);
	if (unlikely(control_asked()) && !(current->flags & PF_MEMALLOC) &&
	    !lock_is_fork_owner())
		control_obey(now);
	return now;
}
