// SPDX-License-Identifier: MIT
/*
 * reclaim/oom.c - nothing could be reclaimed: notifiers, then the policy
 *
 *	notifiers   freed something?  -> try again
 *	no __GFP_FS                   -> try again: the thread that could free
 *	                                 memory may wait for this request
 *	vm.panic_on_oom               -> report, end
 *	handler                       -> fail, try again, or end
 *	oom=null                      -> the request fails
 *	oom=abort                     -> report, end
 *
 * The kernel looks for the worst process and kills it. Here there is only one
 * process. If it may not be ended, the request fails.
 *
 * Locking	oom_owner: one thread at a time. Other threads wait and then try
 *		again. It is no spinlock, because a handler may fork.
 * Invariants	OOM1  notifiers is sorted by falling priority
 *						(unit.reclaim.oom checks it)
 * Source	Linux v6.12 mm/oom_kill.c (docs/kernel.md O1, O3, O4)
 */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "core/probe.h"
#include "core/task.h"
#include "diag/dump_stack.h"
#include "diag/param.h"
#include "diag/report.h"
#include "reclaim/reclaim.h"
#include "sys/os.h"
#include "zone/gfp.h"
#include "zone/show.h"
#include "zone/sysctl.h"
#include "zone/wait.h"

static void *oom_owner; /* atomic: the thread that handles it */
static struct notifier_block *notifiers; /* oom_owner */
static km_oom_handler handler; /* oom_owner; read relaxed */
static void *handler_arg; /* oom_owner */
static const struct oom_dump *oom_dump; /* constant after init */
static u8 abort_policy; /* oom=abort; constant after init */
static unsigned long sysctl_panic_on_oom;
static unsigned long sysctl_oom_kill_allocating_task;
static unsigned long sysctl_oom_dump_tasks = 1;

static int set_oom(const char *value)
{
	if (strcmp(value, "null") && strcmp(value, "abort"))
		return -EINVAL;
	abort_policy = *value == 'a';
	return 0;
}
boot_param("oom", set_oom, "null, abort");

static const struct ctl_table panic_on_oom_ctl __sysctl = {
	.procname = "vm.panic_on_oom",
	.data = &sysctl_panic_on_oom,
	.nr = 1,
	.hi = 2,
};
static const struct ctl_table kill_allocating_ctl __sysctl = {
	.procname = "vm.oom_kill_allocating_task",
	.data = &sysctl_oom_kill_allocating_task,
	.nr = 1,
	.hi = INT_MAX,
};

static const struct ctl_table dump_tasks_ctl __sysctl = {
	.procname = "vm.oom_dump_tasks",
	.data = &sysctl_oom_dump_tasks,
	.nr = 1,
	.hi = INT_MAX,
};

/* ---- one thread at a time ------------------------------------------------ */

bool oom_trylock(void)
{
	void *no_owner = NULL;

	return __atomic_compare_exchange_n(&oom_owner, &no_owner,
					   __builtin_thread_pointer(), false,
					   __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

void oom_unlock(void)
{
	__atomic_store_n(&oom_owner, (void *)NULL, __ATOMIC_SEQ_CST);
	memory_work_done();
}

static bool oom_is_locked(void)
{
	return __atomic_load_n(&oom_owner, __ATOMIC_SEQ_CST) != NULL;
}

void oom_wait(void)
{
	memory_pause(oom_is_locked);
}

/*
 * Takes the lock to change the lists. Returns true if this thread had it
 * already.
 */
static bool oom_lock(void)
{
	while (!oom_trylock()) {
		if (READ_ONCE(oom_owner) == __builtin_thread_pointer())
			return true;
		oom_wait();
	}
	return false;
}

static void oom_unlock_unless(bool ours)
{
	if (!ours)
		oom_unlock();
}

void oom_fork_child(void)
{
	if (oom_owner != __builtin_thread_pointer())
		oom_owner = NULL;
}

/* ---- notifiers and the handler ------------------------------------------- */

int register_oom_notifier(struct notifier_block *nb)
{
	bool ours = oom_lock();
	struct notifier_block **link, *at;
	int ret = -EEXIST;

	for (at = notifiers; at && at != nb; at = at->next)
		;
	if (!at) {
		link = &notifiers;
		while (*link && (*link)->priority >= nb->priority)
			link = &(*link)->next;
		nb->next = *link;
		*link = nb;
		ret = 0;
	}
	oom_unlock_unless(ours);
	return ret;
}

int unregister_oom_notifier(struct notifier_block *nb)
{
	bool ours = oom_lock();
	struct notifier_block **link = &notifiers;
	int ret = -ENOENT;

	while (*link && *link != nb)
		link = &(*link)->next;
	if (*link) {
		*link = nb->next;
		ret = 0;
	}
	oom_unlock_unless(ours);
	return ret;
}

void km_set_oom_handler(km_oom_handler fn, void *arg)
{
	bool ours = oom_lock();

	handler_arg = arg;
	WRITE_ONCE(handler, fn);
	oom_unlock_unless(ours);
}

void oom_dump_register(const struct oom_dump *dump)
{
	oom_dump = dump;
}

bool oom_has_policy(void)
{
	return abort_policy || READ_ONCE(handler) ||
	       READ_ONCE(sysctl_panic_on_oom);
}

/* ---- the report ---------------------------------------------------------- */

#define STATUS_SIZE 2048

/*
 * Returns the number behind a key of /proc/self/status such as "VmSize:", or 0
 * if there is no such key.
 */
static unsigned long status_number(const char *status, const char *key)
{
	const char *at = strstr(status, key);
	unsigned long value = 0;

	if (!at)
		return 0;
	at += strlen(key);
	at += strspn(at, " \t");
	for (; *at >= '0' && *at <= '9'; at++)
		value = value * 10 + (unsigned long)(*at - '0');
	return value;
}

static void read_proc(const char *path, char *buf, size_t size)
{
	long fd = os_open_read(path), n = 0;

	if (fd >= 0) {
		n = os_read((int)fd, buf, size - 1);
		os_close((int)fd);
	}
	buf[n > 0 ? n : 0] = '\0';
}

static short oom_score_adj(void)
{
	char text[16];
	long value = 0;

	read_proc("/proc/self/oom_score_adj", text, sizeof(text));
	for (const char *at = text; *at; at++)
		if (*at >= '0' && *at <= '9')
			value = value * 10 + (*at - '0');
	return (short)(*text == '-' ? -value : value);
}

/* The kernel's table has a row for each process; here there is one process. */
static void dump_tasks(void)
{
	char status[STATUS_SIZE], comm[16];
	const unsigned long kb = PAGE_SIZE >> 10;

	read_proc("/proc/self/status", status, sizeof(status));
	os_comm(comm);
	km_report("Tasks state (memory values in pages):\n"
		  "[  pid  ]   uid  tgid total_vm      rss rss_anon rss_file "
		  "rss_shmem pgtables_bytes swapents oom_score_adj name\n");
	km_report("[%7d] %5lu %5d %8lu %8lu %8lu %8lu %9lu %8lu %8lu         "
		  "%5d %pE\n",
		  os_pid(), status_number(status, "\nUid:"), os_pid(),
		  status_number(status, "VmSize:") / kb,
		  status_number(status, "VmRSS:") / kb,
		  status_number(status, "RssAnon:") / kb,
		  status_number(status, "RssFile:") / kb,
		  status_number(status, "RssShmem:") / kb,
		  status_number(status, "VmPTE:") << 10,
		  status_number(status, "VmSwap:") / kb, oom_score_adj(), comm);
}

/*
 * Reports the request, its thread and stack, and where the memory is
 * (docs/kernel.md O3, O4).
 */
static void dump_header(const struct oom_control *oc)
{
	char comm[16], flags[256];

	os_comm(comm);
	gfp_flags_string(flags, sizeof(flags), oc->gfp_mask);
	km_report("%pE invoked oom-killer: gfp_mask=%#x(%s), order=%u, "
		  "oom_score_adj=%d\n",
		  comm, oc->gfp_mask, flags, oc->order, oom_score_adj());
	dump_stack();
	show_mem();
	if (oom_dump)
		oom_dump->fn();
	if (READ_ONCE(sysctl_oom_dump_tasks))
		dump_tasks();
}

static void kill_line(const char *message)
{
	char status[STATUS_SIZE], comm[16];

	read_proc("/proc/self/status", status, sizeof(status));
	os_comm(comm);
	km_report("%s: Killed process %d (%pE) total-vm:%lukB, anon-rss:%lukB, "
		  "file-rss:%lukB, shmem-rss:%lukB, UID:%lu pgtables:%lukB "
		  "oom_score_adj:%d\n",
		  message, os_pid(), comm, status_number(status, "VmSize:"),
		  status_number(status, "RssAnon:"),
		  status_number(status, "RssFile:"),
		  status_number(status, "RssShmem:"),
		  status_number(status, "\nUid:"),
		  status_number(status, "VmPTE:"), oom_score_adj());
}

__attribute__((noreturn)) static void
oom_kill_process(const struct oom_control *oc, const char *message)
{
	count_vm_event(OOM_KILL);
	probe_mark_victim(os_pid());
	dump_header(oc);
	kill_line(message);
	os_abort();
}

/* ---- the decision -------------------------------------------------------- */

/* Calls the notifiers in turn. Returns how many pages they freed. */
static unsigned long call_notifiers(void)
{
	unsigned long freed = 0;

	for (struct notifier_block *nb = notifiers, *next; nb; nb = next) {
		next = nb->next;
		if (nb->notifier_call(nb, 0, &freed) == NOTIFY_STOP)
			break;
	}
	return freed;
}

/*
 * With vm.panic_on_oom=1 a request that is limited to some nodes does not end
 * the program, because other nodes may have memory.
 */
static void check_panic_on_oom(const struct oom_control *oc)
{
	unsigned long mode = READ_ONCE(sysctl_panic_on_oom);

	if (likely(!mode) || (mode == 1 && oc->nodemask))
		return;
	dump_header(oc);
	km_panic("Out of memory: %s panic_on_oom is enabled\n",
		 mode == 2 ? "compulsory" : "system-wide");
}

static bool ask_policy(const struct oom_control *oc)
{
	if (READ_ONCE(sysctl_oom_kill_allocating_task) && oom_has_policy())
		oom_kill_process(oc,
				 "Out of memory (oom_kill_allocating_task)");
	if (handler) {
		int ret = handler(oc->gfp_mask, oc->order, handler_arg);

		if (ret != KM_OOM_ABORT)
			return ret == KM_OOM_RETRY;
	} else if (!abort_policy) {
		return false;
	}
	oom_kill_process(oc, "Out of memory");
}

bool out_of_memory(const struct oom_control *oc)
{
	unsigned int flags = memalloc_noreclaim_save();
	bool progress = true;

	if (!call_notifiers()) {
		if (!oom_has_policy())
			progress = false;
		else if (oc->gfp_mask & __GFP_FS) {
			check_panic_on_oom(oc);
			progress = ask_policy(oc);
		}
	}
	memalloc_noreclaim_restore(flags);
	return progress;
}

bool area_out_of_memory(gfp_t gfp)
{
	struct oom_control oc = { .gfp_mask = gfp };
	bool again;

	if (current->flags & PF_MEMALLOC) /* this thread frees memory itself */
		return false;
	if (!oom_trylock()) { /* another thread handles it */
		oom_wait();
		return true;
	}
	again = out_of_memory(&oc);
	oom_unlock();
	return again;
}
