// SPDX-License-Identifier: MIT
/*
 * sys/os_wp.c - let the other threads' writes to a page wait for a while
 *
 *	os_wp_begin()	reads go on, writes wait
 *	   the page is copied, and the copy mapped over it
 *	os_wp_end()	writes go on, where the page is now
 *
 *	userfaultfd	the kernel lets them wait; also writes by system calls, if
 *			the process may have that (root, or the sysctl
 *			vm.unprivileged_userfaultfd), else these end with EFAULT
 *	mprotect	they get SIGSEGV; a handler, there for as long as this takes,
 *			waits and returns to the write. Faults elsewhere go to the
 *			handler that was there. Writes by system calls end with
 *			EFAULT; a thread that blocks SIGSEGV is killed
 *
 * Locking	one at a time: the caller's lock (migrate_lock)
 * Source	none
 */
#include <fcntl.h>
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
static int uffd;
static struct sigaction old_action;
static uintptr_t range_start, range_end; /* whose faults are ours */
static u32 phase; /* odd: writes wait; a futex */

/* ---- userfaultfd --------------------------------------------------------------- */

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

static int uffd_protect(uintptr_t addr, size_t size, u64 mode)
{
	struct uffdio_writeprotect wp = { .range = { addr, size },
					  .mode = mode };

	return (int)sys3(SYS_ioctl, uffd, UFFDIO_WRITEPROTECT, &wp);
}

static int uffd_begin(void *addr, size_t size)
{
	struct uffdio_register reg = {
		.range = { (uintptr_t)addr, size },
		.mode = UFFDIO_REGISTER_MODE_WP,
	};
	int ret;

	uffd = uffd_open(0);
	if (uffd < 0)
		uffd = uffd_open(UFFD_USER_MODE_ONLY);
	if (uffd < 0)
		return uffd;
	ret = (int)sys3(SYS_ioctl, uffd, UFFDIO_REGISTER, &reg);
	if (!ret)
		ret = uffd_protect((uintptr_t)addr, size,
				   UFFDIO_WRITEPROTECT_MODE_WP);
	if (ret)
		os_close(uffd);
	return ret;
}

/* Closing it ends the protection of what is mapped there still, and wakes all. */
static void uffd_end(void *addr, size_t size)
{
	struct uffdio_range range = { (uintptr_t)addr, size };

	uffd_protect((uintptr_t)addr, size, 0);
	sys3(SYS_ioctl, uffd, UFFDIO_WAKE, &range);
	os_close(uffd);
}

/* ---- mprotect -------------------------------------------------------------------- */

static void chain(int sig, siginfo_t *info, void *context)
{
	if (old_action.sa_flags & SA_SIGINFO) {
		old_action.sa_sigaction(sig, info, context);
	} else if (old_action.sa_handler == SIG_DFL ||
		   old_action.sa_handler == SIG_IGN) {
		struct sigaction dfl = { .sa_handler = SIG_DFL };

		sigaction(SIGSEGV, &dfl, NULL); /* and it faults again */
	} else {
		old_action.sa_handler(sig);
	}
}

/*
 * A thread may come here late, when all is over: to go back is right then too, for
 * this handler is gone if it faults again.
 */
static void on_fault(int sig, siginfo_t *info, void *context)
{
	uintptr_t at = (uintptr_t)info->si_addr;
	u32 now;

	if (at < READ_ONCE(range_start) || at >= READ_ONCE(range_end)) {
		chain(sig, info, context);
		return;
	}
	while ((now = smp_load_acquire(&phase)) & 1)
		os_futex_wait(&phase, now);
}

static int signal_begin(void *addr, size_t size)
{
	struct sigaction action = { .sa_sigaction = on_fault,
				    .sa_flags = SA_SIGINFO | SA_NODEFER |
						SA_ONSTACK | SA_RESTART };
	int ret;

	WRITE_ONCE(range_start, (uintptr_t)addr);
	WRITE_ONCE(range_end, (uintptr_t)addr + size);
	smp_store_release(&phase, phase + 1);
	if (sigaction(SIGSEGV, &action, &old_action)) {
		smp_store_release(&phase, phase + 1);
		return -EINVAL;
	}
	ret = (int)sys3(SYS_mprotect, addr, size, PROT_READ);
	if (!ret)
		return 0;
	sigaction(SIGSEGV, &old_action, NULL);
	smp_store_release(&phase, phase + 1);
	os_futex_wake_all(&phase);
	return ret;
}

static void signal_end(void *addr, size_t size)
{
	sys3(SYS_mprotect, addr, size, PROT_READ | PROT_WRITE);
	smp_store_release(&phase, phase + 1);
	os_futex_wake_all(&phase);
	sigaction(SIGSEGV, &old_action, NULL);
}

/* ---- either -------------------------------------------------------------------------- */

int os_wp_begin(void *addr, size_t size, enum os_wp how)
{
	if (mem_call())
		return -ENOMEM;
	return how == OS_WP_UFFD ? uffd_begin(addr, size) :
				   signal_begin(addr, size);
}

void os_wp_end(void *addr, size_t size, enum os_wp how)
{
	if (how == OS_WP_UFFD)
		uffd_end(addr, size);
	else
		signal_end(addr, size);
}
