// SPDX-License-Identifier: MIT
/*
 * view.c - one look at one process or core file
 */
#include <string.h>

#include "view.h"

int view_read(struct library *lib, pid_t pid, struct view *v, struct why *why)
{
	memset(v, 0, sizeof(*v));
	v->pid = pid;
	snprintf(v->command, sizeof(v->command), "core file");
	if (lib->target->live) {
		process_name(pid, v->command, sizeof(v->command));
		v->resident = process_resident(pid);
	}
	return heap_read(lib, &v->heap, why);
}
