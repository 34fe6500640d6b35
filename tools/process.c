// SPDX-License-Identifier: MIT
/*
 * process.c - a target that runs
 *
 * It is neither stopped nor signalled. The descriptor of /proc/PID/mem belongs
 * to the address space that it was opened for: when the process executes
 * another program or ends, reads and writes fail.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "target.h"

struct process {
	struct target target;
	int mem;
};

static int read_process(struct target *t, uint64_t at, void *to, size_t size)
{
	const struct process *p = (const struct process *)t;
	char *next = to;

	while (size) {
		ssize_t n = pread(p->mem, next, size, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		next += n;
		at += (uint64_t)n;
		size -= (size_t)n;
	}
	return 0;
}

/* No piece is written twice: what is written may have been answered. */
static int write_process(struct target *t, uint64_t at, const void *from,
			 size_t size)
{
	const struct process *p = (const struct process *)t;

	return pwrite(p->mem, from, size, (off_t)at) == (ssize_t)size ? 0 : -1;
}

static void close_process(struct target *t)
{
	struct process *p = (struct process *)t;

	close(p->mem);
	free(p);
}

static FILE *open_of(pid_t pid, const char *file)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
	return fopen(path, "re");
}

/* Adds a number to a list that 0 ends. Returns the list, or NULL. */
static uint64_t *append_address(uint64_t *list, size_t nr, uint64_t address)
{
	uint64_t *longer = list;

	if (!list || !(nr & (nr - 1))) {
		longer = realloc(list, (2 * nr + 2) * sizeof(*list));
		if (!longer) {
			free(list);
			return NULL;
		}
	}
	longer[nr] = address;
	longer[nr + 1] = 0;
	return longer;
}

/* A file begins in a mapping that can be read and has offset 0. */
static uint64_t *process_images(struct target *t, struct why *why)
{
	FILE *maps = open_of(t->pid, "maps");
	unsigned long start, offset, inode;
	uint64_t *list = append_address(NULL, 0, 0);
	size_t nr = 0, room = 0;
	char *line = NULL, mode[8];

	if (!maps) {
		because(why, "its mappings cannot be read: %s",
			strerror(errno));
		free(list);
		return NULL;
	}
	while (list && getline(&line, &room, maps) > 0) {
		if (sscanf(line, "%lx-%*x %7s %lx %*s %lu", &start, mode,
			   &offset, &inode) == 4 &&
		    mode[0] == 'r' && !offset && inode)
			list = append_address(list, nr++, start);
	}
	free(line);
	fclose(maps);
	if (!list)
		because(why, "there is no memory");
	return list;
}

/* Says why a debugger would be refused, too. */
static void refused(pid_t pid, struct why *why)
{
	FILE *file = fopen("/proc/sys/kernel/yama/ptrace_scope", "re");
	int scope = 0;

	if (file) {
		if (fscanf(file, "%d", &scope) != 1)
			scope = 0;
		fclose(file);
	}
	if (scope && !geteuid())
		because(why,
			"process %d: permission refused (CAP_SYS_PTRACE "
			"is needed)",
			(int)pid);
	else if (scope)
		because(why,
			"process %d: permission refused: a debugger would "
			"be, too (kernel.yama.ptrace_scope is %d; run "
			"this as root)",
			(int)pid, scope);
	else
		because(why,
			"process %d: permission refused: it belongs to "
			"another user, or may not be debugged",
			(int)pid);
}

static struct target *open_as(pid_t pid, int flags, struct why *why)
{
	struct process *p = calloc(1, sizeof(*p));
	char path[64];

	if (!p) {
		because(why, "there is no memory");
		return NULL;
	}
	p->target = (struct target){ .read = read_process,
				     .images = process_images,
				     .close = close_process,
				     .pid = pid,
				     .live = true };
	snprintf(path, sizeof(path), "/proc/%d/mem", (int)pid);
	p->mem = open(path, flags | O_CLOEXEC);
	if (p->mem >= 0)
		return &p->target;
	if (errno == EACCES || errno == EPERM)
		refused(pid, why);
	else if (errno == ENOENT || errno == ESRCH)
		because(why, "there is no process %d", (int)pid);
	else
		because(why, "process %d: %s", (int)pid, strerror(errno));
	free(p);
	return NULL;
}

struct target *process_open(pid_t pid, struct why *why)
{
	return open_as(pid, O_RDONLY, why);
}

struct target *process_open_write(pid_t pid, struct why *why)
{
	struct target *t = open_as(pid, O_RDWR, why);

	if (!t)
		return NULL;
	t->write = write_process;
	if (!flock(process_mem(t), LOCK_EX | LOCK_NB))
		return t;
	because(why, "process %d: another tool's request is pending", (int)pid);
	close_process(t);
	return NULL;
}

int process_mem(const struct target *t)
{
	return ((const struct process *)t)->mem;
}

/* Returns true if both processes have the same monotonic clock. */
static bool same_clock(pid_t pid)
{
	char path[64], ours[64] = "", theirs[64] = "";

	snprintf(path, sizeof(path), "/proc/%d/ns/time", (int)pid);
	return readlink("/proc/self/ns/time", ours, sizeof(ours) - 1) < 0 ||
	       (readlink(path, theirs, sizeof(theirs) - 1) > 0 &&
		!strcmp(ours, theirs));
}

/* The last number of the line: "NSpid:	4711	12". */
pid_t process_inner_pid(pid_t pid, struct why *why)
{
	FILE *file = open_of(pid, "status");
	char *line = NULL;
	size_t room = 0;
	int inner = pid;

	if (!file)
		return because(why, "it has ended");
	while (getline(&line, &room, file) > 0)
		if (!strncmp(line, "NSpid:", 6))
			inner = atoi(strrchr(line, '\t') + 1);
	free(line);
	fclose(file);
	return same_clock(pid) ? inner :
				 because(why, "its clock is another one: it is "
					      "in another time namespace");
}

void process_name(pid_t pid, char *name, size_t size)
{
	FILE *file = open_of(pid, "comm");

	snprintf(name, size, "?");
	if (!file)
		return;
	if (fgets(name, (int)size, file))
		name[strcspn(name, "\n")] = '\0';
	fclose(file);
}

uint64_t process_resident(pid_t pid)
{
	FILE *file = open_of(pid, "statm");
	unsigned long pages = 0;

	if (!file)
		return 0;
	if (fscanf(file, "%*u %lu", &pages) != 1)
		pages = 0;
	fclose(file);
	return (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* The entries of a folder that are numbers. */
static pid_t *numbers_in(const char *path)
{
	DIR *dir = opendir(path);
	pid_t *list = calloc(1, sizeof(*list)), *longer;
	const struct dirent *entry;
	size_t nr = 0;

	while (dir && list && (entry = readdir(dir))) {
		char *end;
		long number = strtol(entry->d_name, &end, 10);

		if (number <= 0 || *end)
			continue;
		longer = realloc(list, (nr + 2) * sizeof(*list));
		if (!longer)
			break;
		list = longer;
		list[nr++] = (pid_t)number;
		list[nr] = 0;
	}
	if (dir) {
		closedir(dir);
		return list;
	}
	free(list);
	return NULL;
}

pid_t *process_threads(pid_t pid)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	return numbers_in(path);
}

/* Returns true for a thread of the kernel, and for what has ended. */
static bool has_no_program(pid_t pid)
{
	char path[64], program[1];

	snprintf(path, sizeof(path), "/proc/%d/exe", (int)pid);
	return readlink(path, program, sizeof(program)) < 0 && errno == ENOENT;
}

pid_t *process_all(void)
{
	pid_t *all = numbers_in("/proc"), *to = all;

	for (const pid_t *p = all; p && *p; p++)
		if (!has_no_program(*p))
			*to++ = *p;
	if (to)
		*to = 0;
	return all;
}

#define MOST_NUMBERS 8U /* of processes with the same name */

pid_t process_find(const char *word, struct why *why)
{
	char *end, name[32];
	long pid = strtol(word, &end, 10);
	pid_t *all, found = 0;
	char numbers[100] = "";
	unsigned int nr = 0;
	size_t used = 0;

	if (!*end && pid > 0 && pid <= 1 << 30)
		return (pid_t)pid;
	all = process_all();
	for (size_t i = 0; all && all[i]; i++) {
		process_name(all[i], name, sizeof(name));
		if (strncmp(name, word, 15) != 0 || all[i] == getpid())
			continue;
		found = all[i];
		if (nr++ < MOST_NUMBERS)
			used += (size_t)snprintf(numbers + used,
						 sizeof(numbers) - used, " %d",
						 (int)found);
	}
	free(all);
	if (!nr)
		return because(why, "there is no process %s", word);
	if (nr > 1)
		return because(why,
			       "%u processes are called %.32s: give the "
			       "number of one:%s%s",
			       nr, word, numbers,
			       nr > MOST_NUMBERS ? " ..." : "");
	return found;
}
