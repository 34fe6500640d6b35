// SPDX-License-Identifier: MIT
/*
 * kmalloc-info.c - print the texts of libkmalloc
 *
 *	kmalloc-info				their names
 *	kmalloc-info zoneinfo			of a library that just started
 *	kmalloc-info slabinfo -- ls -l		of a program, when it ends
 *	kmalloc-info --pid 812 slabinfo		of a process
 *	kmalloc-info --pid 812 --openmetrics	its numbers for monitors
 *	kmalloc-info --pid 812 trim		has it do something: ask.h
 *
 * With KMALLOC_CMDLINE the first form of use shows what boot parameters make of
 * nodes, zones and caches. For the other one the program is executed in this
 * process's place, with the library that replaces malloc and is found beside
 * libkmalloc. A process that runs already is not touched by texts: ghost.h.
 */
#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <kmalloc/kmalloc.h>

#include "ask.h"
#include "ghost.h"
#include "view.h"

#define PRELOAD "libkmalloc-preload.so"

static const char usage_text[] =
	"Usage: kmalloc-info [NAME]...\n"
	"       kmalloc-info NAME... -- PROGRAM [ARGS]...\n"
	"       kmalloc-info --pid PID [NAME]...\n"
	"       kmalloc-info --pid PID --openmetrics\n"
	"       kmalloc-info --pid PID [--timeout SECONDS] trim\n"
	"       kmalloc-info --pid PID [--timeout SECONDS] shrink CACHE\n"
	"       kmalloc-info --pid PID [--timeout SECONDS] set KNOB NUMBER\n"
	"Prints the texts of those names, such as slabinfo, zoneinfo or\n"
	"slab/kmalloc-64/objects: of the library as it is after its start, or\n"
	"of PROGRAM on standard error when it ends, or of a process that runs.\n"
	"Without a name, or with one that ends in '/', the names that there\n"
	"are. --openmetrics prints numbers of a process for monitors, such\n"
	"as Prometheus. The last three ask the process to give back what is free, to\n"
	"shrink a cache, or to set a knob; it does so in its next slow path.\n"
	"After SECONDS, 10 if nothing is said, the request is withdrawn.\n";

/* Says that there is no text. Returns 1. */
static int without_text(const char *name, long err)
{
	fprintf(stderr, "kmalloc-info: %s: %s\n", name,
		err == -ENOENT ? "there is no such text" : strerror((int)-err));
	return 1;
}

/* One text on standard output: 0 or 1. */
static int print_text(const char *name)
{
	long len = km_proc_read(name, NULL, 0);
	size_t size;
	char *text;

	if (len < 0)
		return without_text(name, len);
	size = (size_t)len + 4096; /* it may grow meanwhile */
	text = malloc(size);
	if (!text) {
		perror("kmalloc-info");
		return 1;
	}
	km_proc_read(name, text, size);
	fputs(text, stdout);
	free(text);
	return 0;
}

/* Set a variable to "OLD SEPARATOR NEW", or to NEW if it was not set. */
static void append_env(const char *name, char separator, const char *value)
{
	const char *old = getenv(name);
	char *both;

	if (!old || !*old) {
		setenv(name, value, 1);
		return;
	}
	if (asprintf(&both, "%s%c%s", old, separator, value) < 0)
		abort();
	setenv(name, both, 1);
	free(both);
}

/* The library that replaces malloc lies where this one does: 0 or 1. */
static int set_preload(void)
{
	Dl_info info;
	char *path;
	int dir;

	if (!dladdr(dlsym(RTLD_DEFAULT, "km_version"), &info))
		return 1;
	dir = (int)(strrchr(info.dli_fname, '/') - info.dli_fname);
	if (asprintf(&path, "%.*s/%s", dir, info.dli_fname, PRELOAD) < 0)
		abort();
	if (access(path, R_OK)) {
		fprintf(stderr, "kmalloc-info: there is no %s\n", path);
		return 1;
	}
	append_env("LD_PRELOAD", ':', path);
	free(path);
	return 0;
}

/* Become PROGRAM, which is to print the texts; returns what went wrong. */
static int run_program(char **names, int nr, char **program)
{
	char *parameter = strdup("proc_at_exit=\""), *longer;
	int error;

	for (int i = 0; parameter && i < nr; i++) {
		if (asprintf(&longer, "%s%s%c", parameter, names[i],
			     i + 1 < nr ? ',' : '"') < 0)
			abort();
		free(parameter);
		parameter = longer;
	}
	append_env("KMALLOC_CMDLINE", ' ', parameter);
	free(parameter);
	if (set_preload())
		return 125;
	execvp(program[0], program);
	error = errno;
	fprintf(stderr, "kmalloc-info: %s: %s\n", program[0], strerror(error));
	return error == ENOENT ? 127 : 126;
}

/* ---- another process ----------------------------------------------------- */

#define TRY "KMALLOC_INFO_TRY"
#define MOST_TRIES 8

/*
 * Executes this program anew, at other addresses. Returns 1 if that did not
 * help.
 */
static int move_away(char **argv)
{
	const char *tried = getenv(TRY);
	int nr = tried ? atoi(tried) : 0;
	char number[16];

	if (nr < MOST_TRIES) {
		snprintf(number, sizeof(number), "%d", nr + 1);
		setenv(TRY, number, 1);
		execv("/proc/self/exe", argv);
	}
	fputs("kmalloc-info: its addresses are those of this program: is their "
	      "randomization off?\n",
	      stderr);
	return 1;
}

/* One text of a process: 0 or 1. */
static int print_of(struct library *lib, const char *name)
{
	struct why why;
	char *text;
	long len = ghost_text(lib, name, &text, &why);

	if (len == GHOST_CANNOT) {
		fprintf(stderr, "kmalloc-info: %s: %s\n", name, why.text);
		return 1;
	}
	if (len < 0)
		return without_text(name, len);
	fwrite(text, 1, (size_t)len, stdout);
	free(text);
	return 0;
}

/* Says why nothing of a process can be shown. Returns 1. */
static int cannot_show(pid_t pid, const struct why *why)
{
	fprintf(stderr, "kmalloc-info: process %d: %s\n", (int)pid, why->text);
	return 1;
}

/* The texts of a process; all names without one. */
static int print_process(struct target *t, char **argv, char **names)
{
	static char all[] = "", *no_names[] = { all, NULL };
	struct library lib;
	struct why why;
	int failed;

	if (library_open(&lib, t, 0, &why))
		return cannot_show(t->pid, &why);
	failed = ghost_prepare(&lib, &why);
	if (failed > 0)
		return move_away(argv);
	if (failed)
		return cannot_show(t->pid, &why);
	for (names = *names ? names : no_names; *names; names++)
		failed |= print_of(&lib, *names);
	library_close(&lib);
	return failed;
}

/* The numbers of a process: 0 or 1. */
static int print_metrics(struct target *t)
{
	struct library lib;
	struct view v;
	struct why why;
	int failed;

	if (library_open(&lib, t, 0, &why))
		return cannot_show(t->pid, &why);
	if (view_read(&lib, t->pid, &v, &why)) {
		failed = cannot_show(t->pid, &why);
	} else {
		failed = view_openmetrics(&v, stdout) ? 1 : 0;
		if (failed)
			perror("kmalloc-info");
		heap_free(&v.heap);
	}
	library_close(&lib);
	return failed;
}

/* Says how it is used. Returns 2. */
static int misused(void)
{
	fputs(usage_text, stderr);
	return 2;
}

/* Returns true if a word before "--" is an option: no text begins like one. */
static bool has_option(char **words)
{
	for (; *words && strcmp(*words, "--") != 0; words++)
		if (**words == '-')
			return true;
	return false;
}

#define TIMEOUT 10 /* seconds */
#define MOST_SECONDS 3600

/* Returns a number of 1 to `most`, or -1. */
static long read_count(const char *text, long most)
{
	char *end;
	long number = strtol(text, &end, 10);

	return end == text || *end || number <= 0 || number > most ? -1 :
								     number;
}

/* [--timeout SECONDS] REQUEST... */
static int ask_for(pid_t pid, char **words)
{
	long seconds = TIMEOUT;
	int ret = ASK_MISUSED;

	if (!strcmp(words[0], "--timeout")) {
		seconds = words[1] ? read_count(words[1], MOST_SECONDS) : -1;
		words += 2;
	}
	if (seconds > 0 && *words && !has_option(words))
		ret = ask_process(pid, words, (unsigned long)seconds);
	return ret == ASK_MISUSED ? misused() : ret;
}

/* kmalloc-info --pid PID NAMES... */
static int run_for_process(char **argv, const char *number, char **names)
{
	long pid = read_count(number, 1 << 30);
	bool metrics = *names && !strcmp(*names, "--openmetrics");
	struct target *t;
	struct why why;
	int ret;

	if (pid < 0)
		return misused();
	if (*names && (ask_knows(*names) || !strcmp(*names, "--timeout")))
		return ask_for((pid_t)pid, names);
	if (metrics ? !!names[1] : has_option(names))
		return misused();
	t = process_open((pid_t)pid, &why);
	if (!t) {
		fprintf(stderr, "kmalloc-info: %s\n", why.text);
		return 1;
	}
	ret = metrics ? print_metrics(t) : print_process(t, argv, names);
	t->close(t);
	return ret;
}

/* Standard output is a file that may be full. Returns the exit status. */
static int written(int failed)
{
	if (!fflush(stdout) && !ferror(stdout))
		return failed;
	perror("kmalloc-info: standard output");
	return 1;
}

int main(int argc, char **argv)
{
	int nr = 1, failed = 0;

	if (argc > 1 && !strcmp(argv[1], "--help")) {
		fputs(usage_text, stdout);
		return written(0);
	}
	if (argc > 2 && !strcmp(argv[1], "--pid"))
		return written(run_for_process(argv, argv[2], argv + 3));
	if (has_option(argv + 1))
		return misused();
	while (nr < argc && strcmp(argv[nr], "--"))
		nr++;
	if (nr == 1 && argc > 1)
		return misused();
	if (nr + 1 < argc)
		return run_program(argv + 1, nr - 1, argv + nr + 1);
	if (nr == 1)
		return written(print_text(""));
	for (int i = 1; i < nr; i++)
		failed |= print_text(argv[i]);
	return written(failed);
}
