// SPDX-License-Identifier: MIT
/*
 * sys/os_misc.c - limits, identity, clock, futex and files, on Linux
 *
 * Everything here works inside ld.so's first malloc, before libc has set up
 * its own state: the environment is then found on the initial stack.
 */
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <time.h>

#include "sys/os.h"
#include "sys/raw.h"

extern char **environ;
/* ld.so's: the initial stack pointer, where argc, argv and envp are. */
extern void *__libc_stack_end __attribute__((weak));

/* Above the kernel's limit for arguments and environment, 6 MiB. */
#define INITIAL_MAX (16UL << 20)

/* Returns the first number of a file such as /proc/self/statm, or 0. */
static size_t read_number(const char *path)
{
	char buf[64];
	size_t value = 0;
	long fd = os_open_read(path), n;

	if (fd < 0)
		return 0;
	n = os_read((int)fd, buf, sizeof(buf));
	os_close((int)fd);
	for (long i = 0; i < n && buf[i] >= '0' && buf[i] <= '9'; i++)
		value = value * 10 + (size_t)(buf[i] - '0');
	return value;
}

static size_t in_bytes(rlim_t limit)
{
	return limit == RLIM_INFINITY ? SIZE_MAX : limit;
}

static struct rlimit limit_of(int resource)
{
	struct rlimit limit = { RLIM_INFINITY, RLIM_INFINITY };

	sys4(SYS_prlimit64, 0, resource, NULL, &limit);
	return limit;
}

size_t os_address_space_most(void)
{
	return in_bytes(limit_of(RLIMIT_AS).rlim_max);
}

size_t os_file_size_limit(void)
{
	return in_bytes(limit_of(RLIMIT_FSIZE).rlim_cur);
}

size_t os_address_space_used(void)
{
	return read_number("/proc/self/statm") * OS_PAGE_SIZE;
}

size_t os_address_space_left(void)
{
	size_t limit = in_bytes(limit_of(RLIMIT_AS).rlim_cur), used;

	if (limit == SIZE_MAX)
		return SIZE_MAX;
	used = os_address_space_used();
	return limit > used ? limit - used : 0;
}

size_t os_total_ram(void)
{
	struct sysinfo info = { 0 };

	sys1(SYS_sysinfo, &info);
	return info.totalram * (info.mem_unit ? info.mem_unit : 1);
}

unsigned int os_nr_cpus(void)
{
	unsigned long mask[1024 / (8 * sizeof(long))] = { 0 };
	const int bits = 8 * sizeof(long);

	sys3(SYS_sched_getaffinity, 0, sizeof(mask), mask);
	for (int i = (int)ARRAY_SIZE(mask) - 1; i >= 0; i--)
		if (mask[i])
			return (unsigned int)((i + 1) * bits -
					      __builtin_clzl(mask[i]));
	return 1;
}

/* The kernel copies a mask of as many bits as there may be CPUs. */
unsigned int os_cpu_ids(void)
{
	unsigned long mask[8192 / (8 * sizeof(long))];
	long bytes = sys3(SYS_sched_getaffinity, 0, sizeof(mask), mask);

	return bytes > 0 ? 8 * (unsigned int)bytes : 0;
}

int os_cpu_slow(void)
{
	int saved = errno, cpu = sched_getcpu();

	if (unlikely(cpu < 0)) {
		errno = saved;
		return 0;
	}
	return cpu;
}

int os_pid(void)
{
	return (int)sys0(SYS_getpid);
}

bool os_on_signal_stack(void)
{
	stack_t stack;

	return sys2(SYS_sigaltstack, NULL, &stack) ||
	       (stack.ss_flags & SS_ONSTACK);
}

bool os_secure(void)
{
	return getauxval(AT_SECURE) != 0;
}

/* Returns libc's environment if it is set, else that of the initial stack. */
static char **find_environment(void)
{
	long *sp;

	if (environ)
		return environ;
	if (!&__libc_stack_end || !__libc_stack_end)
		return NULL;
	sp = __libc_stack_end;
	return (char **)(sp + 1 + sp[0] + 1);
}

/* Returns the value if this is the variable of that name, or NULL. */
static char *value_of(char *variable, const char *name)
{
	for (; *name && *variable == *name; name++)
		variable++;
	return !*name && *variable == '=' ? variable + 1 : NULL;
}

/*
 * Calls a function of libc only if the variable is set: each page of libc that
 * a small program would not touch otherwise is resident for it alone.
 */
static char *find_variable(const char *name)
{
	char *value = NULL;

	for (char **env = find_environment(); env && *env && !value; env++)
		value = value_of(*env, name);
	return value && !os_secure() ? value : NULL;
}

static u8 getenv_ended; /* constant once there are threads */

void os_getenv_end(void)
{
	getenv_ended = 1;
}

const char *os_getenv(const char *name)
{
	return getenv_ended ? NULL : find_variable(name);
}

/* The strings are above the stack pointer that the program started with. */
char *os_getenv_initial(const char *name)
{
	char *value = find_variable(name);
	uintptr_t end;

	if (!&__libc_stack_end || !__libc_stack_end)
		return NULL;
	end = (uintptr_t)__libc_stack_end;
	if ((uintptr_t)value < end || (uintptr_t)value - end > INITIAL_MAX)
		return NULL;
	return value;
}

unsigned long os_now_ms(void)
{
	struct timespec ts = { 0, 0 };

	clock_gettime(CLOCK_MONOTONIC_COARSE, &ts);
	return (unsigned long)ts.tv_sec * 1000 +
	       (unsigned long)ts.tv_nsec / 1000000;
}

void os_futex_wait(u32 *word, u32 value)
{
	sys4(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, NULL);
}

int os_futex_wait_ms(u32 *word, u32 value, unsigned long ms)
{
	struct timespec time = {
		.tv_sec = (time_t)(ms / 1000),
		.tv_nsec = (long)(ms % 1000) * 1000000,
	};

	return (int)sys4(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, &time);
}

void os_futex_wake(u32 *word)
{
	sys3(SYS_futex, word, FUTEX_WAKE_PRIVATE, 1);
}

void os_futex_wake_all(u32 *word)
{
	sys3(SYS_futex, word, FUTEX_WAKE_PRIVATE, INT_MAX);
}

long os_open_read(const char *path)
{
	return sys4(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC, 0);
}

int os_read_text(const char *path, char *buf, size_t size)
{
	long fd = os_open_read(path), len;

	if (fd < 0)
		return (int)fd;
	len = os_read((int)fd, buf, size - 1);
	os_close((int)fd);
	buf[max(len, 0L)] = '\0';
	return len < 0 ? (int)len : 0;
}

#define APPEND_FLAGS (O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC)

long os_open_append(const char *path)
{
	return sys4(SYS_openat, AT_FDCWD, path, APPEND_FLAGS | O_NOFOLLOW,
		    0644);
}

long os_open_append_follow(const char *path)
{
	return sys4(SYS_openat, AT_FDCWD, path, APPEND_FLAGS, 0644);
}

long os_read(int fd, void *buf, size_t size)
{
	long n;

	do
		n = sys3(SYS_read, fd, buf, size);
	while (n == -EINTR);
	return n;
}

long os_pread(int fd, void *buf, size_t size, u64 offset)
{
	long n;

	do
		n = sys4(SYS_pread64, fd, buf, size, offset);
	while (n == -EINTR);
	return n;
}

int os_pread_all(int fd, void *buf, size_t size, u64 offset)
{
	return os_pread(fd, buf, size, offset) == (long)size ? 0 : -EIO;
}

long os_write(int fd, const void *buf, size_t size)
{
	size_t done = 0;

	while (done < size) {
		long n = sys3(SYS_write, fd, (const char *)buf + done,
			      size - done);

		if (n == -EINTR)
			continue;
		if (n <= 0)
			return n;
		done += (size_t)n;
	}
	return (long)done;
}

int os_dup_high(int fd)
{
	return (int)sys3(SYS_fcntl, fd, F_DUPFD_CLOEXEC, 200);
}

u64 os_file_id(int fd)
{
	struct stat st = { 0 };

	if (fd < 0 || fstat(fd, &st))
		return 0;
	return st.st_dev * 0x9e3779b97f4a7c15UL + st.st_ino + 1;
}

void os_close(int fd)
{
	sys1(SYS_close, fd);
}

/*
 * Like abort(), without its lock, which a broken program may hold: unblocks
 * SIGABRT, raises it, and then uses force.
 */
void os_abort(void)
{
	u64 mask = 1UL << (SIGABRT - 1);

	for (int attempt = 0; attempt < 2; attempt++) {
		sys4(SYS_rt_sigprocmask, SIG_UNBLOCK, &mask, NULL,
		     sizeof(mask));
		sys3(SYS_tgkill, os_pid(), sys0(SYS_gettid), SIGABRT);
		signal(SIGABRT, SIG_DFL); /* a handler came back */
	}
	for (;;)
		sys1(SYS_exit_group, 134);
}

void os_die(const char *text)
{
	os_write(STDERR_FILENO, text, strlen(text));
	os_abort();
}
