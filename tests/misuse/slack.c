// SPDX-License-Identifier: MIT
/*
 * misuse/slack.c - writes behind a block whose last page is not full
 *
 * ARGV[1] is the number of bytes asked for. ARGV[2] says where a byte changes:
 * "first" and "ninth" behind these, "last" and "eighth" of the page; "none".
 * ARGV[3] is what ends the block's life: free, realloc, smaller or larger, and
 * move. ARGV[4] is where it came from: malloc, calloc, aligned, grown, shrunk.
 * Expect the line in that call. Or ARGV[3] is what says that all bytes are the
 * program's: usable, good, object. Expect none.
 */
#include "misuse.h"

#define RUN 100000

static char *get(const char *how, size_t size)
{
	char *p;

	if (!strcmp(how, "calloc"))
		p = calloc(1, size);
	else if (!strcmp(how, "aligned"))
		p = aligned_alloc(65536, size);
	else if (!strcmp(how, "grown"))
		p = realloc(malloc(RUN), size);
	else if (!strcmp(how, "shrunk"))
		p = realloc(malloc(10 * RUN), size);
	else
		p = malloc(size);
	REQUIRE(p, "a block");
	return hide(p);
}

static size_t page_end(size_t size)
{
	return (size + 4095) / 4096 * 4096;
}

static void end_life(const char *how, char *p, size_t size)
{
	if (!strcmp(how, "free"))
		free(p);
	else if (!strcmp(how, "realloc"))
		hide(realloc(p, size));
	else if (!strcmp(how, "smaller"))
		hide(realloc(p, size / 2));
	else if (!strcmp(how, "larger"))
		hide(realloc(p, size + 8192));
	else
		hide(realloc(p, 100));
}

/* All is right: the program was told that it may. */
static int use_all(const char *how, size_t size)
{
	size_t (*good)(size_t) = dlsym(RTLD_DEFAULT, "malloc_good_size");
	size_t (*object)(const void *) = dlsym(RTLD_DEFAULT,
					       "malloc_object_size");
	size_t all = strcmp(how, "good") ? 0 : good(size);
	char *p = get("malloc", size);

	if (!strcmp(how, "usable"))
		all = malloc_usable_size(p);
	else if (!strcmp(how, "object"))
		all = object(p);
	REQUIRE(all == page_end(size), "%zu bytes", all);
	memset(p, 'x', all);
	p = hide(realloc(p, size / 2));
	free(p);
	return 0;
}

int main(int argc, char **argv)
{
	size_t size, at;
	char *p;

	REQUIRE(argc == 5, "usage: SIZE PLACE END FROM");
	kt_prove_library();
	size = strtoul(argv[1], NULL, 0);
	if (!strcmp(argv[4], "told"))
		return use_all(argv[3], size);
	p = get(argv[4], size);
	memset(p, 'x', size);
	if (!strcmp(argv[2], "first"))
		at = size;
	else if (!strcmp(argv[2], "ninth"))
		at = size + 8;
	else if (!strcmp(argv[2], "last"))
		at = page_end(size) - 1;
	else
		at = page_end(size) - 8;
	if (strcmp(argv[2], "none"))
		p[at] ^= 1;
	end_life(argv[3], p, size);
	return strcmp(argv[2], "none") ? MISSED : 0;
}
