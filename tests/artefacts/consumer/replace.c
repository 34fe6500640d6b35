// SPDX-License-Identifier: MIT
/*
 * replace.c - a program that is linked to the library that replaces malloc;
 * fails unless its malloc, and libc's strdup's, are that library's
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(void)
{
	Dl_info info;
	char *copy = strdup("some text");
	void *address = dlsym(RTLD_DEFAULT, "malloc");

	free(copy);
	free(malloc(100));
	if (!address || !dladdr(address, &info))
		return 1;
	printf("malloc comes from %s\n", info.dli_fname);
	return !strstr(info.dli_fname, "libkmalloc-preload");
}
