// SPDX-License-Identifier: MIT
/*
 * ghost.h - the texts of another process, made by its own code
 */
#ifndef KM_TOOLS_GHOST_H
#define KM_TOOLS_GHOST_H

#include "library.h"

/*
 * Gets ready for texts of one process. Returns 0; 1: this process has something
 * at an address where that one has; -1 with the reason.
 */
int ghost_prepare(struct library *lib, struct why *why);

#define GHOST_CANNOT (-100000L)
/*
 * Makes the text of a name, as the process itself would print it. Returns its
 * length, with the text for the caller to free; or -errno of the process
 * (-ENOENT: no such text); or GHOST_CANNOT with the reason.
 */
long ghost_text(struct library *lib, const char *name, char **text,
		struct why *why);

#endif
