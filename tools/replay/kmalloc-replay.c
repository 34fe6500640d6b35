// SPDX-License-Identifier: MIT
/*
 * kmalloc-replay.c - the calls of a recording again, on any malloc
 *
 *	kmalloc-replay FILE.PID				on libc's
 *	LD_PRELOAD=libx.so kmalloc-replay FILE.PID	on another one
 *
 *	file -> recording.c -> plan.c -> play.c -> picture.c
 *		records	       steps by	 calls	   an SVG
 *		checked	       block
 */
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "picture.h"

static const char usage_text[] =
	"Usage: kmalloc-replay [OPTIONS] FILE\n"
	"Makes the calls of malloc that alloc_trace= recorded in FILE, on the\n"
	"malloc that this process has, and says what they took.\n"
	"  --threads    as many threads as the program had; else one\n"
	"  --check      compare live bytes and contents of blocks at each call\n"
	"  --no-touch   do not write a byte of each page\n"
	"  --svg FILE   draw live and resident bytes\n"
	"  --help       this text\n";

struct options {
	unsigned int flags;
	const char *svg, *file;
};

/* Returns 0; 1: help was asked for; 2: a wrong use. */
static int read_options(int argc, char **argv, struct options *o)
{
	static const struct option known[] = {
		{ "threads", no_argument, NULL, 't' },
		{ "check", no_argument, NULL, 'c' },
		{ "no-touch", no_argument, NULL, 'n' },
		{ "svg", required_argument, NULL, 's' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int c;

	while ((c = getopt_long(argc, argv, "", known, NULL)) != -1) {
		switch (c) {
		case 't':
			o->flags |= PLAY_THREADS;
			break;
		case 'c':
			o->flags |= PLAY_CHECK;
			break;
		case 'n':
			o->flags |= PLAY_UNTOUCHED;
			break;
		case 's':
			o->svg = optarg;
			break;
		case 'h':
			return 1;
		default:
			return 2;
		}
	}
	if (optind + 1 != argc) {
		fprintf(stderr, "kmalloc-replay: %s\n",
			optind < argc ? "more than one FILE" : "no FILE");
		return 2;
	}
	o->file = argv[optind];
	return 0;
}

/* A name is of a program, and may hold anything: only what prints is kept. */
static void clean_name(const char comm[16], char out[17])
{
	int n;

	for (n = 0; n < 16 && comm[n]; n++)
		out[n] = comm[n] < ' ' || comm[n] > '~' ? '?' : comm[n];
	out[n] = '\0';
}

static void say_recording(const struct recording *r, const struct plan *plan)
{
	const size_t *calls = plan->calls;
	char name[17];

	clean_name(r->head.comm, name);
	printf("recording  process %d (%s), %zu records of %u threads, "
	       "%zu missing\n",
	       r->head.pid, name, r->nr - r->missing, plan->nr_threads,
	       r->missing);
	printf("calls      %zu malloc, %zu calloc, %zu realloc, %zu free; "
	       "%zu of unknown blocks, %zu blocks without an end\n",
	       calls[TRACE_MALLOC], calls[TRACE_CALLOC], calls[TRACE_REALLOC],
	       calls[TRACE_FREE], plan->unknown, plan->unfreed);
	if (r->cut)
		printf("the end    %zu bytes of a record that is not whole\n",
		       r->cut);
}

static void say_bytes(const char *name, const struct plan *plan,
		      const struct result *result, bool resident)
{
	const struct sample *s = result->samples;
	uint64_t most = 0, last = 0;

	for (size_t i = 0; i < result->nr_samples; i++) {
		last = resident ? s[i].resident : s[i].live;
		most = last > most ? last : most;
	}
	for (size_t i = 0; !resident && i < plan->nr; i++)
		most = plan->live[i] > most ? plan->live[i] : most;
	printf("%s peak %llu bytes, %llu at the end\n", name,
	       (unsigned long long)most, (unsigned long long)last);
}

/* Returns the exit status. */
static int say_result(const struct options *o, const struct plan *plan,
		      const struct result *result)
{
	printf("time       %.3f s, %.3f s of CPU time\n", result->seconds,
	       result->cpu);
	say_bytes("live      ", plan, result, false);
	say_bytes("resident  ", plan, result, true);
	if (result->failed)
		printf("failed     %zu calls gave NULL\n", result->failed);
	if (!(o->flags & PLAY_CHECK))
		return 0;
	if (result->wrong) {
		printf("check      %zu of %zu steps differ, the first is %zu\n",
		       result->wrong, plan->nr, result->first_wrong + 1);
		return 1;
	}
	printf("check      live bytes and contents at %zu steps as recorded\n",
	       plan->nr);
	return 0;
}

int main(int argc, char **argv)
{
	static struct recording recording;
	struct options o = { 0 };
	struct result result;
	struct plan plan;
	char title[600], name[17];
	int ret = read_options(argc, argv, &o);

	if (ret) {
		fputs(usage_text, ret == 1 ? stdout : stderr);
		return ret == 1 ? 0 : 2;
	}
	if (recording_read(o.file, &recording))
		return 1;
	plan_make(&plan, &recording);
	say_recording(&recording, &plan);
	fflush(stdout);
	play(&plan, o.flags, &result);
	ret = say_result(&o, &plan, &result);
	clean_name(recording.head.comm, name);
	snprintf(title, sizeof(title), "%s, process %d", name,
		 recording.head.pid);
	if (o.svg && picture_write(o.svg, title, &result))
		return 1;
	if (fflush(stdout) || ferror(stdout)) {
		perror("kmalloc-replay: standard output");
		return 1;
	}
	return ret;
}
