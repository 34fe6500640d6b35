// SPDX-License-Identifier: MIT
/*
 * kmem/debug_report.c - prints slab_debug's reports in the kernel's words
 *
 *	=====================================================================
 *	BUG malloc-64 (Not tainted): Right Redzone overwritten
 *	---------------------------------------------------------------------
 *
 *	0x7f..1440-0x7f..1440 @offset=1088. First byte 0x41 instead of 0xcc
 *	Allocated in main+0x1d/0x60 age=2 cpu=1 pid=4711
 *	 ... what the backend prints of the object ...
 *	CPU: 1 PID: 4711 Comm: prog
 *	Call Trace:
 *	 main+0x35/0x60
 *	FIX malloc-64: Restoring Right Redzone 0x7f..1440-0x7f..1440=0xcc
 *
 * Source	Linux v6.12 mm/slub.c (docs/kernel.md D3, D4)
 */
#include "diag/dump_stack.h"
#include "diag/fmt.h"
#include "diag/report.h"
#include "diag/unwind/stacktrace.h"
#include "diag/warn.h"
#include "kmem/debug.h"
#include "sys/os.h"

unsigned int *slab_kunit_errors;
static u8 tainted; /* atomic: a report was printed */

void slab_caller_init(struct slab_caller *who, const struct kmem_cache *s,
		      uintptr_t caller)
{
	who->nr = 0;
	who->track = (struct track){
		.addr = caller,
		.cpu = os_cpu(),
		.pid = os_tid(),
		.when = os_now_ms(),
	};
	if (!(s->flags & SLAB_DEBUG_FLAGS))
		return;
	who->nr = stack_trace_save_from(who->entries, TRACK_ADDRS_COUNT,
					caller);
	if (s->flags & SLAB_STORE_USER)
		who->track.handle = stack_depot_save(who->entries, who->nr);
}

bool slab_add_kunit_errors(struct kmem_cache *s)
{
	unsigned int *errors = READ_ONCE(slab_kunit_errors);

	WRITE_ONCE(s->debug_errors, s->debug_errors + 1);
	if (errors)
		__atomic_add_fetch(errors, 1, __ATOMIC_RELAXED);
	return errors;
}

void slab_bug(const struct kmem_cache *s, const char *fmt, ...)
{
	char what[256];
	va_list args;

	va_start(args, fmt);
	km_vsnprintf(what, sizeof(what), fmt, args);
	va_end(args);
	km_report("======================================================="
		  "======================\n"
		  "BUG %pE (%s): %s\n"
		  "-------------------------------------------------------"
		  "----------------------\n\n",
		  s ? s->name : "<unknown>",
		  READ_ONCE(tainted) ? "Tainted: G    B" : "Not tainted", what);
}

void slab_fix(struct kmem_cache *s, const char *fmt, ...)
{
	char what[256];
	va_list args;

	if (slab_add_kunit_errors(s))
		return;
	va_start(args, fmt);
	km_vsnprintf(what, sizeof(what), fmt, args);
	va_end(args);
	km_report("FIX %pE: %s\n", s->name, what);
}

void print_track(const char *what, const struct track *t)
{
	const unsigned long *entries;
	unsigned int nr;

	if (!t->addr)
		return;
	km_report("%s in %pS age=%lu cpu=%u pid=%d\n", what, (void *)t->addr,
		  os_now_ms() - t->when, t->cpu, t->pid);
	nr = stack_depot_fetch(t->handle, &entries);
	stack_trace_print(entries, nr, 1);
}

void slab_bad_free(struct kmem_cache *s, const void *obj,
		   const struct slab_caller *who)
{
	if (slab_add_kunit_errors(s))
		return;
	slab_bug(s, "Attempt to free object(%p) outside of slab", obj);
	slab_bug_end(who);
}

void slab_bug_end(const struct slab_caller *who)
{
	dump_stack_entries(who->entries, who->nr);
	WRITE_ONCE(tainted, (u8)1);
	check_panic_on_warn("slab_debug");
}
