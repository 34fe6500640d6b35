// SPDX-License-Identifier: MIT
/*
 * misuse/block.c - blocks of 1 to 32 KiB: their ends, and what is written later
 *
 * ARGV[1] is the number of bytes asked for, ARGV[2] the error, ARGV[3] where
 * the block came from: malloc, calloc, aligned, grown, shrunk.
 *
 *	over under	a byte behind the size changes, or in front of the next
 *			block; then free()
 *	resize move	the first of these, then realloc() in place, or not
 *	first second last	eight bytes of the freed block are written, then
 *			blocks are taken until it comes again
 *	end		as these, but the last eight bytes of its class
 *	double		it is freed again after twenty others
 *	ask regrow	it is freed, then malloc_usable_size() or realloc()
 *	zero		as `first`, `second` and `last`, but 0: what the OS
 *			leaves of a page that it had. Expect nothing
 *	told good object	all bytes of the class are written, after a call
 *			that says they are the program's. Expect nothing
 *	none		nothing is wrong. Expect nothing
 */
#include "misuse.h"

#define MANY 400

static char *get(const char *how, size_t size)
{
	char *p;

	if (!strcmp(how, "calloc"))
		p = calloc(1, size);
	else if (!strcmp(how, "aligned"))
		p = aligned_alloc(32, size);
	else if (!strcmp(how, "grown"))
		p = realloc(malloc(size - 16), size);
	else if (!strcmp(how, "shrunk"))
		p = realloc(malloc(size + 16), size);
	else
		p = malloc(size);
	REQUIRE(p, "a block");
	return memset(hide(p), 'x', size);
}

/* The size of the class: of another block, which may not be looked at then. */
static size_t whole(size_t size)
{
	void *other = hide(malloc(size));
	size_t all = malloc_usable_size(other);

	free(other);
	return all;
}

/* Takes blocks until p comes again, and gives them all back. */
static int take_again(const char *how, char *p, size_t size)
{
	static char *blocks[MANY];
	int found = 0, n = 0;

	while (n < MANY && !found) {
		blocks[n] = get(how, size);
		found = blocks[n++] == p;
	}
	while (n--)
		free(blocks[n]);
	return found;
}

static void write_freed(const char *error, char *p, size_t size, size_t end)
{
	int all = !strcmp(error, "zero"), with = all ? 0 : 'A';

	if (all || !strcmp(error, "first"))
		memset(p, with, 8);
	if (all || !strcmp(error, "second"))
		memset(p + 8, with, 8);
	if (all || !strcmp(error, "last"))
		memset(p + size - 8, with, 8);
	if (!strcmp(error, "end"))
		memset(p + end - 8, with, 8);
}

static int is_any(const char *word, const char *const *of)
{
	while (*of && strcmp(word, *of))
		of++;
	return *of != NULL;
}

/* The block p is free afterwards, and others of its slab are not. */
static void free_others(const char *p, size_t size)
{
	char *blocks[40];

	for (int i = 0; i < 40; i++)
		blocks[i] = get("malloc", size);
	for (int i = 0; i < 40; i++)
		if (i % 2 || blocks[i] == p)
			free(blocks[i]);
}

static int use_all(const char *how, char *p, size_t size)
{
	size_t (*good)(size_t) = dlsym(RTLD_DEFAULT, "malloc_good_size");
	size_t (*object)(const void *) = dlsym(RTLD_DEFAULT,
					       "malloc_object_size");
	size_t all;

	if (!strcmp(how, "told"))
		all = malloc_usable_size(p);
	else
		all = strcmp(how, "good") ? object(p) : good(size);
	memset(p, 'y', all);
	p = hide(realloc(p, size - 8));
	memset(p, 'z', size - 8);
	free(p);
	REQUIRE(take_again("malloc", p, size), "the block again");
	return 0;
}

static int of_freed(const char *error, const char *from, char *p, size_t size,
		    size_t end)
{
	free(p);
	if (!strcmp(error, "double")) {
		free_others(p, size);
		free(hide(p));
	} else if (!strcmp(error, "ask")) {
		free_others(p, size);
		hide((void *)malloc_usable_size(hide(p)));
	} else if (!strcmp(error, "regrow")) {
		free_others(p, size);
		hide(realloc(hide(p), size));
	} else {
		write_freed(error, hide(p), size, end);
		REQUIRE(take_again(from, p, size), "the block again");
	}
	return strcmp(error, "zero") && strcmp(error, "none") ? MISSED : 0;
}

int main(int argc, char **argv)
{
	static const char *const used[] = { "over", "under", "resize", "move",
					    NULL };
	static const char *const told[] = { "told", "good", "object", NULL };
	size_t size, all;
	char *p;

	REQUIRE(argc == 4, "usage: SIZE ERROR FROM");
	kt_prove_library();
	size = strtoul(argv[1], NULL, 0);
	all = whole(size);
	p = get(argv[3], size);
	if (is_any(argv[2], told))
		return use_all(argv[2], p, size);
	if (!is_any(argv[2], used))
		return of_freed(argv[2], argv[3], p, size, all);
	p[strcmp(argv[2], "under") ? size : all - 1] ^= 1;
	if (!strcmp(argv[2], "resize"))
		hide(realloc(p, size - 8));
	else if (!strcmp(argv[2], "move"))
		hide(realloc(p, 4 * size));
	else
		free(p);
	return MISSED;
}
