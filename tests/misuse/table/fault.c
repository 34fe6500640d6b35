// SPDX-License-Identifier: MIT
/*
 * misuse/table/fault.c - commit one fault, and tell what came of it
 *
 *	fault			prints all kinds and sizes: a row a line
 *	fault KIND SIZE		commits it, and prints one line:
 *
 *	second owner		malloc handed out what has an owner
 *	wrong byte		an owner read a byte that is not its own
 *	harmless		nothing of this came, to the program's end
 *
 * It prints nothing if it is ended before. Any other line is a fault of this
 * program.
 */
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "world.h"

static const struct kind *const families[] = { free_kinds, foreign_kinds,
					       write_kinds, overrun_kinds,
					       call_kinds };
static const char *const family_names[] = { "frees", "foreign", "writes",
					    "overruns", "calls" };
#define NR_FAMILIES (sizeof(families) / sizeof(families[0]))

/* Small blocks whose size is a class, and that are rounded up to one; pages;
 * an area. */
static const size_t sizes[] = { 24, 48, 100, 1024, 5000, 40000, 5 * MIB };
#define NR_SIZES (sizeof(sizes) / sizeof(sizes[0]))

static int can_be(const struct kind *kind, size_t size)
{
	return size >= kind->from && (!kind->to || size <= kind->to);
}

static void list_rows(void)
{
	for (size_t f = 0; f < NR_FAMILIES; f++) {
		for (const struct kind *k = families[f]; k->name; k++) {
			for (size_t s = 0; s < NR_SIZES; s++) {
				if (can_be(k, sizes[s]))
					printf("%s %s %zu\n", family_names[f],
					       k->name, sizes[s]);
			}
		}
	}
}

static const struct kind *find_kind(const char *name)
{
	for (size_t f = 0; f < NR_FAMILIES; f++) {
		for (const struct kind *k = families[f]; k->name; k++) {
			if (!strcmp(k->name, name))
				return k;
		}
	}
	return NULL;
}

/* The CPU on which a thread runs decides whose lists it takes from: one CPU, so
 * that what comes of a fault is the same each time. */
static void stay_on_one_cpu(void)
{
	cpu_set_t one;
	int cpu = sched_getcpu();

	CPU_ZERO(&one);
	CPU_SET(cpu < 0 ? 0 : cpu, &one);
	sched_setaffinity(0, sizeof(one), &one);
}

/* A fault may lead anywhere, but not to a core file, nor to endless turns. */
static void set_limits(void)
{
	struct rlimit none = { 0, 0 }, cpu = { 20, 20 };

	setrlimit(RLIMIT_CORE, &none);
	setrlimit(RLIMIT_CPU, &cpu);
}

int main(int argc, char **argv)
{
	const struct kind *kind;

	if (argc == 1) {
		list_rows();
		return 0;
	}
	kind = argc == 3 ? find_kind(argv[1]) : NULL;
	if (!kind) {
		fprintf(stderr, "usage: fault [KIND SIZE]\n");
		return 2;
	}
	set_limits();
	stay_on_one_cpu();
	kind->run(strtoul(argv[2], NULL, 10), kind->n, kind->m);
	puts("harmless");
	return 0;
}
