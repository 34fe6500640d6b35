// SPDX-License-Identifier: MIT
/*
 * mappings.h - what /proc/PID/maps says, for ghost.c
 */
#ifndef KM_TOOLS_MAPPINGS_H
#define KM_TOOLS_MAPPINGS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/* Returns true if a mapping of a process lies where one of ours does. */
bool mappings_overlap(pid_t pid);
/* The kernel's data for clocks in a process: it cannot be read. */
void mappings_clocks(pid_t pid, uint64_t *start, uint64_t *end);

/* A file that a process has mapped, to execute it, and that is open here. */
struct mapped_file {
	char path[240]; /* as the process knows it */
	int fd;
};

#define MAPPED_FILES 64
/*
 * Opens files of a process for reading, beginning with its program, whose path
 * is "/proc/self/exe". Returns how many. A file that is another by now is left
 * out.
 */
int mappings_open(pid_t pid, struct mapped_file files[MAPPED_FILES]);

#endif
