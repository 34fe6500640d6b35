// SPDX-License-Identifier: MIT
/*
 * sys/os.h - the one contract for everything the operating system does for us
 *
 * Nothing above this layer includes <sys/mman.h>, <sched.h> or makes a system
 * call. The contract of every primitive here:
 *
 *   - addresses and sizes are multiples of PAGE_SIZE, sizes are not 0;
 *   - functions that map return an address or NULL; the others return 0 or
 *     -errno; none of them touches errno;
 *   - none of them calls malloc (but for the one that says so), stdio or dlsym.
 *     System calls are made directly but for four of libc's that are known not
 *     to allocate: clock_gettime and sched_getcpu, for their vDSO, getauxval,
 *     and what finds the environment;
 *   - the memory calls count themselves (os_mem_calls) and can be told to
 *     fail (fail_os=N[,M]), which is how the fault tests reach every unwind.
 *
 * After start-up the library uses only mmap, munmap, mremap, madvise, mprotect
 * (where frames come online below others), futex and write; docs/shim.md lists
 * them for people who write seccomp filters.
 */
#ifndef KM_SYS_OS_H
#define KM_SYS_OS_H

#include "sys/compiler.h"

/* ---- memory -------------------------------------------------------------- */

/*
 * Where the OS has that much address space free: an address, or NULL. Nothing
 * is mapped there: whoever maps first has it.
 */
void *os_place(size_t size);
/*
 * Map at a given place if nothing is mapped there: 0, -EEXIST, or another
 * -errno where memory, address space or a limit is short (-ENOMEM, -EAGAIN).
 */
int os_commit(void *addr, size_t size); /* readable, writable, zero */
int os_commit_readonly(void *addr, size_t size); /* zero, not charged */
int os_reserve(void *addr, size_t size); /* no access, not charged */
/* Make pages of ours writable, or leave them so; they keep what they hold. */
int os_make_writable(void *addr, size_t size);
/* Give the memory back; the pages stay committed and read as zero again. */
int os_discard(void *addr, size_t size);
/* No access to committed pages, which keep what they hold; and access again. */
int os_deny(void *addr, size_t size);
int os_allow(void *addr, size_t size);
/* Unmap. */
int os_release(void *addr, size_t size);
/* Committed zero pages anywhere. */
void *os_map(size_t size);
/*
 * Move a mapping of old_size bytes to `to`, grown or shrunk to new_size. What
 * was mapped at `to` goes away and the old place is unmapped. to == NULL:
 * resize without moving.
 */
int os_move(void *addr, size_t old_size, void *to, size_t new_size);
/* Resize, the kernel choosing the place. NULL on failure. */
void *os_remap(void *addr, size_t old_size, size_t new_size);

/* A file of memory that exec closes, with a high number: fd or -errno. */
int os_memfd(const char *name);
/* Its length; -EFBIG instead of a signal where RLIMIT_FSIZE is in the way. */
int os_file_resize(int fd, size_t size);
/* Free the memory of a range of the file, which then reads as zero. */
int os_file_punch(int fd, size_t offset, size_t size);
/* Write all of it there: 0 or -errno. */
int os_file_write(int fd, const void *buf, size_t size, size_t offset);
/* What may be done with a mapping: bits, as those of PROT_. */
#define OS_PROT_READ 1U
#define OS_PROT_WRITE 2U
#define OS_PROT_EXEC 4U
#define OS_PROT_RW (OS_PROT_READ | OS_PROT_WRITE)
/* Map a range of the file over address space that is ours, shared. */
int os_map_file(void *addr, size_t size, int fd, size_t offset,
		unsigned int prot);
/* Another protection for what is mapped there. */
int os_protect(void *addr, size_t size, unsigned int prot);
/* The end of that: no access, or private memory, zero. */
int os_unmap_file(void *addr, size_t size);
int os_unmap_file_zero(void *addr, size_t size);
/* A look at a range of the file, anywhere, for os_release(); NULL: no memory. */
void *os_view_file(int fd, size_t size, size_t offset);
/* The first stretch from *start on with memory in it: false if there is none. */
bool os_file_data(int fd, size_t *start, size_t *end);
/* Let a part of one mapping of a file show another part of the file. */
int os_remap_file(void *addr, size_t size, size_t offset);
/* Mappings in a range are not for children of fork(); or are again. */
int os_dont_fork(void *addr, size_t size);
int os_do_fork(void *addr, size_t size);
unsigned long os_max_map_count(void); /* mappings a process may have */

/*
 * From begin to end, reads of a range of a mapped file go on and other threads'
 * writes wait; another page may be mapped there meanwhile, with the range's
 * protection. One range at a time. libkmalloc alone: os_wp.c.
 */
enum os_wp { OS_WP_UFFD, OS_WP_MPROTECT };
struct os_wp_range {
	void *addr;
	size_t size;
	unsigned int prot; /* what it is mapped with: writable */
	enum os_wp how;
};
int os_wp_begin(const struct os_wp_range *range); /* 0 or -errno */
void os_wp_end(
	const struct os_wp_range *range); /* another page is mapped there */
void os_wp_cancel(const struct os_wp_range *range); /* the same page still is */
/* The run of such ranges is over: the userfaultfd that they shared is closed. */
void os_wp_done(void);
/* At ticks: the handler of SIGSEGV goes, some time after the last run. */
void os_wp_rest(void);
extern unsigned long os_wp_opened; /* userfaultfds so far; for tests */
/* Prefer one NUMA node for memory that is not there yet. */
int os_bind_node(void *addr, size_t size, unsigned int node);
/* What the last call of it asked for, and how many there were; for tests. */
struct os_bind {
	const void *addr;
	size_t size;
	unsigned int node;
	unsigned long calls;
};
extern struct os_bind os_last_bind;
/* The nodes below 64 that this process may use, as bits; 0: unknown. */
unsigned long os_nodes_allowed(void);

#define OS_MAX_NODES 8
#define OS_MAX_PUS 256

struct os_topology {
	unsigned int nr_nodes, nr_pus;
	u8 pu_node[OS_MAX_PUS]; /* the node of each processing unit */
	u8 distance[OS_MAX_NODES][OS_MAX_NODES]; /* 10: the same */
	u8 os_node[OS_MAX_NODES]; /* the OS's number of each node */
};

/*
 * A machine in hwloc's words: 0, -ENOMEM or -EINVAL. The one function here that
 * calls malloc; os_hwloc.c is in libkmalloc alone.
 */
int os_hwloc_topology(const char *synthetic, struct os_topology *out);

extern unsigned long os_mem_calls; /* memory calls so far; relaxed */
/* The memory calls [first, first + count) fail with -ENOMEM; 0 switches off. */
void os_fail_calls(unsigned long first, unsigned long count);

/* ---- limits and identity ------------------------------------------------- */

/* What RLIMIT_AS leaves in bytes, or SIZE_MAX when it is unlimited. */
size_t os_address_space_left(void);
size_t os_address_space_most(void); /* its hard limit, or SIZE_MAX */
size_t os_file_size_limit(void); /* RLIMIT_FSIZE, or SIZE_MAX */
size_t os_address_space_used(void); /* bytes of mappings; 0 if unknown */
size_t os_total_ram(void); /* bytes */
unsigned int os_nr_cpus(void); /* highest CPU this process may use, + 1 */
int os_cpu_slow(void);
/*
 * The CPU we run on now, a hint; 0 if unknown. The kernel writes it into the
 * rseq area that glibc registers (from 2.35 on); a negative number there says
 * that it did not.
 */
static inline int os_cpu(void)
{
	extern const ptrdiff_t __rseq_offset __attribute__((weak));
	const int *rseq;

	if (likely(&__rseq_offset)) {
		rseq = (const int *)((char *)__builtin_thread_pointer() +
				     __rseq_offset);
		if (likely(READ_ONCE(rseq[1]) >= 0)) /* cpu_id */
			return READ_ONCE(rseq[1]);
	}
	return os_cpu_slow();
}
/* glibc's word that there is one thread; set before a second one starts. */
static inline bool os_single_threaded(void)
{
	extern char __libc_single_threaded __attribute__((weak));

	return &__libc_single_threaded && __libc_single_threaded;
}
int os_pid(void);
int os_tid(void);
bool os_on_signal_stack(void); /* that of sigaltstack(); true if unknown */
/* The name of this thread, as ps shows it; size of the buffer at least 16. */
void os_comm(char name[16]);
/* May 8 bytes at addr be read? One system call, no fault. */
bool os_readable(const void *addr);
/*
 * Does addr lie in the dynamic loader? In a static program: is libc's start still
 * going on? The answer is the same for every addr then.
 */
bool os_in_loader(uintptr_t addr);
bool os_is_static(void); /* a program without a dynamic loader? */
/* May libc be asked about loaded objects? Not while a static program starts. */
bool os_libc_started(void);
u64 os_random(void); /* 64 bits of the kernel's start-up randomness */
/* Bits for addresses: they tell nothing of os_random(), nor of any canary. */
u64 os_random_place(void);
bool os_secure(void); /* AT_SECURE: ignore the environment */
const char *os_getenv(const char *name); /* works before libc has started */
/*
 * The same, to be changed in place: what programs that this one executes
 * inherit. NULL if it is not where the kernel put it.
 */
char *os_getenv_initial(const char *name);
unsigned long os_now_ms(void); /* coarse monotonic clock, milliseconds */
/* The program headers of the program itself: their number, and its bias. */
unsigned int os_program_headers(const void **headers, uintptr_t *bias);

/* ---- waiting ------------------------------------------------------------- */

void os_futex_wait(u32 *word, u32 value);
void os_futex_wait_ms(u32 *word, u32 value, unsigned long ms); /* at most */
void os_futex_wake(u32 *word);
void os_futex_wake_all(u32 *word);
/*
 * A detached thread that runs fn(arg) with every signal blocked: 0 or -errno.
 * Unlike everything else here it may call malloc.
 */
int os_thread_start(void *(*fn)(void *arg), void *arg);

/* ---- files and the end --------------------------------------------------- */

long os_open_read(const char *path); /* fd or -errno */
long os_open_append(const char *path); /* fd or -errno; creates 0644 */
long os_read(int fd, void *buf, size_t size);
long os_pread(int fd, void *buf, size_t size, u64 offset);
long os_write(int fd, const void *buf, size_t size); /* all of it */
/* A copy of fd with a high number, closed by exec; or -errno. */
int os_dup_high(int fd);
/* A number for the file behind fd, to tell whether it still is the same. */
u64 os_file_id(int fd);
void os_close(int fd);
__attribute__((noreturn)) void os_abort(void);

#endif
