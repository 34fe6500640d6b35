// SPDX-License-Identifier: MIT
/*
 * kmalloc-view.c - a page that shows where the memory of a program is
 *
 *	kmalloc-view PID|NAME -o heap.html		a process
 *	kmalloc-view --core FILE -o heap.html		a core file
 *	kmalloc-view --seconds 10 PID -o heap.html	a look each second
 *	kmalloc-view --steps -o it.html -- PROGRAM	a look at each step
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
	"       kmalloc-view [OPTIONS] --steps -- PROGRAM [ARGS]...\n"
	"Writes a page of HTML that shows where the memory of a process is that\n"
	"it has from libkmalloc: zones, pageblocks, slabs, objects.\n"
	"  -o FILE         write there; else to standard output\n"
	"  --seconds N     look again and again for so long\n"
	"  --interval SEC  a look so often (1)\n"
	"  --limit MIB     write at most about so much (16)\n"
	"  --json          write the numbers alone\n"
	"  --core FILE     look at a core file\n"
	"  --steps         run PROGRAM, and look each time it prints a line\n"
	"  --help          print this\n";

#define MOST_LOOKS 10000U
#define STEPS 64U /* each may have this part of the limit */

struct options {
	const char *core, *file;
	double seconds, interval, limit; /* limit: MiB */

	bool json;
	char **program; /* --steps; NULL without */
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

/* The program has told of its first step; it is looked at already. */
static int write_steps(struct looks *l, struct steps *s, struct why *why)
{
	bool first = true;

	do {
		struct moment now = { .seconds = l->nr,
				      .resident = process_resident(s->pid),
				      .text = s->text,
				      .hints = s->hints };

		if (!first && map_look(l->m, why))
			return -1;
		first = false;
		if (looks_add(l, &now))
			return because(why, "it has ended, or there is no "
					    "memory");
	} while (steps_next(s));
	return 0;
}

static int write_page(struct map *m, const struct options *o, struct steps *s,
		      FILE *out, struct why *why)
{
	struct looks l = { .m = m,
			   .out = out,
			   .limit = (size_t)(o->limit * (1 << 20)),
			   .maps_limit = (size_t)(o->limit * (1 << 19)),
			   .planned = s ? STEPS : looks_of(o) };
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
	ret = s ? write_steps(&l, s, why) : write_looks(&l, o, why);
	looks_end(&l);
	if (!o->json)
		page_end(out);
	return ret;
}

/* ---- files --------------------------------------------------------------- */

/* The file is opened when there is something to write. */
static int write_file(struct map *m, const struct options *o, struct steps *s,
		      struct why *why)
{
	FILE *out = o->file ? fopen(o->file, "we") : stdout;
	int ret, bad;

	if (!out)
		return because(why, "%.180s: %s", o->file, strerror(errno));
	ret = write_page(m, o, s, out, why);
	bad = ferror(out);
	bad |= o->file ? fclose(out) : fflush(out);
	if (bad && !ret)
		return because(why, "%.180s: it cannot be written",
			       o->file ? o->file : "standard output");
	return ret;
}

static int show_target(struct target *t, const struct options *o,
		       struct steps *s, struct why *why)
{
	struct library lib;
	struct map *m;
	int ret;

	if (library_open(&lib, t, 0, why))
		return -1;
	m = map_new(&lib, why);
	ret = m ? map_look(m, why) : -1;
	if (!ret)
		ret = write_file(m, o, s, why);
	if (m)
		map_free(m);
	library_close(&lib);
	return ret;
}

static int show_process(pid_t pid, const struct options *o, struct steps *s,
			struct why *why)
{
	struct target *t = process_open(pid, why);
	int ret = t ? show_target(t, o, s, why) : -1;

	if (t)
		t->close(t);
	return ret;
}

/* Runs a program, which is to be looked at when it has told of a step. */
static int run_steps(const struct options *o, struct why *why)
{
	struct steps s;
	struct why end;
	int ret = steps_begin(&s, o->program, why);

	if (ret)
		return ret;
	ret = steps_next(&s) ? show_process(s.pid, o, &s, why) :
			       because(why, "it told of no step");
	if (steps_end(&s, &end) && !ret) {
		*why = end;
		return -1;
	}
	return ret;
}

static int run(const struct options *o, const char *word)
{
	struct target *core;
	struct why why;
	pid_t pid;
	int ret = -1;

	if (o->program) {
		ret = run_steps(o, &why);
	} else if (o->core) {
		core = core_open(o->core, &why);
		ret = core ? show_target(core, o, NULL, &why) : -1;
		if (core)
			core->close(core);
	} else {
		pid = process_find(word, &why);
		ret = pid < 0 ? -1 : show_process(pid, o, NULL, &why);
	}
	if (ret)
		fprintf(stderr, "kmalloc-view: %s\n", why.text);
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
		{ "steps", no_argument, NULL, 'S' },
		{ "core", required_argument, NULL, 'C' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	struct options o = { .interval = 1, .limit = 16 };
	bool steps = false;
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
		case 'S':
			steps = true;
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
	if (steps)
		o.program = argv + optind;
	if (!o.core && optind == argc)
		return misused("no process or program is named", "");
	if (!steps && argc - optind > (o.core ? 0 : 1))
		return misused("too many words: ", argv[argc - 1]);
	return run(&o, argv[optind]);
}
