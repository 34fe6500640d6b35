// SPDX-License-Identifier: MIT
/*
 * misuse/deepbind_plugin.c - a plugin whose malloc is libc's by RTLD_DEEPBIND
 */
#include <stdlib.h>
#include <string.h>

char *plugin_string(size_t n);
void plugin_free(void *p);

char *plugin_string(size_t n)
{
	char *s = malloc(n + 1);

	memset(s, 'x', n);
	s[n] = 0;
	return s;
}

void plugin_free(void *p)
{
	free(p);
}
