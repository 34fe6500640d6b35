// SPDX-License-Identifier: MIT
/*
 * conformance/deepbind_plugin.c - a plug-in with a version() of its own
 *
 * Programs that open plug-ins with RTLD_DEEPBIND do it to keep two versions of
 * a function apart.
 */
#include <stdlib.h>
#include <string.h>

int version(void);
int plugin_version(void);
char *give(size_t n);
void take(char *p);

int version(void)
{
	return 2;
}

int plugin_version(void)
{
	return version();
}

/* A block that libc makes, by strdup(), of a string of n characters. */
char *give(size_t n)
{
	char *s = malloc(n + 1), *copy;

	memset(s, 'x', n);
	s[n] = 0;
	copy = strdup(s);
	free(s);
	return copy;
}

void take(char *p)
{
	free(p);
}
