// SPDX-License-Identifier: MIT
/*
 * torture/fork_stdio.c - fork() beside stdio, and inside it
 *
 * libc's fork takes the lock of the list of streams after malloc's handlers
 * have run; fflush(NULL) holds it while it waits for a stream, and getline()
 * holds the stream while it allocates. A deadlock shows as the time limit of
 * the test.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <sys/wait.h>

#include "support/program.h"

#define LINE 20000
#define FORKS 50

static atomic_int stop;
static char path[] = "/tmp/fork_stdio.XXXXXX";

/* Every call that takes the list of streams, in a thread of its own. */
static void *use_streams(void *arg)
{
	FILE *f = fopen("/dev/null", "w");

	REQUIRE(f, "fopen: errno %d", errno);
	fprintf(f, "%d\n", getpid());
	fflush(NULL);
	fclose(f);
	return arg;
}

static void streams_work(void)
{
	pthread_t t;

	REQUIRE(!pthread_create(&t, NULL, use_streams, NULL), "thread");
	pthread_join(t, NULL);
}

/* In a child: memory, streams in another thread, and the same in its child. */
static void child(int depth)
{
	int status = 0;

	for (; !status; depth--) {
		pid_t pid;

		free(malloc(100));
		free(realloc(malloc(50000), 5 * MIB));
		if (!depth)
			break;
		streams_work();
		pid = fork();
		if (pid) {
			waitpid(pid, &status, 0);
			break;
		}
	}
	_exit(status || check_status());
}

static void fork_once(int depth)
{
	int status = -1;
	pid_t pid = fork();

	if (!pid)
		child(depth);
	REQUIRE(pid > 0, "fork: errno %d", errno);
	waitpid(pid, &status, 0);
	CHECK(status == 0, "wait status %x", (unsigned int)status);
}

static void *read_lines(void *arg)
{
	FILE *f = fopen(path, "r");

	REQUIRE(f, "fopen: errno %d", errno);
	while (!atomic_load(&stop)) {
		char *line = NULL;
		size_t n = 0;

		rewind(f);
		CHECK(getline(&line, &n, f) == LINE + 1, "a short line");
		free(line);
	}
	fclose(f);
	return arg;
}

/* Not all the time: the lock is not a fair one, and fork needs it too. */
static void *flush_all(void *arg)
{
	while (!atomic_load(&stop)) {
		fflush(NULL);
		usleep(500);
	}
	return arg;
}

static void *fork_often(void *arg)
{
	for (int i = 0; i < FORKS; i++)
		fork_once(i % 8 == 7);
	return arg;
}

static void write_line(void)
{
	int fd = mkstemp(path);
	FILE *f = fdopen(fd, "w");

	REQUIRE(f, "%s: errno %d", path, errno);
	for (int i = 0; i < LINE; i++)
		fputc('x', f);
	fputc('\n', f);
	fclose(f);
}

/* Two threads fork while others read lines and flush. Expect all to end. */
static void beside_streams(void)
{
	void *(*const work[])(void *) = { read_lines, read_lines, flush_all };
	pthread_t t[ARRAY_SIZE(work)], f[2];
	size_t i;

	write_line();
	for (i = 0; i < ARRAY_SIZE(work); i++)
		REQUIRE(!pthread_create(&t[i], NULL, work[i], NULL), "thread");
	for (i = 0; i < ARRAY_SIZE(f); i++)
		REQUIRE(!pthread_create(&f[i], NULL, fork_often, NULL),
			"thread");
	for (i = 0; i < ARRAY_SIZE(f); i++)
		pthread_join(f[i], NULL);
	atomic_store(&stop, 1);
	for (i = 0; i < ARRAY_SIZE(work); i++)
		pthread_join(t[i], NULL);
	unlink(path);
}

/* ---- the deadlock itself, step by step ----------------------------------- */

static atomic_int reading, forking;

static void note_fork(void)
{
	atomic_store(&forking, 1);
}

/* Its stream is held; allocate when the other two wait, one for the other. */
static ssize_t allocate_in_read(void *cookie, char *buf, size_t size)
{
	(void)cookie;
	atomic_store(&reading, 1);
	while (!atomic_load(&forking))
		usleep(1000);
	usleep(50000);
	free(malloc(MIB));
	free(malloc(8 * MIB));
	memset(buf, 'x', size);
	buf[size - 1] = '\n';
	return (ssize_t)size;
}

static void *read_slowly(void *arg)
{
	char *line = NULL;
	size_t n = 0;
	FILE *f = fopencookie(
		NULL, "r", (cookie_io_functions_t){ .read = allocate_in_read });

	REQUIRE(f, "fopencookie");
	CHECK(getline(&line, &n, f) > 0, "getline");
	free(line);
	fclose(f);
	return arg;
}

static void *flush_once(void *arg)
{
	while (!atomic_load(&reading))
		usleep(1000);
	fflush(NULL);
	return arg;
}

/*
 * One thread has a stream and is to allocate, a second the list and waits for
 * the stream, the third forks. Expect all three to go on.
 */
static void holder_allocates(void)
{
	pthread_t reader, flusher;

	for (int i = 0; i < 3; i++) {
		atomic_store(&reading, 0);
		atomic_store(&forking, 0);
		REQUIRE(!pthread_create(&reader, NULL, read_slowly, NULL),
			"thread");
		REQUIRE(!pthread_create(&flusher, NULL, flush_once, NULL),
			"thread");
		while (!atomic_load(&reading))
			usleep(1000);
		usleep(20000);
		fork_once(1);
		pthread_join(reader, NULL);
		pthread_join(flusher, NULL);
	}
}

/* ---- fork inside stdio --------------------------------------------------- */

static int forks_in_write;

static ssize_t write_and_fork(void *cookie, const char *buf, size_t size)
{
	(void)cookie;
	(void)buf;
	fork_once(0);
	forks_in_write++;
	return (ssize_t)size;
}

/* A stream whose write function forks, flushed by its name and with all
 * others. */
static void flush_and_fork(void)
{
	FILE *f = fopencookie(
		NULL, "w", (cookie_io_functions_t){ .write = write_and_fork });

	REQUIRE(f, "fopencookie");
	forks_in_write = 0;
	for (int i = 0; i < 10; i++) {
		fputs("text", f);
		fflush(i % 2 ? NULL : f);
	}
	CHECK(forks_in_write == 10, "%d forks", forks_in_write);
	fclose(f);
}

/* With one thread, before any other case. Expect the children to end well. */
static void inside_flush_alone(void)
{
	fork_once(0);
	flush_and_fork();
	fork_once(1);
}

static void *wait_for_stop(void *arg)
{
	while (!atomic_load(&stop)) {
		free(malloc(70000));
		usleep(500);
	}
	return arg;
}

/* With two. Expect the same, and that the list of streams is free after it. */
static void inside_flush_with_threads(void)
{
	pthread_t t;

	atomic_store(&stop, 0);
	REQUIRE(!pthread_create(&t, NULL, wait_for_stop, NULL), "thread");
	flush_and_fork();
	streams_work();
	fork_once(2);
	atomic_store(&stop, 1);
	pthread_join(t, NULL);
}

int main(int argc, char **argv)
{
	static const struct kt_case cases[] = {
		{ "inside_flush_alone", inside_flush_alone },
		{ "inside_flush_with_threads", inside_flush_with_threads },
		{ "holder_allocates", holder_allocates },
		{ "beside_streams", beside_streams },
	};

	pthread_atfork(note_fork, NULL, NULL);

	return kt_run(cases, ARRAY_SIZE(cases), argc, argv);
}
