// SPDX-License-Identifier: MIT
/*
 * target.h - what is looked at: a process or a core file
 *
 *	process.c	/proc/PID/mem and /proc/PID/maps
 *	core.c		the segments of a core file
 *
 * Reads see memory that its owner changes meanwhile. A read that crosses the
 * end of what is mapped fails as a whole.
 */
#ifndef KM_TOOLS_TARGET_H
#define KM_TOOLS_TARGET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "why.h"

struct target {
	/* Copies size bytes. Returns 0, or -1 if one of them is not there. */
	int (*read)(struct target *t, uint64_t at, void *to, size_t size);
	/*
	 * Returns the addresses where files begin in memory, 0 behind the last,
	 * for the caller to free; NULL with the reason.
	 */
	uint64_t *(*images)(struct target *t, struct why *why);
	void (*close)(struct target *t); /* frees it, too */
	pid_t pid; /* 0: a core file of an unknown process */
	bool live; /* it may change while it is read */
	bool cut; /* a core file, of which the end is missing */
	/* Writes size bytes. Returns 0 or -1. NULL: it is to be read only. */
	int (*write)(struct target *t, uint64_t at, const void *from,
		     size_t size);
};

/* All return NULL with the reason. */
struct target *process_open(pid_t pid, struct why *why);
/*
 * The same, to be written to. One tool at a time has it so: it is locked until
 * it is closed.
 */
struct target *process_open_write(pid_t pid, struct why *why);
struct target *core_open(const char *file, struct why *why);

/* The word at an address. Returns 0, or -1 if it is not there. */
int target_word(struct target *t, uint64_t at, uint64_t *word);
/* A text that ends in '\0', cut to size - 1 bytes. Returns 0 or -1. */
int target_text(struct target *t, uint64_t at, char *to, size_t size);

/* ---- of a process -------------------------------------------------------- */

/* The descriptor of its memory. */
int process_mem(const struct target *t);

/*
 * Finds the number that a process has for itself: in a container it is another
 * one. Returns it, or -1 with the reason: also if the clocks of that process
 * differ from those of this one.
 */
pid_t process_inner_pid(pid_t pid, struct why *why);

/* The command name; "?" if it has ended. */
void process_name(pid_t pid, char *name, size_t size);
/* Resident bytes, or 0. */
uint64_t process_resident(pid_t pid);
/*
 * The ids of its threads, 0 behind the last, for the caller to free. NULL: it
 * has ended.
 */
pid_t *process_threads(pid_t pid);
/* Returns the process of a number or a name, or -1 with the reason. */
pid_t process_find(const char *word, struct why *why);
/* All processes with a program, 0 behind the last, for the caller to free. */
pid_t *process_all(void);

#endif
