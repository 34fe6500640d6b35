// SPDX-License-Identifier: MIT
/*
 * shim/trace.c - alloc_trace=FILE: each call of the malloc family, recorded
 *
 *	file	|head| records 2 .. 2047 | 2048 .. 4095     | .. | FILE.PID
 *		|    window 0		 |    window 1	    |
 *	memory	  unmapped: all written    mapped, shared
 *						^ next
 *
 * A record is written into a mapping of the file, at the place that its number
 * says. So a process that is killed leaves all that it recorded, and there is
 * one order for all threads. Windows are mapped when a record falls there, and
 * unmapped when all their records are written. The blocks of the file are
 * allocated before: a full disk ends the recording, not the program.
 *
 *	close()		the program closed the descriptor: device and inode tell
 *			that another file has its number now. The path is opened
 *			again, if it still leads to the recording
 *	fork()		struct trace is wiped in the child, so it records
 *			nothing until our handler has made it a file of its own.
 *			A record that a signal interrupted, whose handler forks,
 *			is dropped in the child, or written twice with the same
 *			bytes: it is the parent's
 *	vfork()		the child has the parent's memory, and its recording
 *	exec		another process image, with a file FILE.PID.1
 *
 * Locking	none: numbers are taken by an atomic addition. Two threads may
 *		map a window at once; one of them unmaps its own again.
 * Invariants	TRACE1  the records of a window that is mapped are not all
 *			written		(unit.shim.trace checks it)
 * Source	no counterpart
 */
#include <errno.h>
#include <string.h>

#include "diag/fmt.h"
#include "diag/param.h"
#include "diag/report.h"
#include "shim/trace.h"
#include "sys/os.h"

#define WINDOW_SIZE (64UL << 10)
#define WINDOW_RECORDS (WINDOW_SIZE / sizeof(struct trace_record))
#define MAX_SAME_PID 100 /* programs that one process executes in turn */
#define TRACE_PATH_SIZE 256

_Static_assert(sizeof(struct trace_record) == 32, "as docs/observing.md says");
_Static_assert(sizeof(struct trace_head) ==
		       TRACE_FIRST * sizeof(struct trace_record),
	       "the head is two records");

struct trace_window {
	char *at; /* atomic; NULL: not mapped yet */
	u32 written; /* atomic: records */
};

/* In a mapping of its own, which reads as zeroes in a child of fork(). */
struct trace {
	u64 next; /* atomic: the record to be written next */
	u8 on; /* relaxed; 0: the recording has ended, or is the parent's */
	unsigned long start_ms; /* constant, as all that follows */
	u64 most; /* records */
	u64 file_id;
	char path[TRACE_PATH_SIZE];
	struct trace_window window[];
};

bool trace_on;
static struct trace *trace_now; /* written at the start and in children */
static int trace_fd = -1; /* the same, and when it was closed */
static u64 trace_file_id; /* of trace_now, as in the parent */
static int trace_pid; /* the same */
static char trace_path[TRACE_PATH_SIZE - 24]; /* constant after the start */
static unsigned long trace_max = 1UL << 30; /* bytes; the same */

static int set_trace(const char *value)
{
	if (!*value || strlen(value) >= sizeof(trace_path))
		return -EINVAL;
	strcpy(trace_path, value);
	return 0;
}
boot_param("alloc_trace", set_trace, "a path of up to 231 bytes");

static int set_trace_max(const char *value)
{
	return param_number(value, WINDOW_SIZE, 1UL << 40, &trace_max);
}
boot_param("alloc_trace.max", set_trace_max, "64K to 1T");

/* ---- the file ------------------------------------------------------------ */

/* Ends the recording, once. What is written stays. */
static __cold void trace_stop(struct trace *t, const char *why)
{
	if (__atomic_exchange_n(&t->on, 0, __ATOMIC_RELAXED))
		km_report("kmalloc: alloc_trace: %pE: %s, the recording ends\n",
			  t->path, why);
}

/*
 * Returns the descriptor of the file, or -1. One that the program closed may be
 * another file's by now.
 */
static int file_of(const struct trace *t)
{
	int fd = READ_ONCE(trace_fd);
	long again;

	if (os_file_id(fd) == t->file_id)
		return fd;
	again = os_open_record(t->path, 0);
	if (again < 0)
		return -1;
	if (os_file_id((int)again) == t->file_id &&
	    __atomic_compare_exchange_n(&trace_fd, &fd, (int)again, false,
					__ATOMIC_RELAXED, __ATOMIC_RELAXED))
		return (int)again;
	os_close((int)again);
	return os_file_id(fd) == t->file_id ? fd : -1;
}

/* Maps window nr. Returns it, or NULL and ends the recording. */
static char *map_window(struct trace *t, u64 nr)
{
	int saved = errno, fd = file_of(t), ret;
	char *at = NULL;

	errno = saved;
	if (fd < 0) {
		trace_stop(t, "the file was closed and is gone");
		return NULL;
	}
	ret = os_file_extend(fd, nr * WINDOW_SIZE, WINDOW_SIZE);
	if (!ret)
		at = os_view_file(fd, WINDOW_SIZE, nr * WINDOW_SIZE);
	if (!at)
		trace_stop(t, ret == -ENOSPC ? "no space is left" :
			      ret == -EFBIG  ? "a limit of the file size" :
					       "no window can be mapped");
	return at;
}

/* Returns the window of record nr, which another thread may be mapping too. */
static char *window_of(struct trace *t, struct trace_window *w, u64 nr)
{
	char *at = smp_load_acquire(&w->at), *old = NULL;

	if (likely(at))
		return at;
	at = map_window(t, nr);
	if (!at ||
	    __atomic_compare_exchange_n(&w->at, &old, at, false,
					__ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
		return at;
	os_release(at, WINDOW_SIZE);
	return old;
}

/* ---- a record ------------------------------------------------------------ */

static void put_record(const struct trace_record *from)
{
	struct trace *t = READ_ONCE(trace_now);
	struct trace_window *w;
	struct trace_record *r;
	char *at;
	u64 nr;

	if (!READ_ONCE(t->on))
		return;
	nr = __atomic_fetch_add(&t->next, 1, __ATOMIC_RELAXED);
	if (unlikely(nr >= READ_ONCE(t->most))) {
		trace_stop(t, "alloc_trace.max is reached");
		return;
	}
	w = &t->window[nr / WINDOW_RECORDS];
	at = window_of(t, w, nr / WINDOW_RECORDS);
	if (unlikely(!at))
		return;
	r = (struct trace_record *)(void *)at + nr % WINDOW_RECORDS;
	r->addr = from->addr;
	r->size_align = from->size_align;
	r->thread = (u32)((uintptr_t)__builtin_thread_pointer() >> 6);
	r->ms = (u32)(os_now_ms() - READ_ONCE(t->start_ms));
	smp_store_release(&r->old_op, from->old_op);
	if (__atomic_add_fetch(&w->written, 1, __ATOMIC_ACQ_REL) ==
	    WINDOW_RECORDS)
		os_release(at, WINDOW_SIZE);
}

static u64 with_high(u64 low, unsigned int high)
{
	return min(low, TRACE_LOW(~0UL)) | (u64)high << 56;
}

void __trace_call(enum trace_op op, const void *p, size_t size,
		  unsigned int align)
{
	const struct trace_record record = {
		.addr = (uintptr_t)p,
		.size_align = with_high(size, align),
		.old_op = with_high(0, op),
	};

	put_record(&record);
}

void __trace_resized(const void *old, const void *p, size_t size)
{
	const struct trace_record record = {
		.addr = (uintptr_t)p,
		.size_align = with_high(size, 0),
		.old_op = with_high((uintptr_t)old, TRACE_RESIZED),
	};

	put_record(&record);
}

/* ---- the start, and children --------------------------------------------- */

/*
 * Makes FILE.PID. A program that another one of this process has executed finds
 * that file there, and makes FILE.PID.1. Returns a descriptor or -errno.
 */
static long create_file(struct trace *t)
{
	long fd = -EEXIST;

	for (int nr = 0; fd == -EEXIST && nr < MAX_SAME_PID; nr++) {
		if (nr)
			km_snprintf(t->path, sizeof(t->path), "%s.%d.%d",
				    trace_path, os_pid(), nr);
		else
			km_snprintf(t->path, sizeof(t->path), "%s.%d",
				    trace_path, os_pid());
		fd = os_open_record(t->path, OS_RECORD_NEW);
	}
	return fd;
}

static void write_head(char *at, const struct trace *t, int parent)
{
	struct trace_head *head = (struct trace_head *)(void *)at;

	memcpy(head->magic, TRACE_MAGIC, sizeof(head->magic));
	head->record = sizeof(struct trace_record);
	head->pid = os_pid();
	head->parent = parent;
	head->most = t->most;
	os_comm(head->comm);
	smp_store_release(&head->version, TRACE_VERSION);
}

static size_t trace_bytes(u64 windows)
{
	return OS_PAGE_ALIGN(sizeof(struct trace) +
			     windows * sizeof(struct trace_window));
}

/* Fills in a new struct trace, with its file. Returns 0 or -errno. */
static int open_trace(struct trace *t, u64 windows, int parent)
{
	long fd = create_file(t);
	char *at;

	if (fd < 0)
		return (int)fd;
	trace_fd = (int)fd;
	trace_file_id = os_file_id((int)fd);
	trace_pid = os_pid();
	t->file_id = trace_file_id;
	t->most = windows * WINDOW_RECORDS;
	t->start_ms = os_now_ms();
	t->next = TRACE_FIRST;
	t->on = 1;
	at = window_of(t, &t->window[0], 0);
	if (!at)
		return -ENOSPC;
	write_head(at, t, parent);
	t->window[0].written = TRACE_FIRST;
	return 0;
}

/* Returns 0, or -errno and says so: the process runs without a recording. */
static int begin_trace(int parent)
{
	u64 windows = trace_max / WINDOW_SIZE;
	int saved = errno, ret = -ENOMEM;
	struct trace *t = os_map(trace_bytes(windows));

	if (t)
		ret = os_wipe_on_fork(t, trace_bytes(windows));
	if (!ret)
		ret = open_trace(t, windows, parent);
	errno = saved;
	if (!ret) {
		smp_store_release(&trace_now, t);
		return 0;
	}
	km_report("kmalloc: alloc_trace: %pE.%d cannot be written (error %d)\n",
		  trace_path, os_pid(), -ret);
	if (t)
		os_release(t, trace_bytes(windows));
	return ret;
}

void trace_start(void)
{
	if (trace_path[0] && !trace_on)
		trace_on = !begin_trace(0);
}

/* The parent's descriptor is closed, if it is still that. */
static void close_parents(void)
{
	int saved = errno;

	if (os_file_id(trace_fd) == trace_file_id)
		os_close(trace_fd);
	errno = saved;
	trace_fd = -1;
}

void trace_fork_child(void)
{
	if (!trace_on)
		return;
	close_parents();
	begin_trace(trace_pid);
}
