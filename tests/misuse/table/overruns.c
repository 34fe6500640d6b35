// SPDX-License-Identifier: MIT
/*
 * misuse/table/overruns.c - writes and reads past the ends of a block
 *
 *	over-nul	one zero byte behind the size that was asked for
 *	over-N		N bytes behind it; its neighbour is in use
 *	over-N-free	the neighbour was freed before
 *	over-page	a page behind it
 *	over-forged	the same, of an address that malloc is to return
 *	over-far	2 MiB behind it, which is a pageblock
 *	under-N		N bytes in front of the block
 *	peek-N		N bytes behind it are read, and told
 *
 *	  in front |the block, as asked for|rounded up|the neighbour
 *	      ^^^^^			    ^^^^^^^^^^^^^^^^^
 *	      under-N			    over-N, peek-N
 */
#include "world.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum how { USED, FREE, NUL, FORGE };

static void run_over(size_t size, long by, long how)
{
	void *address = target;
	unsigned char *p, *next;

	settle(size);
	p = middle(size, &next);
	if (how == FREE)
		give(next);
	next = hidden(p + size);
	if (how == FORGE) {
		for (long i = 0; i + 8 <= by; i += 8)
			memcpy(next + i, &address, sizeof(address));
	} else {
		memset(next, how == NUL ? 0 : 'A', (size_t)by);
	}
	for (int i = 0; i < 2; i++)
		take(size);
	give(p);
	go_on(size);
}

static void run_under(size_t size, long by, long how)
{
	unsigned char *p, *next;

	settle(size);
	p = middle(size, &next);
	if (how == FREE)
		give(p);
	memset(hidden(next - by), 'A', (size_t)by);
	for (int i = 0; i < 2; i++)
		take(size);
	give(next);
	go_on(size);
}

/* What belongs to another owner is read, or it is not. */
static void run_peek(size_t size, long by, long m)
{
	unsigned char *p, *end, sum = 0;

	(void)m;
	settle(size);
	p = middle(size, NULL);
	end = hidden(p + size);
	for (long i = 0; i < by; i++)
		sum += end[i];
	hidden(&sum);
	if (is_owned(end, (size_t)by))
		saw("wrong byte");
	go_on(size);
}

const struct kind overrun_kinds[] = {
	{ "over-nul", run_over, 1, NUL, 0, 0 },
	{ "over-8", run_over, 8, USED, 0, 0 },
	{ "over-8-free", run_over, 8, FREE, 0, 0 },
	{ "over-16", run_over, 16, USED, 0, 0 },
	{ "over-64", run_over, 64, USED, 0, 0 },
	{ "over-64-free", run_over, 64, FREE, 0, 0 },
	{ "over-page", run_over, PAGE, USED, 0, 0 },
	{ "over-forged", run_over, PAGE, FORGE, 0, 0 },
	{ "over-far", run_over, 2 * MIB, USED, 0, 0 },
	{ "under-8", run_under, 8, USED, 0, 0 },
	{ "under-8-free", run_under, 8, FREE, 0, 0 },
	{ "under-64", run_under, 64, USED, 0, 0 },
	{ "under-page", run_under, PAGE, USED, 0, 0 },
	{ "peek-64", run_peek, 64, 0, 0, 0 },
	{ "peek-page", run_peek, PAGE, 0, 0, 0 },
	{ NULL, NULL, 0, 0, 0, 0 },
};
