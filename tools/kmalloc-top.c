// SPDX-License-Identifier: MIT
/*
 * kmalloc-top.c - see inside a program that runs on libkmalloc
 *
 *	kmalloc-top			the processes that there are
 *	kmalloc-top PID|NAME		one of them, live
 *	kmalloc-top --core FILE		a core file
 *
 * A process is read by /proc/PID/mem. It is not stopped, and does not notice.
 */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "view.h"

static const char usage_text[] =
	"Usage: kmalloc-top [OPTIONS] [PID|NAME]\n"
	"       kmalloc-top [OPTIONS] --core FILE\n"
	"Shows what a process has from libkmalloc, by size class; without a\n"
	"process, which ones run on it. Live in a terminal; keys: o objects,\n"
	"c size of the cache, l slabs, s object size, u use, a arrays,\n"
	"r slow paths, w waste, n name: sort by these; t threads or caches;\n"
	"q end.\n"
	"  --once          print text, also in a terminal\n"
	"  --json          print an object of JSON for each look\n"
	"  --interval SEC  look again and again; 2 in a terminal, else once\n"
	"  --core FILE     look at a core file\n"
	"  --threads       print what threads and CPUs hold, too\n"
	"  --sort KEY      the rows by one of the keys above (o)\n"
	"  --help          print this\n";

struct options {
	bool once, json, threads;
	double interval; /* seconds; 0: none was given */
	const char *core;
	const struct view_sort *sort;
};

static void complain(const struct why *why)
{
	fprintf(stderr, "kmalloc-top: %s\n", why->text);
}

static void print_text_line(void *to, const char *text)
{
	fprintf(to, "%s\n", text);
}

/* ---- looks --------------------------------------------------------------- */

static double now_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int look_at(struct view_source *source, struct view *v, struct why *why)
{
	static double last;
	double now = now_seconds();
	int ret = view_read(source->lib, source->pid, v, why);

	v->seconds = last > 0 ? now - last : 0;
	last = now;
	return ret;
}

static void print_look(const struct view *v, const struct view *before,
		       const struct options *o)
{
	if (o->json) {
		view_json(v, stdout);
		return;
	}
	view_head(v, print_text_line, stdout);
	puts("");
	view_caches(v, before, o->sort, print_text_line, stdout);
	if (o->threads) {
		puts("");
		view_owners(v, print_text_line, stdout);
	}
	fflush(stdout);
}

static void wait_interval(double seconds)
{
	const struct timespec t = { (time_t)seconds,
				    (long)((seconds - (double)(time_t)seconds) *
					   1e9) };

	nanosleep(&t, NULL);
}

/* Prints a look after each interval, or one alone. */
static int print_looks(struct view_source *source, const struct options *o,
		       struct why *why)
{
	struct view looks[2] = { 0 };
	bool second = false;
	int ret;

	while (!(ret = source->look(source, &looks[0], why))) {
		print_look(&looks[0], second ? &looks[1] : NULL, o);
		heap_free(&looks[1].heap);
		looks[1] = looks[0];
		second = true;
		if (!o->interval || !source->lib->target->live ||
		    ferror(stdout))
			break;
		wait_interval(o->interval);
	}
	heap_free(&looks[1].heap);
	return ret;
}

static int show_target(struct target *t, const struct options *o,
		       struct why *why)
{
	struct library lib;
	struct view_source source = { look_at, &lib, t->pid };
	struct why first;
	int ret = library_open(&lib, t, 0, &first);

	if (ret)
		return t->live ?
			       because(why, "process %d: %.200s", t->pid,
				       first.text) :
			       because(why, "%s: %.200s", o->core, first.text);
	if (!o->once && !o->json && t->live && isatty(STDOUT_FILENO) &&
	    isatty(STDIN_FILENO)) /* else there are no keys, nor an end */
		ret = screen_show(&source, o->interval ? o->interval : 2, why);
	else
		ret = print_looks(&source, o, why);
	library_close(&lib);
	return ret;
}

/* ---- all processes ------------------------------------------------------- */

/* Returns 0; 1: it is none of ours; -1: that cannot be known. */
static int list_one(pid_t pid, const struct options *o)
{
	struct library lib;
	struct view_source source = { look_at, &lib, pid };
	struct view v = { .pid = pid };
	struct why why;
	struct target *t = process_open(pid, &why);
	int ret = t ? 1 : -1;

	if (t && !library_open(&lib, t, 0, &why)) {
		ret = look_at(&source, &v, &why);
		if (!ret && o->json)
			view_process_json(&v, stdout);
		else if (!ret)
			view_process(&v, print_text_line, stdout);
		heap_free(&v.heap);
		library_close(&lib);
	}
	if (t)
		t->close(t);
	return ret;
}

static int list_all(const struct options *o)
{
	pid_t *all = process_all();
	unsigned int refused = 0;

	if (!o->json)
		view_processes_head(print_text_line, stdout);
	for (size_t i = 0; all && all[i]; i++)
		refused += list_one(all[i], o) < 0;
	if (refused && !o->json)
		fprintf(stderr,
			"kmalloc-top: %u processes could not be looked at\n",
			refused);
	free(all);
	return 0;
}

/* ---- the command line ---------------------------------------------------- */

static int misused(const char *what, const char *word)
{
	fprintf(stderr, "kmalloc-top: %s%s\n%s", what, word, usage_text);
	return 2;
}

/* Standard output is a file that may be full. Returns the exit status. */
static int written(int failed)
{
	if (!fflush(stdout) && !ferror(stdout))
		return failed;
	perror("kmalloc-top: standard output");
	return 1;
}

static int run(const struct options *o, const char *word)
{
	struct target *t;
	struct why why;
	pid_t pid;
	int ret;

	if (!o->core && !word)
		return list_all(o);
	pid = o->core ? 0 : process_find(word, &why);
	t = o->core ? core_open(o->core, &why) :
	    pid < 0 ? NULL :
		      process_open(pid, &why);
	ret = t ? show_target(t, o, &why) : -1;
	if (ret)
		complain(&why);
	if (t)
		t->close(t);
	return ret ? 1 : 0;
}

int main(int argc, char **argv)
{
	static const struct option names[] = {
		{ "once", no_argument, NULL, '1' },
		{ "json", no_argument, NULL, 'j' },
		{ "threads", no_argument, NULL, 't' },
		{ "interval", required_argument, NULL, 'i' },
		{ "core", required_argument, NULL, 'C' },
		{ "sort", required_argument, NULL, 'S' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	struct options o = { .sort = view_sorts };
	char *end;
	int c;

	while ((c = getopt_long(argc, argv, "", names, NULL)) != -1) {
		switch (c) {
		case '1':
			o.once = true;
			break;
		case 'j':
			o.json = true;
			break;
		case 't':
			o.threads = true;
			break;
		case 'C':
			o.core = optarg;
			break;
		case 'i':
			o.interval = strtod(optarg, &end);
			if (*end || !(o.interval >= 0.05) || o.interval > 86400)
				return misused("no interval: ", optarg);
			break;
		case 'S':
			o.sort = view_sort_of(optarg[0]);
			if (!o.sort || optarg[1])
				return misused("no key: ", optarg);
			break;
		case 'h':
			fputs(usage_text, stdout);
			return 0;
		default:
			fputs(usage_text, stderr);
			return 2;
		}
	}
	if (argc - optind > 1 || (o.core && optind < argc))
		return misused("too many words: ", argv[argc - 1]);
	return written(run(&o, argv[optind]));
}
