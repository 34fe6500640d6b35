// SPDX-License-Identifier: MIT
/*
 * api.c - the smallest user of the kernel's names
 */
#include <kmalloc/kmalloc.h>
#include <stdio.h>
#include <string.h>

int main(void)
{
	char *block = kmalloc(100, GFP_KERNEL);

	if (!block)
		return 1;
	memset(block, 1, 100);
	kfree(block);
	puts("kmalloc and kfree work");
	return 0;
}
