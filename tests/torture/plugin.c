// SPDX-License-Identifier: MIT
/*
 * torture/plugin.c - a plugin that allocates when it is loaded and unloaded
 */
#include <stdlib.h>
#include <string.h>

void *plugin_get(size_t n);

static __thread char big_tls[5000];
static void *held;

__attribute__((constructor)) static void start(void)
{
	held = malloc(30000);
}

__attribute__((destructor)) static void end(void)
{
	free(realloc(held, 300));
}

void *plugin_get(size_t n)
{
	big_tls[n % sizeof(big_tls)] = 1;
	return malloc(n);
}
