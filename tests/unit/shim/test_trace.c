// SPDX-License-Identifier: MIT
/*
 * test_trace.c - what alloc_trace= writes, and which file it writes to
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "diag/param.h"
#include "shim/trace.h"
#include "support/child.h"
#include "support/single_step.h"

#define WINDOW 2048U /* records */
#define THREADS 4
#define EACH 5000U
#define CHILDS 100U /* of children that were made inside record 1 */

static char folder[64], prefix[80];

struct file {
	struct trace_head head;
	const struct trace_record *records; /* by number */
	size_t nr; /* the last that is not 0, + 1 */
	mode_t mode;
};

static void *read_file(const char *path, size_t *size, mode_t *mode)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;
	char *text;

	if (fd < 0)
		return NULL;
	REQUIRE(!fstat(fd, &st));
	*mode = st.st_mode;
	*size = (size_t)st.st_size;
	text = malloc(*size + 1);
	REQUIRE(text && read(fd, text, *size) == st.st_size);
	close(fd);
	return text;
}

/* Reads PREFIX.PID and `more` behind it. */
static void read_recording(pid_t pid, const char *more, struct file *file)
{
	char path[128];
	size_t size = 0;

	snprintf(path, sizeof(path), "%s.%d%s", prefix, pid, more);
	file->records = read_file(path, &size, &file->mode);
	REQUIRE(file->records && size % sizeof(file->records[0]) == 0);
	memcpy(&file->head, file->records, sizeof(file->head));
	file->nr = size / sizeof(file->records[0]);
	while (file->nr > TRACE_FIRST && !file->records[file->nr - 1].old_op)
		file->nr--;
}

static void start(const char *more)
{
	static char cmdline[200];

	snprintf(cmdline, sizeof(cmdline), "alloc_trace=%s %s", prefix, more);
	parse_args(cmdline);
	free(malloc(16));
	trace_start();
}

/* So many records, with the numbers from `first` on as addresses. */
static void put(unsigned int first, unsigned int nr)
{
	for (unsigned int i = first; i < first + nr; i++)
		trace_call(TRACE_FREE, (void *)(uintptr_t)i, 0);
}

/*
 * Expect after the head the records with addresses from `first` on, and no
 * others: what the test itself allocated is of slow paths, with larger ones.
 */
static void expect_records(const struct file *file, unsigned int first,
			   unsigned int nr)
{
	unsigned int found = 0;

	for (size_t i = TRACE_FIRST; i < file->nr; i++) {
		const struct trace_record *r = &file->records[i];

		REQUIRE(r->old_op);
		if (r->addr >= 1U << 30 || (first == CHILDS && r->addr == 1))
			continue;
		REQUIRE(r->addr == first + found);
		REQUIRE(TRACE_HIGH(r->old_op) == TRACE_FREE);
		found++;
	}
	REQUIRE(found == nr);
}

static unsigned int mappings_of_file(void)
{
	char line[512];
	FILE *maps = fopen("/proc/self/maps", "re");
	unsigned int nr = 0;

	REQUIRE(maps);
	while (fgets(line, sizeof(line), maps))
		nr += strstr(line, prefix) != NULL;
	fclose(maps);
	return nr;
}

/* ---- tests --------------------------------------------------------------- */

static void *put_from(void *arg)
{
	put((unsigned int)(uintptr_t)arg, EACH);
	return NULL;
}

/*
 * Threads record at once, for several windows. Expect a file for its owner
 * alone, a head, every record whole, those of a thread in its order under one
 * number, and no window mapped that is full.
 */
static void test_threads(void *arg)
{
	unsigned int next[THREADS] = { 0 };
	u32 name[THREADS] = { 0 };
	pthread_t thread[THREADS];
	struct file file;

	(void)arg;
	start("");
	for (uintptr_t n = 0; n < THREADS; n++)
		REQUIRE(!pthread_create(&thread[n], NULL, put_from,
					(void *)(n << 20)));
	for (int n = 0; n < THREADS; n++)
		pthread_join(thread[n], NULL);
	REQUIRE(mappings_of_file() <= 1);
	read_recording(getpid(), "", &file);
	REQUIRE((file.mode & 07777) == 0600);
	REQUIRE(!memcmp(file.head.magic, TRACE_MAGIC, 8));
	REQUIRE(file.head.version == TRACE_VERSION);
	REQUIRE(file.head.record == 32 && file.head.pid == getpid());
	REQUIRE(!file.head.parent && !strncmp(file.head.comm, "unit_sh", 7));
	for (size_t i = TRACE_FIRST; i < file.nr; i++) {
		const struct trace_record *r = &file.records[i];
		unsigned int n = (unsigned int)(r->addr >> 20);

		REQUIRE(r->old_op);
		if (n >= THREADS)
			continue;
		if (!next[n])
			name[n] = r->thread;
		REQUIRE(r->thread == name[n]);
		REQUIRE((r->addr & 0xfffff) == next[n]++);
	}
	for (int n = 0; n < THREADS; n++)
		REQUIRE(next[n] == EACH);
}

/* Sizes, alignments and old addresses. Expect them in their fields. */
static void test_fields(void *arg)
{
	const struct trace_record *r;
	struct file file;

	(void)arg;
	start("");
	trace_aligned((void *)0x7ffff000, 100, 4096);
	trace_call(TRACE_CALLOC, NULL, SIZE_MAX);
	__trace_resized((void *)0x7ffff000, (void *)0x7fffe000, 200);
	read_recording(getpid(), "", &file);
	r = file.records + TRACE_FIRST;
	while (r->addr != 0x7ffff000)
		r++;
	REQUIRE(TRACE_HIGH(r->old_op) == TRACE_MALLOC);
	REQUIRE(TRACE_LOW(r->size_align) == 100);
	REQUIRE(TRACE_HIGH(r->size_align) == 12);
	r++;
	REQUIRE(TRACE_HIGH(r->old_op) == TRACE_CALLOC && !r->addr);
	REQUIRE(TRACE_LOW(r->size_align) == TRACE_LOW(~0ULL));
	REQUIRE(!TRACE_HIGH(r->size_align));
	r++;
	REQUIRE(TRACE_HIGH(r->old_op) == TRACE_RESIZED);
	REQUIRE(TRACE_LOW(r->old_op) == 0x7ffff000 && r->addr == 0x7fffe000);
	REQUIRE(TRACE_LOW(r->size_align) == 200);
}

/*
 * A file, and a link to one, are there already. Expect them untouched, and the
 * third name used.
 */
static void test_exists(void *arg)
{
	char path[128], target[128];
	struct file file;
	struct stat st;
	int fd;

	(void)arg;
	snprintf(target, sizeof(target), "%s/target", folder);
	fd = open(target, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	REQUIRE(fd >= 0);
	close(fd);
	snprintf(path, sizeof(path), "%s.%d", prefix, getpid());
	REQUIRE(!symlink(target, path));
	snprintf(path, sizeof(path), "%s.%d.1", prefix, getpid());
	fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
	REQUIRE(fd >= 0);
	close(fd);
	start("");
	put(1, 10);
	REQUIRE(!stat(target, &st) && !st.st_size);
	REQUIRE(!stat(path, &st) && !st.st_size);
	read_recording(getpid(), ".2", &file);
	expect_records(&file, 1, 10);
}

/* Returns the descriptor of the recording. */
static int recording_fd(void)
{
	char path[64], target[256];

	for (int fd = 3; fd < 1024; fd++) {
		ssize_t len;

		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		len = readlink(path, target, sizeof(target) - 1);
		target[max(len, (ssize_t)0)] = '\0';
		if (strstr(target, prefix))
			return fd;
	}
	return -1;
}

/* Puts a file of the program's own in the place of the descriptor. */
static int replace_fd(void)
{
	char path[128];
	int fd = recording_fd(), own;

	REQUIRE(fd >= 200);
	REQUIRE(fcntl(fd, F_GETFD) == FD_CLOEXEC);
	snprintf(path, sizeof(path), "%s/own", folder);
	own = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
	REQUIRE(own >= 0 && dup2(own, fd) == fd);
	close(own);
	return fd;
}

/*
 * The program closes the descriptor, and a file of its own gets the number.
 * Expect that file empty, and the recording whole.
 */
static void test_closed(void *arg)
{
	struct file file;
	struct stat st;
	int fd;

	(void)arg;
	start("");
	put(1, 10);
	fd = replace_fd();
	put(11, 3 * WINDOW);
	REQUIRE(!fstat(fd, &st) && !st.st_size);
	read_recording(getpid(), "", &file);
	expect_records(&file, 1, 3 * WINDOW + 10);
}

/*
 * The same, and another file has the name too. Expect both empty, one line, and
 * that the program goes on.
 */
static void test_gone(void *arg)
{
	char path[128];
	struct stat st;
	int fd, other;

	(void)arg;
	start("");
	fd = replace_fd();
	snprintf(path, sizeof(path), "%s.%d", prefix, getpid());
	REQUIRE(!unlink(path));
	other = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0600);
	put(1, 2 * WINDOW);
	REQUIRE(!fstat(fd, &st) && !st.st_size);
	REQUIRE(other >= 0 && !fstat(other, &st) && !st.st_size);
}

/* More than the cap. Expect as many records as fit, and one line. */
static void test_most(void *arg)
{
	struct file file;

	(void)arg;
	start("alloc_trace.max=128K");
	put(1, 3 * WINDOW);
	read_recording(getpid(), "", &file);
	REQUIRE(file.head.most == 2 * WINDOW && file.nr == 2 * WINDOW);
	for (size_t i = TRACE_FIRST; i < file.nr; i++)
		REQUIRE(file.records[i].old_op);
}

/* A limit of file sizes. Expect one line, and no signal. */
static void test_file_limit(void *arg)
{
	struct rlimit limit = { 64 << 10, 64 << 10 };

	(void)arg;
	start("");
	REQUIRE(!setrlimit(RLIMIT_FSIZE, &limit));
	put(1, 3 * WINDOW);
}

static void wait_well(pid_t pid)
{
	int status;

	REQUIRE(pid > 0 && waitpid(pid, &status, 0) == pid && !status);
}

/*
 * A child of fork(), and one that no handler knows of. Expect a file of its own
 * for the first, which names its parent, none for the second, and in the
 * parent's what the parent did.
 */
static void test_fork(void *arg)
{
	struct file file;
	char path[128];
	pid_t child, bare;

	(void)arg;
	start("");
	put(1, 10);
	child = fork();
	if (!child) {
		put(1000, WINDOW);
		_exit(0);
	}
	wait_well(child);
	bare = (pid_t)syscall(SYS_fork);
	if (!bare) {
		put(5000, 30);
		_exit(0);
	}
	wait_well(bare);
	put(11, 10);
	read_recording(getpid(), "", &file);
	expect_records(&file, 1, 20);
	read_recording(child, "", &file);
	REQUIRE(file.head.parent == getpid() && file.head.pid == child);
	expect_records(&file, 1000, WINDOW);
	snprintf(path, sizeof(path), "%s.%d", prefix, bare);
	REQUIRE(access(path, F_OK) && errno == ENOENT);
}

#ifdef SINGLE_STEP_FLAG
static volatile unsigned int steps, forks;
static volatile sig_atomic_t is_child;

/* Forks behind each third instruction of a record. */
static void fork_here(int signal)
{
	pid_t pid;

	(void)signal;
	if (is_child || steps++ % 3)
		return;
	pid = fork();
	if (!pid) {
		is_child = 1;
		return;
	}
	forks++;
	wait_well(pid);
}

/*
 * A handler that interrupts a record forks, at each place of it in turn. Expect
 * the parent's file whole, with that record once; and in each child, where the
 * interrupted record goes on, that the next ones are in a file of its own. If
 * it had hardly begun it may be the first there.
 */
static void test_fork_in_record(void *arg)
{
	struct sigaction act = { .sa_handler = fork_here };
	struct file file;

	(void)arg;
	start("");
	REQUIRE(!sigaction(SIGTRAP, &act, NULL));
	single_step_on();
	trace_call(TRACE_FREE, (void *)1, 0);
	single_step_off();
	if (is_child) {
		signal(SIGTRAP, SIG_DFL);
		put(CHILDS, 10);
		read_recording(getpid(), "", &file);
		expect_records(&file, CHILDS, 10);
		_exit(0);
	}
	REQUIRE(forks > 20);
	put(2, 10);
	read_recording(getpid(), "", &file);
	expect_records(&file, 1, 11);
}
#endif

/* ---- run ----------------------------------------------------------------- */

static int make_folder(void **state)
{
	(void)state;
	strcpy(folder, "/tmp/km-test-trace.XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	snprintf(prefix, sizeof(prefix), "%s/calls", folder);
	return 0;
}

static int remove_folder(void **state)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	char path[512];

	(void)state;
	while (dir && (entry = readdir(dir))) {
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		unlink(path);
	}
	if (dir)
		closedir(dir);
	return rmdir(folder);
}

static void run_quiet(void **state)
{
	struct child_end end;

	child_run((void (*)(void *)) * state, NULL, &end);
	expect_quiet(&end);
}

static void run_with_line(void (*fn)(void *), const char *line)
{
	struct child_end end;

	child_run(fn, NULL, &end);
	expect_success(&end);
	assert_int_equal(count_phrase(end.err, "\n"), 1);
	assert_int_equal(count_phrase(end.err, line), 1);
}

static void run_most(void **state)
{
	(void)state;
	run_with_line(test_most, "alloc_trace.max is reached, the recording "
				 "ends\n");
}

static void run_gone(void **state)
{
	(void)state;
	run_with_line(test_gone, "the file was closed and is gone");
}

static void run_file_limit(void **state)
{
	(void)state;
	run_with_line(test_file_limit, "a limit of the file size");
}

static void no_folder(void *arg)
{
	(void)arg;
	strcat(prefix, "/none/x");
	start("");
	REQUIRE(!trace_on);
	put(1, 10);
}

/* A folder that is missing. Expect one line, and no recording. */
static void run_no_folder(void **state)
{
	(void)state;
	run_with_line(no_folder, " cannot be written (error 2)\n");
}

#define quiet_test(fn)                                                   \
	{                                                                \
#fn, run_quiet, make_folder, remove_folder, (void *)(fn) \
	}
#define line_test(fn)                                     \
	{                                                 \
#fn, fn, make_folder, remove_folder, NULL \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		quiet_test(test_threads),
		quiet_test(test_fields),
		quiet_test(test_exists),
		quiet_test(test_closed),
		quiet_test(test_fork),
#ifdef SINGLE_STEP_FLAG
		quiet_test(test_fork_in_record),
#endif
		line_test(run_gone),
		line_test(run_most),
		line_test(run_file_limit),
		line_test(run_no_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
