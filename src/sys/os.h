// SPDX-License-Identifier: MIT
/*
 * sys/os.h - the one contract for everything the operating system does for us
 *
 * Nothing above this room includes <sys/mman.h>, <sched.h>, <pthread.h> or
 * <signal.h>, or makes a system call. Calls of the loader (dlsym and the like)
 * are made by the shim alone, which replaces some of them. The contract of
 * every primitive here:
 *
 *   - addresses and sizes are multiples of OS_PAGE_SIZE, sizes are not 0;
 *   - functions that map return an address or NULL; the others return 0 or
 *     -errno; none of them touches errno;
 *   - none of them calls malloc (but for those that say so), stdio or dlsym.
 *     System calls are made directly. Five exceptions of libc are known not to
 *     allocate: clock_gettime and sched_getcpu (for their vDSO), getauxval,
 *     _dl_find_object, and access to the environment;
 *   - the memory calls count themselves (os_mem_calls) and can be told to
 *     fail (fail_os=N[,M]), which is how the fault tests reach every unwind.
 *
 * After start-up the library uses only mmap, munmap, mremap, madvise, mprotect
 * (of kmem's region, and where frames come online below others), futex and
 * write; docs/shim.md lists them for people who write seccomp filters.
 */
#ifndef KM_SYS_OS_H
#define KM_SYS_OS_H

#include "sys/compiler.h"

/* ---- memory -------------------------------------------------------------- */

/*
 * The machine's page: what the OS maps, protects and takes back memory by. A
 * frame (PAGE_SIZE) may be a part of one; arena/frames.c knows how large.
 * OS_PAGE_MOST is the largest of any machine.
 */
#define OS_PAGE_SHIFT 12
#define OS_PAGE_SIZE (1UL << OS_PAGE_SHIFT)
#define OS_PAGE_ALIGN(x) ALIGN((x), OS_PAGE_SIZE)
#define OS_PAGE_MOST (64UL << 10)

/*
 * Returns an address where so much address space is free, or NULL. Nothing is
 * mapped there: another thread may map there first.
 */
void *os_place(size_t size);
/*
 * These map at addr if nothing is mapped there. They return 0, -EEXIST, or
 * another -errno if memory, address space or a limit is short (-ENOMEM,
 * -EAGAIN).
 */
int os_commit(void *addr, size_t size); /* readable, writable, zero */
int os_commit_readonly(void *addr, size_t size); /* zero, not charged */
int os_reserve(void *addr, size_t size); /* no access, not charged */
/* Makes our own pages writable; their contents stay. */
int os_make_writable(void *addr, size_t size);
/* Gives the memory back; the pages stay committed and read as zero. */
int os_discard(void *addr, size_t size);
/*
 * Asks for huge pages where committed pages have no memory yet. -EINVAL: the
 * kernel has none.
 */
int os_huge(void *addr, size_t size);
/*
 * Makes huge pages of what is there, by copying, whatever the system's setting
 * is. -EINVAL: the kernel cannot, or not there.
 */
int os_collapse(void *addr, size_t size);
/* Forbids access to committed pages, and allows it again; contents stay. */
int os_deny(void *addr, size_t size);
int os_allow(void *addr, size_t size);
/*
 * Takes the memory of committed pages and forbids access, in a mapping that
 * stays whole; and undoes it: the pages read as zero. -EINVAL: the kernel is
 * older than 6.13, or the memory is locked.
 */
int os_guard(void *addr, size_t size);
int os_unguard(void *addr, size_t size);
/* Unmap. */
int os_release(void *addr, size_t size);
/* Committed zero pages anywhere. */
void *os_map(size_t size);
/*
 * Moves a mapping of old_size bytes to `to`, with new_size bytes. A mapping at
 * `to` is replaced and the old place is unmapped. to == NULL: resizes in place.
 */
int os_move(void *addr, size_t old_size, void *to, size_t new_size);
/*
 * Returns false if a range, all of it mapped, reaches over the end of a
 * mapping.
 */
bool os_one_mapping(void *addr, size_t size);
/* Resizes; the kernel chooses the place. NULL on failure. */
void *os_remap(void *addr, size_t old_size, size_t new_size);

/* Makes a memfd with a high number, closed by exec. Returns fd or -errno. */
int os_memfd(const char *name);
/* Sets its length; -EFBIG, and no signal, if RLIMIT_FSIZE is too low. */
int os_file_resize(int fd, size_t size);
/* Frees the memory of a range of the file, which then reads as zero. */
int os_file_punch(int fd, size_t offset, size_t size);
/* Writes all of buf at offset. Returns 0 or -errno. */
int os_file_write(int fd, const void *buf, size_t size, size_t offset);
/* Access to a mapping: bits with the meaning of PROT_. */
#define OS_PROT_READ 1U
#define OS_PROT_WRITE 2U
#define OS_PROT_EXEC 4U
#define OS_PROT_RW (OS_PROT_READ | OS_PROT_WRITE)
/* Map a range of the file over address space that is ours, shared. */
int os_map_file(void *addr, size_t size, int fd, size_t offset,
		unsigned int prot);
/* Changes the protection of a mapping. */
int os_protect(void *addr, size_t size, unsigned int prot);
/* Replaces a mapping of the file: by no access, or by private zero pages. */
int os_unmap_file(void *addr, size_t size);
int os_unmap_file_zero(void *addr, size_t size);
/* Maps a range of the file anywhere; os_release() ends it. NULL: no memory. */
void *os_view_file(int fd, size_t size, size_t offset);
/* Finds the first stretch with memory from *start on; false: none. */
bool os_file_data(int fd, size_t *start, size_t *end);
/* Let a part of one mapping of a file show another part of the file. */
int os_remap_file(void *addr, size_t size, size_t offset);
/* Hides mappings in a range from children of fork(), or shows them again. */
int os_dont_fork(void *addr, size_t size);
int os_do_fork(void *addr, size_t size);
unsigned long os_max_map_count(void); /* mappings a process may have */

/*
 * Between os_wp_begin() and os_wp_end() other threads' writes to a range of a
 * mapped file wait, and reads go on. The caller may map another page there
 * meanwhile, with the range's protection. One range at a time; only in
 * libkmalloc.
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
/* Ends a run of such ranges: closes the userfaultfd that they shared. */
void os_wp_done(void);
/* At ticks: removes the SIGSEGV handler some time after the last run. */
void os_wp_rest(void);
extern unsigned long os_wp_opened; /* userfaultfds so far; for tests */
/* Prefer one NUMA node for memory that is not there yet. */
int os_bind_node(void *addr, size_t size, unsigned int node);
/* Arguments of the last os_bind_node(), and the number of calls; for tests. */
struct os_bind {
	const void *addr;
	size_t size;
	unsigned int node;
	unsigned long calls;
};
extern struct os_bind os_last_bind;
/* Returns the nodes below 64 that this process may use, as bits; 0: unknown. */
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
 * Reads a topology in hwloc's syntax. Returns 0, -ENOMEM or -EINVAL. The one
 * function here that calls malloc; os_hwloc.c is in libkmalloc alone.
 */
int os_hwloc_topology(const char *synthetic, struct os_topology *out);

extern unsigned long os_mem_calls; /* memory calls so far; relaxed */
/* The memory calls [first, first + count) fail with -ENOMEM; 0 switches off. */
void os_fail_calls(unsigned long first, unsigned long count);

/* ---- limits and identity ------------------------------------------------- */

/* Returns the bytes that RLIMIT_AS leaves, or SIZE_MAX if it is unlimited. */
size_t os_address_space_left(void);
size_t os_address_space_most(void); /* its hard limit, or SIZE_MAX */
size_t os_file_size_limit(void); /* RLIMIT_FSIZE, or SIZE_MAX */
size_t os_address_space_used(void); /* bytes of mappings; 0 if unknown */
size_t os_total_ram(void); /* bytes */
unsigned int os_nr_cpus(void); /* highest CPU this process may use, + 1 */
unsigned int os_cpu_ids(void); /* no CPU has this number or above; 0: unknown */
int os_cpu_slow(void);
/*
 * Returns the CPU that this thread runs on, a hint; 0 if unknown. The kernel
 * writes it into the rseq area that glibc registers (from 2.35 on). A negative
 * number there means that rseq is not registered.
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
/*
 * Returns true if glibc knows of one thread only; cleared before the next
 * starts.
 */
static inline bool os_single_threaded(void)
{
	extern char __libc_single_threaded __attribute__((weak));

	return &__libc_single_threaded && __libc_single_threaded;
}
/*
 * Returns the offset of the thread's rseq area from its thread pointer, or 0 if
 * restartable sequences cannot be used.
 */
long os_rseq_offset(void);
/*
 * os_rseq_fence() returns when every restartable sequence that another thread
 * was in on that CPU, or on any, has ended or will restart. It works after
 * _allow() has returned 0 once, also in children of fork. 0 or -errno.
 */
int os_rseq_fence_allow(void);
int os_rseq_fence(unsigned int cpu);
#define OS_ALL_CPUS (~0U)
int os_pid(void);
int os_tid(void);
bool os_on_signal_stack(void); /* that of sigaltstack(); true if unknown */
/* The name of this thread, as ps shows it; size of the buffer at least 16. */
void os_comm(char name[16]);
void os_set_comm(const char *name); /* cut to 15 characters */
/* Returns true if 8 bytes at addr are readable; one system call, no fault. */
bool os_readable(const void *addr);
/*
 * Returns true if addr lies in the dynamic loader. In a static program it
 * returns true for every addr while libc is starting.
 */
bool os_in_loader(uintptr_t addr);
bool os_is_static(void); /* a program without a dynamic loader? */
/*
 * Returns false while libc of a static program starts: no list of objects yet.
 */
bool os_libc_started(void);
/*
 * Returns 64 bits for a place or a seed, others each time. They reveal neither
 * each other nor the stack protector's canary.
 */
u64 os_random(void);
void os_random_seed(u64 seed); /* the same gives the same bits; for tests */
bool os_secure(void); /* AT_SECURE: ignore the environment */
const char *os_getenv(const char *name); /* works before libc has started */
void os_getenv_end(void); /* from now on os_getenv() finds nothing */
/*
 * The same, to be changed in place: programs that this one executes inherit it.
 * NULL if the kernel did not put it there.
 */
char *os_getenv_initial(const char *name);
unsigned long os_now_ms(void); /* coarse monotonic clock, milliseconds */
/* Finds the program's own headers and its bias. Returns their number. */
unsigned int os_program_headers(const void **headers, uintptr_t *bias);

/* An object that the loader has mapped: a program or a library. */
struct os_object {
	uintptr_t start, end; /* of its mapping */
	uintptr_t eh_frame_hdr;
	uintptr_t bias; /* run-time address - address in the file */
	const char *name; /* its path; "" for the program itself */
};
/*
 * Finds the object that holds addr. Takes no lock. Returns 0, -ENOENT if there
 * is none, or -ENOSYS if glibc cannot tell: before 2.35, or before it started.
 */
int os_find_object(uintptr_t addr, struct os_object *out);
/*
 * Returns the start of a segment of code that overlaps [start, end), or 0.
 * Takes the loader's lock.
 */
uintptr_t os_find_code(uintptr_t start, uintptr_t end);

/* ---- waiting ------------------------------------------------------------- */

void os_futex_wait(u32 *word, u32 value);
/* The same for at most `ms`. Returns 0, or -ETIMEDOUT, -EAGAIN, -EINTR. */
int os_futex_wait_ms(u32 *word, u32 value, unsigned long ms);
void os_futex_wake(u32 *word);
void os_futex_wake_all(u32 *word);

/* ---- threads and fork: these four may call malloc ------------------------ */

/*
 * Starts a detached thread that runs fn(arg) with every signal blocked, on a
 * stack of that many bytes; 0: as many as libc gives. Returns 0 or -errno.
 */
int os_thread_start(void *(*fn)(void *arg), void *arg, size_t stack);
/*
 * Makes a key: fn(value) is called when a thread ends for which the key has a
 * value. glibc calls it in four rounds if it sets a value again. Returns 0 or
 * -errno.
 */
int os_thread_exit_key(u32 *key, void (*fn)(void *value));
int os_thread_exit_set(u32 key, void *value); /* of this thread; 0 or -errno */
/* Finds the stack of this thread. Returns 0 or -errno. */
int os_thread_stack(uintptr_t *low, uintptr_t *high);
/*
 * Has handlers called by each fork() of the C library: prepare in reverse order
 * of these calls, the others in their order. Returns 0 or -errno.
 */
int os_at_fork(void (*prepare)(void), void (*parent)(void),
	       void (*child)(void));

/* ---- files and the end --------------------------------------------------- */

long os_open_read(const char *path); /* fd or -errno */
/* Reads a file as a string, cut to the buffer. Returns 0 or -errno. */
int os_read_text(const char *path, char *buf, size_t size);
/*
 * Opens for writing at the end; creates with mode 0644. Returns fd or -errno:
 * -ELOOP if the path is a symbolic link, which only _follow goes along.
 */
long os_open_append(const char *path);
long os_open_append_follow(const char *path);
long os_read(int fd, void *buf, size_t size);
long os_pread(int fd, void *buf, size_t size, u64 offset);
/* Reads size bytes and no fewer. Returns 0, or -EIO if it could not. */
int os_pread_all(int fd, void *buf, size_t size, u64 offset);
long os_write(int fd, const void *buf, size_t size); /* all of it */
/*
 * Opens a file for a recording, to be read and written through mappings, with a
 * high number. OS_RECORD_NEW: makes it, mode 0600; -EEXIST if the path is
 * there. Never follows a symbolic link. Returns fd or -errno.
 */
#define OS_RECORD_NEW 1U
long os_open_record(const char *path, unsigned int flags);
/*
 * Allocates blocks of the file up to offset + size; no byte of it changes.
 * -ENOSPC, -EFBIG: and no signal; -EOPNOTSUPP: the file system cannot.
 */
int os_file_extend(int fd, size_t offset, size_t size);
/* Committed pages read as zero in children of fork(). 0 or -errno. */
int os_wipe_on_fork(void *addr, size_t size);
/* Returns a copy of fd with a high number, closed by exec; or -errno. */
int os_dup_high(int fd);
/*
 * Returns a number for the file behind fd, to see whether it is still the same.
 */
u64 os_file_id(int fd);
void os_close(int fd);
__attribute__((noreturn)) void os_abort(void);
/* Prints a text on stderr, then SIGABRT. */
__attribute__((noreturn, cold)) void os_die(const char *text);

#endif
