// SPDX-License-Identifier: MIT
/*
 * view.h - a heap as text, as JSON, for monitors, on a screen
 *
 *	view.c		the look that the others show
 *	text.c		for --once, and what the screen shows line by line
 *	json.c		for --json
 *	openmetrics.c	for --openmetrics of kmalloc-info
 *	screen.c	live, with ncurses; the build may lack it
 */
#ifndef KM_TOOLS_VIEW_H
#define KM_TOOLS_VIEW_H

#include "heap.h"

#define VIEW_SCHEMA 1 /* of the JSON; rises when a key changes its meaning */

/* One look at one process. */
struct view {
	struct heap heap;
	pid_t pid;
	char command[32];
	uint64_t resident; /* bytes; 0: unknown */
	double seconds; /* since the look before; 0: there was none */
};

/*
 * Looks at a process, or a core file of one that had this number; `seconds` is
 * left 0. Returns 0, or -1 with the reason and nothing to free.
 */
int view_read(struct library *lib, pid_t pid, struct view *v, struct why *why);

/* Where lines go: they are whole, and have no '\n'. */
typedef void view_line(void *to, const char *line);

/* What the rows are sorted by; its key on the screen. */
struct view_sort {
	char key;
	const char *name;
	/* Returns what the largest of comes first; NULL: by name. */
	uint64_t (*value)(const struct heap_cache *c);
};

extern const struct view_sort view_sorts[]; /* a key of '\0' is the end */
/* Returns the sort of a key, or NULL. */
const struct view_sort *view_sort_of(int key);

/* The lines above the table, and the table's. */
void view_head(const struct view *v, view_line *line, void *to);
/*
 * The rows of caches that have slabs. `passed` becomes a rate if there was a
 * look before, which is NULL otherwise.
 */
void view_caches(const struct view *v, const struct view *before,
		 const struct view_sort *sort, view_line *line, void *to);
/* The rows of threads and CPUs. */
void view_owners(const struct view *v, view_line *line, void *to);
/* The rows of a list of processes: a row; its heading. */
void view_process(const struct view *v, view_line *line, void *to);
void view_processes_head(view_line *line, void *to);

/*
 * A text between quotation marks. Names come from the program, which may have
 * put anything there.
 */
void json_string(FILE *out, const char *text);
/* An object on one line. */
void view_json(const struct view *v, FILE *out);
void view_process_json(const struct view *v, FILE *out);
/* A text that ends in "# EOF". Returns 0, or -1: there is no memory. */
int view_openmetrics(const struct view *v, FILE *out);

/* What a look is taken by. Returns 0, or -1 with the reason. */
struct view_source {
	int (*look)(struct view_source *source, struct view *v,
		    struct why *why);
	struct library *lib;
	pid_t pid;
};

/* Shows looks until a person ends it. Returns 0, or -1 with the reason. */
int screen_show(struct view_source *source, double interval, struct why *why);

#endif
