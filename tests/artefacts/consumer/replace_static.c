// SPDX-License-Identifier: MIT
/*
 * replace_static.c - a static program whose malloc is replaced
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(void)
{
	char *copy = strdup("some text");

	if (!copy)
		return 1;
	free(copy);
	puts("strdup and free work");
	return 0;
}
