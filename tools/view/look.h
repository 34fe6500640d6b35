// SPDX-License-Identifier: MIT
/*
 * look.h - looks at a heap as JSON, and the page that shows them
 */
#ifndef KM_TOOLS_VIEW_LOOK_H
#define KM_TOOLS_VIEW_LOOK_H

#include "view/map.h"

#define LOOK_SCHEMA 1 /* rises when a member changes its meaning */

/* A file of looks. */
struct looks {
	struct map *m;
	FILE *out;
	size_t limit; /* bytes that pageblocks may have, in all looks */
	size_t maps_limit; /* of these letters of objects */
	size_t written, maps;
	unsigned int nr; /* looks so far */
	unsigned int planned; /* there may be so many */
	uint64_t *seen; /* a hash of each pageblock's row, or 0 */
	size_t nr_seen;
};

/* What is written about all looks, in front of them. */
struct about {
	pid_t pid; /* 0: a core file */
	const char *name; /* of the program, or the core file */
	const char *when; /* the time */
};

/*
 * What a program says about its steps, for the page to show it; each is empty
 * if nothing is said.
 */
enum hint { HINT_TITLE, HINT_TABS, HINT_CACHE, HINT_COLOUR, HINT_AT, NR_HINTS };
#define HINT_SIZE 160
extern const char *const hint_names[NR_HINTS];

/* What is written beside a look. */
struct moment {
	double seconds; /* since the first look */
	uint64_t resident; /* bytes; 0: unknown */
	const char *text; /* what happened before it; NULL: nothing is said */
	char (*hints)[HINT_SIZE]; /* NR_HINTS of them, or NULL */
};

void looks_begin(struct looks *l, const struct about *about);
/* Writes what map_look() found. Returns 0, or -1: the target is gone. */
int looks_add(struct looks *l, const struct moment *moment);
void looks_end(struct looks *l);

/* ---- steps.c ------------------------------------------------------------- */

/* A program that tells of its steps, and waits after each. */
struct steps {
	pid_t pid;
	FILE *from; /* what it prints */
	int to; /* its standard input */
	char *text; /* of this step */
	size_t room;
	char hints[NR_HINTS][HINT_SIZE]; /* said in front of this step */
};

/* Starts a program. Returns 0, or -1 with the reason. */
int steps_begin(struct steps *s, char **program, struct why *why);
/* Lets it make a step. Returns true if it told of one, false at its end. */
bool steps_next(struct steps *s);
/* Waits for its end. Returns 0, or -1 with the reason if it failed. */
int steps_end(struct steps *s, struct why *why);

/* ---- page.c -------------------------------------------------------------- */

/* What is in front of the JSON, and behind it. */
void page_begin(FILE *out);
void page_end(FILE *out);

#endif
