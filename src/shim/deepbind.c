// SPDX-License-Identifier: MIT
/*
 * shim/deepbind.c - removes RTLD_DEEPBIND from calls of dlopen()
 *
 * A plug-in that is opened with this flag finds malloc and free in itself and
 * in its own libraries first, before the program: it finds libc's. Then it
 * passes blocks of our malloc to libc's free(). So the flag is removed, unless
 * the boot parameter deepbind= keeps it:
 *
 *	mask			from all calls (default)
 *	keep			from none
 *	keep:NAME,...		from all but those for objects of these sonames
 *
 * Under AT_SECURE it stays. dlmopen() is left alone: what it loads has a libc
 * of its own, and shares no blocks with the program.
 */
#include <errno.h>
#include <string.h>

#include "diag/param.h"
#include "shim/dlopen.h"
#include "shim/shim.h"
#include "sys/os.h"

enum deepbind_policy { MASK, KEEP, KEEP_NAMES };

static enum deepbind_policy deepbind_policy = MASK; /* constant after start */
static char kept_names[256]; /* KEEP_NAMES: which, with commas */

static int set_deepbind(const char *value)
{
	if (!strcmp(value, "mask")) {
		deepbind_policy = MASK;
	} else if (!strcmp(value, "keep")) {
		deepbind_policy = KEEP;
	} else if (!strncmp(value, "keep:", 5) && value[5] &&
		   strlen(value + 5) < sizeof(kept_names)) {
		strcpy(kept_names, value + 5);
		deepbind_policy = KEEP_NAMES;
	} else {
		return -EINVAL;
	}
	return 0;
}
boot_param("deepbind", set_deepbind, "mask, keep, keep:NAME,...");

static bool is_listed(const char *name)
{
	size_t len = strlen(name);

	for (const char *at = kept_names; len && *at;) {
		size_t item = strcspn(at, ",");

		if (item == len && !strncmp(at, name, len))
			return true;
		at += item;
		at += *at == ',';
	}
	return false;
}

/* Compares the last part of its path, and its soname. */
static bool is_kept(const char *file)
{
	const char *slash = strrchr(file, '/');
	char soname[SONAME_MAX];

	if (is_listed(slash ? slash + 1 : file))
		return true;
	return slash && !soname_of_file(file, soname) && is_listed(soname);
}

bool deepbind_masked(const char *file)
{
	if (os_secure())
		return false;
	shim_boot(); /* reads the parameters if they are not read */
	if (deepbind_policy == KEEP_NAMES && file)
		return !is_kept(file);
	return deepbind_policy == MASK;
}
