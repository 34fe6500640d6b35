// SPDX-License-Identifier: MIT
/*
 * kmalloc-view.c - a page that shows where the memory of a program is
 *
 *	kmalloc-view PID|NAME -o heap.html		a process
 *	kmalloc-view --core FILE -o heap.html		a core file
 *	kmalloc-view --seconds 10 PID -o heap.html	a look each second
 *
 * The page has all it needs inside: it loads nothing. A process is read by
 * /proc/PID/mem. It is not stopped, and does not notice.
 */
#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "view/look.h"

static const char usage_text[] =
	"Usage: kmalloc-view [OPTIONS] PID|NAME\n"
	"       kmalloc-view [OPTIONS] --core FILE\n"
	"Writes a page of HTML that shows where the memory of a process is that\n"
	"it has from libkmalloc: zones, pageblocks, slabs, objects.\n"
	"  -o FILE         write there; else to standard output\n"
	"  --seconds N     look again and again for so long\n"
	"  --interval SEC  a look so often (1)\n"
	"  --limit MIB     write at most about so much (16)\n"
	"  --json          write the numbers alone\n"
	"  --core FILE     look at a core file\n"
	"  --help          print this\n";

#define MOST_LOOKS 10000U

struct options {
	const char *core, *file;
	double seconds, interval, limit; /* limit: MiB */

	bool json;
};

/* ---- looks --------------------------------------------------------------- */

static double now_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void sleep_until(double when)
{
	double left = when - now_seconds();
	struct timespec t;

	if (left <= 0)
		return;
	t.tv_sec = (time_t)left;
	t.tv_nsec = (long)((left - (double)t.tv_sec) * 1e9);
	nanosleep(&t, NULL);
}

static unsigned int looks_of(const struct options *o)
{
	return o->seconds > 0 ? (unsigned int)(o->seconds / o->interval) + 1 :
				1;
}

/* A process that ends between two looks leaves those that there are. */
static int write_looks(struct looks *l, const struct options *o,
		       struct why *why)
{
	double start = now_seconds();
	pid_t pid = l->m->lib->target->pid;

	for (unsigned int i = 0; i < l->planned; i++) {
		struct moment now = { .seconds = 0 };

		sleep_until(start + i * o->interval);
		if (i && map_look(l->m, why)) {
			fprintf(stderr, "kmalloc-view: after %u looks: %s\n", i,
				why->text);
			return 0;
		}
		now.seconds = now_seconds() - start;
		if (l->m->lib->target->live)
			now.resident = process_resident(pid);
		if (looks_add(l, &now))
			return because(why, "it has ended, or there is no "
					    "memory");
	}
	return 0;
}

static int write_page(struct map *m, const struct options *o, FILE *out,
		      struct why *why)
{
	struct looks l = { .m = m,
			   .out = out,
			   .limit = (size_t)(o->limit * (1 << 20)),
			   .maps_limit = (size_t)(o->limit * (1 << 19)),
			   .planned = looks_of(o) };
	time_t now = time(NULL);
	char name[32] = "", when[32] = "";
	struct about about = { m->lib->target->pid, o->core, when };
	struct tm tm;
	int ret;

	strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S",
		 localtime_r(&now, &tm));
	if (m->lib->target->live) {
		process_name(about.pid, name, sizeof(name));
		about.name = name;
	}
	if (!o->json)
		page_begin(out);
	looks_begin(&l, &about);
	ret = write_looks(&l, o, why);
	looks_end(&l);
	if (!o->json)
		page_end(out);
	return ret;
}

/* ---- files --------------------------------------------------------------- */

/* The file is opened when there is something to write. */
static int write_file(struct map *m, const struct options *o, struct why *why)
{
	FILE *out = o->file ? fopen(o->file, "we") : stdout;
	int ret, bad;

	if (!out)
		return because(why, "%.180s: %s", o->file, strerror(errno));
	ret = write_page(m, o, out, why);
	bad = ferror(out);
	bad |= o->file ? fclose(out) : fflush(out);
	if (bad && !ret)
		return because(why, "%.180s: it cannot be written",
			       o->file ? o->file : "standard output");
	return ret;
}

static int show_target(struct target *t, const struct options *o,
		       struct why *why)
{
	struct library lib;
	struct map *m;
	int ret;

	if (library_open(&lib, t, 0, why))
		return -1;
	m = map_new(&lib, why);
	ret = m ? map_look(m, why) : -1;
	if (!ret)
		ret = write_file(m, o, why);
	if (m)
		map_free(m);
	library_close(&lib);
	return ret;
}

static int run(const struct options *o, const char *word)
{
	struct why why;
	pid_t pid = o->core ? 0 : process_find(word, &why);
	struct target *t = o->core ? core_open(o->core, &why) :
			   pid < 0 ? NULL :
				     process_open(pid, &why);
	int ret = t ? show_target(t, o, &why) : -1;

	if (ret)
		fprintf(stderr, "kmalloc-view: %s\n", why.text);
	if (t)
		t->close(t);
	return ret ? 1 : 0;
}

/* ---- the command line ---------------------------------------------------- */

static int misused(const char *what, const char *word)
{
	fprintf(stderr, "kmalloc-view: %s%s\n%s", what, word, usage_text);
	return 2;
}

/* Returns a number of an option, or -1 if it is none or out of bounds. */
static double number_of(const char *word, double least, double most)
{
	char *end;
	double number = strtod(word, &end);

	return !*word || *end || !(number >= least) || number > most ? -1 :
								       number;
}

int main(int argc, char **argv)
{
	static const struct option names[] = {
		{ "seconds", required_argument, NULL, 's' },
		{ "interval", required_argument, NULL, 'i' },
		{ "limit", required_argument, NULL, 'l' },
		{ "json", no_argument, NULL, 'j' },
		{ "core", required_argument, NULL, 'C' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	struct options o = { .interval = 1, .limit = 16 };
	double number = 0;
	int c;

	while ((c = getopt_long(argc, argv, "o:", names, NULL)) != -1) {
		switch (c) {
		case 'o':
			o.file = optarg;
			break;
		case 's':
			o.seconds = number = number_of(optarg, 0, 86400);
			break;
		case 'i':
			o.interval = number = number_of(optarg, 0.01, 86400);
			break;
		case 'l':
			o.limit = number = number_of(optarg, 0.001, 1024);
			break;
		case 'j':
			o.json = true;
			break;
		case 'C':
			o.core = optarg;
			break;
		case 'h':
			fputs(usage_text, stdout);
			return 0;
		default:
			fputs(usage_text, stderr);
			return 2;
		}
		if (number < 0)
			return misused("no number, or out of bounds: ", optarg);
	}
	if (o.seconds / o.interval > MOST_LOOKS)
		return misused("too many looks", "");
	if (argc - optind > (o.core ? 0 : 1))
		return misused("too many words: ", argv[argc - 1]);
	if (!o.core && optind == argc)
		return misused("no process is named", "");
	return run(&o, argv[optind]);
}
