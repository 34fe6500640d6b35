// SPDX-License-Identifier: MIT
/*
 * conformance/deepbind_opener.c - a library whose RUNPATH leads to the plug-in
 */
#include <dlfcn.h>

void *open_by_name(const char *name);

void *open_by_name(const char *name)
{
	void *h = dlopen(name, RTLD_NOW | RTLD_DEEPBIND);

	return h; /* not a tail call: the return address is in this library */
}
