// SPDX-License-Identifier: MIT
/*
 * bug.c - a program for the tools that look for bugs: bug [after_free|quiet]
 *
 * It takes and gives back blocks; with "after_free" it writes to one that it
 * has freed. The last line tells whether the library is mapped.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int library_is_mapped(void)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	char line[600];
	int found = 0;

	while (maps && fgets(line, sizeof(line), maps))
		found |= strstr(line, "libkmalloc-preload") != NULL;
	if (maps)
		fclose(maps);
	return found;
}

static void __attribute__((noinline)) write_after_free(void)
{
	char *volatile block = malloc(37);

	free(block);
	block[1] = 1;
}

int main(int argc, char **argv)
{
	char *p = malloc(100), *q = malloc(200000), *r;

	if (!p || !q)
		return 1;
	memset(q, 1, 200000);
	r = realloc(p, 3000);
	if (!r)
		return 1;
	memset(r, 2, 3000);
	free(q);
	if (argc > 1 && !strcmp(argv[1], "after_free"))
		write_after_free();
	free(r);
	printf("end, library %smapped\n", library_is_mapped() ? "" : "not ");
	return 0;
}
