// SPDX-License-Identifier: MIT
/*
 * sys/os_wp.c - makes other threads' writes to a page wait for a while
 *
 *	os_wp_begin()	reads go on, writes wait
 *	   the page is copied, and the copy mapped over it
 *	os_wp_end()	writes go on, where the page is now
 *	...		the next page
 *	os_wp_done()	no more pages for now
 *
 *	userfaultfd	the kernel makes writes wait. Those by system calls wait
 *			too if the process may handle them (root, or the sysctl
 *			vm.unprivileged_userfaultfd), else they return EFAULT
 *	mprotect	a write raises SIGSEGV; a handler waits and returns to
 *			the write. Other faults go to the program's own handler.
 *			Writes by system calls return EFAULT; a thread that
 *			blocks SIGSEGV is killed
 *
 * Opening and closing a userfaultfd costs more than moving a page, since
 * closing it visits every mapping of the process. So all pages of a run share
 * one. A page that is mapped over another is not registered with it, which ends
 * the protection.
 *
 * Between a thread's fault and its handler any time may pass, and other pages
 * may be moved. So the handler stays for a tick or two after the last move. If
 * the handler finds the page writable the fault came late: it returns to the
 * write.
 *
 * Locking	one at a time: the caller's lock (migrate_lock)
 * Source	none
 */
#include <fcntl.h>
#include <linux/futex.h>
#include <linux/userfaultfd.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "sys/mem_call.h"
#include "sys/os.h"
#include "sys/raw.h"

#ifndef UFFD_USER_MODE_ONLY
#define UFFD_USER_MODE_ONLY 1
#endif
#ifndef UFFD_FEATURE_WP_HUGETLBFS_SHMEM
#define UFFD_FEATURE_WP_HUGETLBFS_SHMEM (1 << 12)
#endif

/* The caller's lock; but for the handler's look at `phase` and the range. */
#define UFFD_NONE (-4096) /* no -errno */
static int uffd = UFFD_NONE; /* of this run; or the -errno of opening it */
unsigned long os_wp_opened;
static struct sigaction old_action;
static uintptr_t range_start, range_end; /* faults here are ours */
static u32 phase; /* odd: writes wait; a futex */
static u32 waiting; /* threads in the handler; atomic */
static u8 installed; /* the handler is */
static u8 wp_used; /* since the last os_wp_rest() */

/* ---- userfaultfd --------------------------------------------------------- */

static int uffd_open(int flags)
{
	struct uffdio_api api = { .api = UFFD_API,
				  .features = UFFD_FEATURE_WP_HUGETLBFS_SHMEM |
					      UFFD_FEATURE_PAGEFAULT_FLAG_WP };
	int fd = (int)sys1(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK | flags);

	if (fd >= 0 && sys3(SYS_ioctl, fd, UFFDIO_API, &api)) {
		os_close(fd);
		return -EINVAL;
	}
	return fd;
}

/*
 * Opens the userfaultfd of this run if it is not open. Returns 0 or -errno; a
 * refusal is final.
 */
static int uffd_need(void)
{
	int high;

	if (uffd != UFFD_NONE)
		return min(uffd, 0);
	uffd = uffd_open(0);
	if (uffd < 0)
		uffd = uffd_open(UFFD_USER_MODE_ONLY);
	if (uffd < 0)
		return uffd;
	os_wp_opened++;
	high = os_dup_high(uffd); /* where a program closes nothing by number */
	if (high < 0)
		return 0;
	os_close(uffd);
	uffd = high;
	return 0;
}

static int uffd_protect(const struct os_wp_range *r, u64 mode)
{
	struct uffdio_writeprotect wp = {
		.range = { (uintptr_t)r->addr, r->size }, .mode = mode
	};

	return (int)sys3(SYS_ioctl, uffd, UFFDIO_WRITEPROTECT, &wp);
}

static int uffd_begin(const struct os_wp_range *r)
{
	struct uffdio_register reg = {
		.range = { (uintptr_t)r->addr, r->size },
		.mode = UFFDIO_REGISTER_MODE_WP,
	};
	int ret = uffd_need();

	if (!ret)
		ret = (int)sys3(SYS_ioctl, uffd, UFFDIO_REGISTER, &reg);
	if (ret)
		return ret;
	ret = uffd_protect(r, UFFDIO_WRITEPROTECT_MODE_WP);
	if (ret)
		sys3(SYS_ioctl, uffd, UFFDIO_UNREGISTER, &reg.range);
	return ret;
}

static void uffd_wake(const struct os_wp_range *r)
{
	struct uffdio_range range = { (uintptr_t)r->addr, r->size };

	sys3(SYS_ioctl, uffd, UFFDIO_WAKE, &range);
}

/* Unregistering wakes the threads that wait. */
static void uffd_cancel(const struct os_wp_range *r)
{
	struct uffdio_range range = { (uintptr_t)r->addr, r->size };

	uffd_protect(r, 0);
	sys3(SYS_ioctl, uffd, UFFDIO_UNREGISTER, &range);
}

/* Closing the userfaultfd wakes all threads that wait. */
void os_wp_done(void)
{
	if (uffd >= 0)
		os_close(uffd);
	uffd = UFFD_NONE;
}

/* ---- mprotect ------------------------------------------------------------ */

/*
 * Passes a signal to the handler that was installed before. The default ends
 * the program, also for signals of kill().
 */
static void chain_signal(int sig, siginfo_t *info, void *context)
{
	if (old_action.sa_flags & SA_SIGINFO) {
		old_action.sa_sigaction(sig, info, context);
	} else if (old_action.sa_handler == SIG_DFL ||
		   old_action.sa_handler == SIG_IGN) {
		struct sigaction dfl = { .sa_handler = SIG_DFL };

		sigaction(SIGSEGV, &dfl, NULL); /* and it faults again */
		if (info->si_code <= 0)
			raise(sig);
	} else {
		old_action.sa_handler(sig);
	}
}

/* Returns true if this thread can write there; or-ing 0 changes nothing. */
static bool can_write(uintptr_t at)
{
	at &= ~3UL;
	return sys6(SYS_futex, at, FUTEX_WAKE_OP_PRIVATE, 0, 0, at,
		    FUTEX_OP(FUTEX_OP_OR, 0, FUTEX_OP_CMP_EQ, 0)) >= 0;
}

/* Returns true if writes there wait now. */
static bool writes_wait(uintptr_t at, u32 *now)
{
	*now = __atomic_load_n(&phase, __ATOMIC_SEQ_CST);
	return (*now & 1) && at >= READ_ONCE(range_start) &&
	       at < READ_ONCE(range_end);
}

/*
 * Counts itself in `waiting` first. So the thread that ends the range sees this
 * thread, or this thread sees the new phase.
 */
static void wait_for_end(uintptr_t at)
{
	u32 now;

	__atomic_add_fetch(&waiting, 1, __ATOMIC_SEQ_CST);
	while (writes_wait(at, &now))
		os_futex_wait(&phase, now);
	__atomic_sub_fetch(&waiting, 1, __ATOMIC_SEQ_CST);
}

static void on_fault(int sig, siginfo_t *info, void *context)
{
	uintptr_t at = (uintptr_t)info->si_addr;
	u32 now;

	if (info->si_code != SEGV_ACCERR) {
		chain_signal(sig, info, context);
		return;
	}
	do {
		wait_for_end(at);
		if (can_write(at))
			return;
	} while (writes_wait(at, &now));
	chain_signal(sig, info, context);
}

static bool handler_is_ours(void)
{
	struct sigaction now;

	return !sigaction(SIGSEGV, NULL, &now) && (now.sa_flags & SA_SIGINFO) &&
	       now.sa_sigaction == on_fault;
}

static int install_handler(void)
{
	struct sigaction action = { .sa_sigaction = on_fault,
				    .sa_flags = SA_SIGINFO | SA_NODEFER |
						SA_ONSTACK | SA_RESTART };

	wp_used = 1;
	if (installed && handler_is_ours())
		return 0;
	if (sigaction(SIGSEGV, &action, &old_action))
		return -EINVAL;
	installed = 1;
	return 0;
}

/* A handler that the program has installed meanwhile stays. */
void os_wp_rest(void)
{
	if (!installed)
		return;
	if (wp_used) {
		wp_used = 0;
		return;
	}
	if (handler_is_ours())
		sigaction(SIGSEGV, &old_action, NULL);
	installed = 0;
}

static void signal_end(void)
{
	__atomic_store_n(&phase, phase + 1, __ATOMIC_SEQ_CST);
	if (__atomic_load_n(&waiting, __ATOMIC_SEQ_CST))
		os_futex_wake_all(&phase);
}

static int signal_begin(const struct os_wp_range *r)
{
	int ret = install_handler();

	if (ret)
		return ret;
	WRITE_ONCE(range_start, (uintptr_t)r->addr);
	WRITE_ONCE(range_end, (uintptr_t)r->addr + r->size);
	smp_store_release(&phase, phase + 1);
	ret = (int)sys3(SYS_mprotect, r->addr, r->size,
			r->prot & ~OS_PROT_WRITE);
	if (ret)
		signal_end();
	return ret;
}

/* ---- either -------------------------------------------------------------- */

int os_wp_begin(const struct os_wp_range *range)
{
	if (mem_call())
		return -ENOMEM;
	return range->how == OS_WP_UFFD ? uffd_begin(range) :
					  signal_begin(range);
}

void os_wp_end(const struct os_wp_range *range)
{
	if (range->how == OS_WP_UFFD)
		uffd_wake(range);
	else
		signal_end();
}

void os_wp_cancel(const struct os_wp_range *range)
{
	if (range->how == OS_WP_UFFD) {
		uffd_cancel(range);
		return;
	}
	sys3(SYS_mprotect, range->addr, range->size, range->prot);
	signal_end();
}
