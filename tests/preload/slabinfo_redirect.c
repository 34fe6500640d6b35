// SPDX-License-Identifier: MIT
/*
 * slabinfo_redirect.c - another file in place of /proc/slabinfo
 *
 * Preloaded into slabtop by cases/slabtop.sh: what it opens by that name is the
 * file that KM_SLABINFO names.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef FILE *(*fopen_fn)(const char *path, const char *mode);

FILE *fopen(const char *path, const char *mode)
{
	const char *file = getenv("KM_SLABINFO");
	fopen_fn next = (fopen_fn)dlsym(RTLD_NEXT, "fopen");

	if (file && !strcmp(path, "/proc/slabinfo"))
		path = file;
	return next(path, mode);
}
