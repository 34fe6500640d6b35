// SPDX-License-Identifier: MIT
/*
 * ghost.c - runs the formatter of a process on a copy of its memory
 *
 *	target			a child of this process
 *	 code of the library	 proc_read(name, buffer)
 *	 zones, caches, ..	  | touches a page that is not there: SIGSEGV
 *	   |			  v
 *	   `---- /proc/PID/mem --> the page, copied to the same address
 *
 * So there is one formatter: that of the library which the process has, of
 * whatever version. All addresses in the copy are right, since every page lies
 * where it does in the target. Only what is touched is copied.
 *
 * The child trusts nothing that it runs. It has descriptors of the memory of
 * the target and of the files that this executes, to read, and a pipe, to
 * write. A seccomp filter allows it to use these, and to map memory. Its time
 * is limited twice: that of its own code, to a part of a second, and by
 * RLIMIT_CPU that of the kernel for it, too. So is its memory, by RLIMIT_AS. If
 * it meets one of the latter two the data make no sense, and no other child
 * looks again; nor if all of them took too long together. What comes through
 * the pipe is printed with its control characters replaced.
 *
 * Other system calls go to a handler. For the names of functions it hands out
 * those files. A lock that was taken in the target when its page was copied is
 * never released in the copy: the code waits for it, by a futex, and the
 * handler opens it.
 *
 * A list that was torn leads to a page that is not there, or in a circle. Then
 * the child ends, and another one looks again. It first copies, in one go, all
 * pages that the ones before it touched, so that they are of nearly one moment.
 * A process that lost its CPU amid a change is the same in each look, so there
 * is a pause before the later ones.
 *
 * The thread pointer leads to a page of zeros: a thread that holds no lock, on
 * CPU 0. No function that reads or writes errno may be called from there on.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include "ghost.h"
#include "mappings.h"

#if defined(__x86_64__)

#include <asm/prctl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/seccomp.h>

#define PAGE 4096UL
#define USER_END ((1UL << 47) - PAGE)
#define TEXT_ROOM (16UL << 20) /* of the longest text */
#define TLS_ROOM (64UL << 10) /* on either side of the thread pointer */
#define MS 20 /* of CPU time, for the first looks */
#define TRIES 107
#define QUICK_TRIES 100 /* from here on each look has twice the time */
#define MANY_PAGES 1000 /* a look that gets at so many had too little time */
#define NO_PAUSE 10 /* looks without a pause between them */
#define PAUSE_NS 5000000 /* a process that has lost its CPU may go on */
#define MOST_ERRNO 4095 /* what is less is no errno */
#define MOST_PAGES (1UL << 18) /* that a child copies: 1 GiB */
#define MOST_SECONDS 4 /* of CPU time, of one child, and of all for a text */

/* The descriptors of the child. */
enum { MEM = 3, OUT = 4 };

/* How a child ends that found no text. */
enum { NOT_SET_UP = 1, NOT_THERE = 2, TOO_MUCH = 3 };

/*
 * The kernel's data for clocks. It cannot be read; zeros say that a system call
 * tells the time.
 */
static uint64_t clocks_start, clocks_end;

static struct mapped_file files[MAPPED_FILES];
static int nr_files;

/*
 * The pages that looks have touched so far; children and this process share it.
 */
static struct touched {
	size_t nr;
	uint64_t page[MOST_PAGES];
} * touched;

/* ---- without errno ------------------------------------------------------- */

static inline long raw_call(long nr, long a, long b, long c, long d, long e)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = 0;
	long ret;

	__asm__ volatile("syscall"
			 : "=a"(ret)
			 : "a"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8),
			   "r"(r9)
			 : "rcx", "r11", "memory");
	return ret;
}

__attribute__((noreturn)) static void leave_child(int status)
{
	for (;;)
		raw_call(SYS_exit_group, status, 0, 0, 0, 0);
}

/*
 * Makes a page, at the address that it has in the target. Beyond the addresses
 * of processes the kernel says ENOMEM, too.
 */
static void make_page(uint64_t page)
{
	long ret = raw_call(SYS_mmap, (long)page, PAGE,
			    PROT_READ | PROT_WRITE | PROT_EXEC,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE,
			    -1);

	if (ret != (long)page)
		leave_child(ret == -ENOMEM && page < USER_END ? TOO_MUCH :
								NOT_THERE);
}

/* Returns true if all of it was copied. */
static bool fill_page(uint64_t page)
{
	return raw_call(SYS_pread64, MEM, (long)page, PAGE, (long)page, 0) ==
	       (long)PAGE;
}

/* Copies the page of the target that was touched. */
static void copy_page(int signal, siginfo_t *info, void *context)
{
	uint64_t page = (uint64_t)info->si_addr & ~(PAGE - 1);

	(void)signal;
	(void)context;
	make_page(page);
	if (!fill_page(page) && (page < clocks_start || page >= clocks_end))
		leave_child(NOT_THERE);
	if (touched->nr == MOST_PAGES)
		leave_child(TOO_MUCH);
	touched->page[touched->nr++] = page;
}

/* Copies what earlier looks touched; a page may be gone by now. */
static void copy_touched(void)
{
	size_t nr = touched->nr;

	for (size_t i = 0; i < nr; i++)
		make_page(touched->page[i]);
	for (size_t i = 0; i < nr; i++)
		fill_page(touched->page[i]);
}

static const char *last_part(const char *path)
{
	const char *last = path;

	for (; *path; path++)
		if (*path == '/')
			last = path + 1;
	return last;
}

/*
 * The loader may know a file by a link to it: /lib/libfoo.so.1 is
 * /usr/lib/libfoo.so.1.2.
 */
static bool may_be_file(const char *path, const char *mapped)
{
	path = last_part(path);
	for (mapped = last_part(mapped); *path && *path == *mapped; path++)
		mapped++;
	return !*path && (!*mapped || *mapped == '.');
}

/* Returns the descriptor of a file that is open already. */
static long find_file(const char *path)
{
	for (int i = 0; i < nr_files; i++)
		if (may_be_file(path, files[i].path))
			return files[i].fd;
	return -ENOENT;
}

/* Answers a system call that the filter does not let through. */
static void answer_call(int signal, siginfo_t *info, void *context)
{
	greg_t *regs = ((ucontext_t *)context)->uc_mcontext.gregs;
	int op = (int)regs[REG_RSI] & FUTEX_CMD_MASK;
	long ret = -ENOSYS;

	(void)signal;
	if (info->si_syscall == SYS_futex) {
		if (op == FUTEX_WAIT || op == FUTEX_WAIT_BITSET)
			*(uint32_t *)regs[REG_RDI] = 0; /* the lock opens */
		ret = 0;
	} else if (info->si_syscall == SYS_openat) {
		ret = find_file((const char *)regs[REG_RSI]);
	} else if (info->si_syscall == SYS_close) {
		ret = 0;
	}
	regs[REG_RAX] = ret;
}

/* ---- the child ----------------------------------------------------------- */

static void handle_with(int signal, void (*fn)(int, siginfo_t *, void *))
{
	struct sigaction act = { .sa_sigaction = fn,
				 .sa_flags = SA_SIGINFO | SA_ONSTACK };

	sigaction(signal, &act, NULL);
}

static int handle_signals(void)
{
	const size_t size = 64UL << 10;
	stack_t stack = { .ss_size = size,
			  .ss_sp = mmap(NULL, size, PROT_READ | PROT_WRITE,
					MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) };

	if (stack.ss_sp == MAP_FAILED || sigaltstack(&stack, NULL))
		return -1;
	handle_with(SIGSEGV, copy_page);
	handle_with(SIGBUS, copy_page);
	handle_with(SIGSYS, answer_call);
	return 0;
}

/* Leaves no descriptor open but ours, which become the first ones. */
static int keep_ours(int mem, int out)
{
	int high = MAPPED_FILES + 16;

	mem = fcntl(mem, F_DUPFD, high);
	out = fcntl(out, F_DUPFD, high);
	if (mem < 0 || out < 0)
		return -1;
	for (int i = 0; i < nr_files; i++)
		files[i].fd = fcntl(files[i].fd, F_DUPFD, high);
	if (dup2(mem, MEM) < 0 || dup2(out, OUT) < 0)
		return -1;
	for (int i = 0; i < nr_files; i++)
		files[i].fd = dup2(files[i].fd, OUT + 1 + i);
	for (int fd = 0; fd < MEM; fd++)
		close(fd);
	return close_range((unsigned int)(OUT + 1 + nr_files), ~0U, 0);
}

/* Returns the bytes of address space that this process has. */
static size_t own_size(void)
{
	FILE *file = fopen("/proc/self/statm", "re");
	size_t pages = 0;

	if (!file)
		return 0;
	if (fscanf(file, "%zu", &pages) != 1)
		pages = 0;
	fclose(file);
	return pages * PAGE;
}

/* Lowers a limit, unless it is lower already. Returns 0 or -1. */
static int lower_limit(__rlimit_resource_t what, rlim_t soft, rlim_t hard)
{
	struct rlimit now;

	if (getrlimit(what, &now))
		return -1;
	if (soft < now.rlim_cur)
		now.rlim_cur = soft;
	if (hard < now.rlim_max)
		now.rlim_max = hard;
	return setrlimit(what, &now);
}

/*
 * A list that leads in a circle ends by SIGVTALRM, one that leads through all
 * memory by a limit. Signals may be blocked by code that is run, but not the
 * hard limit's SIGKILL. Returns 0 or -1.
 */
static int bound_child(unsigned int ms, size_t size)
{
	const struct itimerval timer = { .it_value = { ms / 1000,
						       ms % 1000 * 1000 } };
	const size_t most = size + MOST_PAGES * PAGE;

	if (!size || setitimer(ITIMER_VIRTUAL, &timer, NULL) ||
	    lower_limit(RLIMIT_CORE, 0, 0) ||
	    lower_limit(RLIMIT_CPU, MOST_SECONDS, MOST_SECONDS + 1))
		return -1;
	return lower_limit(RLIMIT_AS, most, most);
}

#define ALLOW(nr)                                        \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (nr), 0, 1), \
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
#define FIELD(name) \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, name))

/* From here on the target's code may run, and makes no other system calls. */
static int lock_child(void *thread)
{
	struct sock_filter code[] = {
		FIELD(arch),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
		FIELD(nr),
		ALLOW(SYS_pread64),
		ALLOW(SYS_write),
		ALLOW(SYS_mmap),
		ALLOW(SYS_munmap),
		ALLOW(SYS_rt_sigreturn),
		ALLOW(SYS_clock_gettime),
		ALLOW(SYS_exit_group),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
	};
	const struct sock_fprog filter = { sizeof(code) / sizeof(*code), code };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -1;
	raw_call(SYS_arch_prctl, ARCH_SET_FS, (long)thread, 0, 0, 0);
	return raw_call(SYS_prctl, PR_SET_SECCOMP, SECCOMP_MODE_FILTER,
			(long)&filter, 0, 0) ?
		       -1 :
		       0;
}

/* A thread pointer points to itself first. */
static void *make_thread(void)
{
	char *room = mmap(NULL, 2 * TLS_ROOM, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	void **thread;

	if (room == MAP_FAILED)
		return NULL;
	thread = (void **)(void *)(room + TLS_ROOM);
	thread[0] = thread[2] = thread;
	return thread;
}

static void write_all(const char *bytes, size_t size)
{
	while (size) {
		long n = raw_call(SYS_write, OUT, (long)bytes, (long)size, 0,
				  0);

		if (n <= 0)
			leave_child(NOT_SET_UP);
		bytes += n;
		size -= (size_t)n;
	}
}

typedef long read_text(const char *name, char *text, size_t size);

/* What is asked for. */
struct question {
	int mem; /* the memory of the target */
	read_text *read_text; /* its function */
	const char *name;
	unsigned int ms; /* of CPU time */
};

__attribute__((noreturn)) static void be_ghost(const struct question *q,
					       int out)
{
	char *text = mmap(NULL, TEXT_ROOM, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	void *thread = make_thread();
	size_t size = own_size(); /* before its descriptors are closed */
	long len;

	if (text == MAP_FAILED || !thread || keep_ours(q->mem, out) ||
	    handle_signals() || bound_child(q->ms, size))
		leave_child(NOT_SET_UP);
	copy_touched();
	if (lock_child(thread))
		leave_child(NOT_SET_UP);
	len = q->read_text(q->name, text, TEXT_ROOM);
	write_all((const char *)&len, sizeof(len));
	if (len > 0)
		write_all(text, (size_t)len < TEXT_ROOM ? (size_t)len :
							  TEXT_ROOM - 1);
	leave_child(0);
}

/* ---- this process -------------------------------------------------------- */

/* Reads what a child writes. Returns 0, or -1 if it is cut off. */
static int read_result(int fd, long *len, char **text)
{
	FILE *in = fdopen(fd, "r");
	size_t want;
	int ret = -1;

	if (!in) {
		close(fd);
		return -1;
	}
	if (fread(len, sizeof(*len), 1, in) == 1) {
		if (*len >= (long)TEXT_ROOM)
			*len = TEXT_ROOM - 1;
		if (*len < -MOST_ERRNO)
			*len = -EIO;
		want = *len > 0 ? (size_t)*len : 0;
		*text = malloc(want + 1);
		ret = *text && fread(*text, 1, want, in) == want ? 0 : -1;
		if (!ret)
			(*text)[want] = '\0';
		else
			free(*text);
	}
	fclose(in);
	return ret;
}

/* The process may have put anything there, for the terminal to obey. */
static void only_text(char *text, long len)
{
	for (long i = 0; i < len; i++)
		if ((text[i] < ' ' || text[i] == 0x7f) && text[i] != '\n' &&
		    text[i] != '\t')
			text[i] = '?';
}

/* Returns 0, or how the child ended, or -1. */
static int try_text(const struct question *q, long *len, char **text)
{
	int fds[2], status = 0, ret;
	pid_t child;

	if (pipe2(fds, O_CLOEXEC))
		return -1;
	child = fork();
	if (!child)
		be_ghost(q, fds[1]);
	close(fds[1]);
	ret = child > 0 ? read_result(fds[0], len, text) : -1;
	if (child > 0)
		waitpid(child, &status, 0);
	if (!ret)
		return 0;
	if (WIFSIGNALED(status) &&
	    (WTERMSIG(status) == SIGXCPU || WTERMSIG(status) == SIGKILL))
		return TOO_MUCH;
	return WIFEXITED(status) && WEXITSTATUS(status) ? WEXITSTATUS(status) :
							  -1;
}

/* Returns the CPU time that children have taken, in ms. */
static unsigned long children_ms(void)
{
	struct rusage usage;

	getrusage(RUSAGE_CHILDREN, &usage);
	return (unsigned long)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) *
		       1000 +
	       (unsigned long)(usage.ru_utime.tv_usec +
			       usage.ru_stime.tv_usec) /
		       1000;
}

int ghost_prepare(struct library *lib, struct why *why)
{
	pid_t pid = lib->target->pid;

	if (!library_has(lib, "proc_read"))
		return because(why, "its libkmalloc %s is too old for this",
			       lib->release);
	if (mappings_overlap(pid))
		return 1;
	mappings_clocks(pid, &clocks_start, &clocks_end);
	nr_files = mappings_open(pid, files);
	touched = mmap(NULL, sizeof(*touched), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	return touched == MAP_FAILED ? because(why, "there is no memory") : 0;
}

long ghost_text(struct library *lib, const char *name, char **text,
		struct why *why)
{
	struct question q = { process_mem(lib->target),
			      (read_text *)library_symbol(lib, "proc_read"),
			      name, MS };
	const struct timespec pause = { .tv_nsec = PAUSE_NS };
	const unsigned long start = children_ms();
	size_t before;
	long len = 0;
	int ret = -1;

	touched->nr = 0;
	for (int i = 0;
	     i < TRIES && ret && ret != NOT_SET_UP && ret != TOO_MUCH; i++) {
		if (i >= NO_PAUSE)
			nanosleep(&pause, NULL);
		before = touched->nr;
		ret = try_text(&q, &len, text);
		if (i >= QUICK_TRIES || touched->nr - before > MANY_PAGES)
			q.ms *= 2;
		if (ret && ret != NOT_SET_UP &&
		    children_ms() - start > MOST_SECONDS * 1000)
			ret = TOO_MUCH;
	}
	if (!ret) {
		only_text(*text, len);
		return len;
	}
	if (ret == NOT_SET_UP)
		because(why, "the copy of it cannot be set up: seccomp, or "
			     "memory to execute, is refused");
	else if (ret == TOO_MUCH)
		because(why,
			"it leads through more than a text may take: %lu "
			"MiB, or %d seconds of CPU time",
			MOST_PAGES * PAGE >> 20, MOST_SECONDS);
	else
		because(why, "it changed in each of %d looks, or has ended",
			TRIES);
	return GHOST_CANNOT;
}

#else

int ghost_prepare(struct library *lib, struct why *why)
{
	(void)lib;
	return because(why, "texts of other processes are for x86-64 alone");
}

long ghost_text(struct library *lib, const char *name, char **text,
		struct why *why)
{
	(void)lib;
	(void)name;
	(void)text;
	(void)why;
	return GHOST_CANNOT;
}

#endif
