// SPDX-License-Identifier: MIT
/*
 * main.c - runs one shape of the memory suite
 *
 *	memory SHAPE [SCALE [PACE [MARKS ANSWERS BOARD]]]
 *	memory --list
 *
 * SCALE multiplies what is held, PACE what is waited for. The last three are
 * descriptors, of the runner: a pipe for marks, one for its answers, a file
 * for the board. Without them marks are printed and nothing is waited for.
 */
#include "shape.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

struct shape {
	const char *name;
	void (*run)(void);
};

static const struct shape shapes[] = {
	{ "drift", shape_drift },
	{ "reload", shape_reload },
	{ "phases", shape_phases },
	{ "lognormal", shape_lognormal },
	{ "lifetimes", shape_lifetimes },
	{ "interleave", shape_interleave },
	{ "evict", shape_evict },
	{ "grow", shape_grow },
	{ "shrink", shape_shrink },
	{ "overhead", shape_overhead },
	{ "sparse-90", shape_sparse_90 },
	{ "sparse-99", shape_sparse_99 },
	{ "freed-idle", shape_freed_idle },
	{ "freed-epoll", shape_freed_epoll },
	{ "freed-hits", shape_freed_hits },
	{ "trickle", shape_trickle },
	{ "cycles", shape_cycles },
	{ "fork", shape_fork },
	{ "idle-many", shape_idle_many },
	{ "idle-few", shape_idle_few },
	{ "prodcons", shape_prodcons },
	{ "documents", shape_documents },
	{ "server", shape_server },
};

static struct board own_board;
struct board *board = &own_board;

static double scale = 1, pace = 1;
static int marks_fd = -1, answers_fd = -1;

size_t at_scale(size_t n)
{
	double x = (double)n * scale;

	return x < 1 ? 1 : (size_t)x;
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec * 1e-9;
}

double until(double seconds)
{
	return now() + seconds * pace;
}

int is_over(double when)
{
	return now() >= when;
}

void pause_for(double seconds)
{
	double left = seconds * pace;
	struct timespec ts = { .tv_sec = (time_t)left };

	ts.tv_nsec = (long)((left - (double)ts.tv_sec) * 1e9);
	nanosleep(&ts, NULL);
}

struct ref *new_table(size_t n)
{
	void *p = mmap(NULL, n * sizeof(struct ref), PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);

	if (p == MAP_FAILED)
		die("no memory for a table");
	return p;
}

/* One line to the runner, and its answer; snprintf() needs no malloc here. */
static void say_mark(const char *kind, const char *name)
{
	char line[128], answer;
	int length = snprintf(line, sizeof(line), "%d %s %zu %s\n", getpid(),
			      kind, atomic_load(&board->live), name);

	if (length <= 0 || (size_t)length >= sizeof(line))
		die("the name of a mark is too long");
	if (write(marks_fd < 0 ? STDOUT_FILENO : marks_fd, line,
		  (size_t)length) != length)
		die("a mark cannot be written");
	if (answers_fd >= 0 && read(answers_fd, &answer, 1) != 1)
		die("nothing answers a mark");
}

void mark(const char *name)
{
	say_mark("resident", name);
}

void mark_dirty(const char *name)
{
	say_mark("dirty", name);
}

int in_child(void)
{
	int status;
	pid_t pid = fork();

	if (pid < 0)
		die("fork failed");
	if (!pid)
		return 1;
	if (waitpid(pid, &status, 0) != pid || status)
		die("the child failed");
	return 0;
}

/* The board is shared: what a child held goes off it when the child ends. */
void end_child(void)
{
	atomic_store(&board->live, 0);
	_exit(0);
}

static int descriptor(const char *text)
{
	int fd = atoi(text);

	if (fd <= 0 || fcntl(fd, F_GETFD) < 0)
		die("a descriptor is not open");
	return fd;
}

/* The board of the runner, in place of the program's own. */
static void share_board(int fd)
{
	void *p = mmap(NULL, sizeof(*board), PROT_READ | PROT_WRITE, MAP_SHARED,
		       fd, 0);

	if (p == MAP_FAILED)
		die("the board cannot be mapped");
	board = p;
}

static double number(const char *text)
{
	double x = atof(text);

	if (!(x > 0 && x <= 1000))
		die("scale and pace are numbers above 0");
	return x;
}

static int list_shapes(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(shapes); i++)
		puts(shapes[i].name);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "--list"))
		return list_shapes();
	if (argc < 2 || argc == 5 || argc == 6 || argc > 7)
		die("usage: memory SHAPE [SCALE [PACE [MARKS ANSWERS BOARD]]]");
	if (argc > 2)
		scale = number(argv[2]);
	if (argc > 3)
		pace = number(argv[3]);
	if (argc > 4) {
		marks_fd = descriptor(argv[4]);
		answers_fd = descriptor(argv[5]);
		share_board(descriptor(argv[6]));
	}
	for (size_t i = 0; i < ARRAY_SIZE(shapes); i++) {
		if (strcmp(shapes[i].name, argv[1]))
			continue;
		shapes[i].run();
		return 0;
	}
	die("no such shape; --list names them");
}
