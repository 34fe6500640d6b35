/* SPDX-License-Identifier: MIT */
/*
 * support/folder.h - a folder of files made up, for code that reads those of
 * the system
 */
#ifndef SUPPORT_FOLDER_H
#define SUPPORT_FOLDER_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support/check.h"

static char folder[32]; /* its path */

static inline void folder_make(void)
{
	strcpy(folder, "/tmp/kmXXXXXX");
	REQUIRE(mkdtemp(folder));
}

/* Removes it with all that is in it. Returns 0 on success. */
static inline int folder_remove(void)
{
	char command[64];

	snprintf(command, sizeof(command), "rm -r %s", folder);
	return system(command);
}

/* Writes a file below the folder, with the folders that lead there. */
static inline void folder_put(const char *file, const char *text)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", folder, file);
	for (char *at = path + strlen(folder) + 1; (at = strchr(at, '/'));
	     at++) {
		*at = '\0';
		mkdir(path, 0700);
		*at = '/';
	}
	f = fopen(path, "w");
	REQUIRE(f);
	fputs(text, f);
	fclose(f);
}

static inline void folder_drop(const char *file)
{
	char path[256];

	snprintf(path, sizeof(path), "%s/%s", folder, file);
	unlink(path);
}

#endif
