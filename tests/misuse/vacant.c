// SPDX-License-Identifier: MIT
/*
 * misuse/vacant.c - blocks above 32 KiB that were freed, and are taken again
 *
 * ARGV[1] is the number of bytes asked for, ARGV[2] what happens. Where nothing
 * is wrong, or with block_checks=0, expect that it is not ended.
 *
 *	first second last	eight bytes of the freed block are written, then
 *			a block of that size is taken
 *	end		the last bytes of its last page are written
 *	larger		half of a block: the other half is taken, freed and
 *			written; then realloc() grows into it
 *	zero		all of it is 0 again: what the OS leaves. Expect nothing
 *	none		nothing is wrong. Expect nothing
 *	part		nor here: half of it is taken, from either end, written
 *			and freed, and the rest after that
 *	blocks halves	its pages become blocks of 64 bytes, or 2 KiB, which are
 *			written, then it is taken again. Expect nothing
 *	aligned		so few bytes that the words would overlap, at a page of
 *			their own. Expect nothing
 *	fork		a child frees it, and takes and writes much. Nothing
 *	any		blocks of many sizes, by all calls, written from end to
 *			end, some by a child. Expect nothing
 */
#include "misuse.h"

#include <sys/wait.h>
#include <unistd.h>

#define MANY 400

static char *get(size_t size)
{
	char *p = malloc(size);

	REQUIRE(p, "a block");
	return memset(hide(p), 'x', size);
}

/*
 * Takes blocks of this size until p comes again, and gives them all back.
 * Returns true if it came.
 */
static int take_again(const char *p, size_t size)
{
	static char *blocks[MANY];
	int found = 0, n = 0, most = size < MIB ? MANY : 8;

	while (n < most && !found) {
		blocks[n] = malloc(size);
		found = hide(blocks[n]) == p;
		if (size < MIB)
			memset(blocks[n], 'y', size);
		n++;
	}
	while (n--)
		free(blocks[n]);
	return found;
}

static void take_parts(size_t size)
{
	size_t half = size / 2 & ~4095UL;

	for (int turn = 0; turn < 4; turn++) {
		char *low = get(half), *high = get(half);

		free(hide(turn % 2 ? high : low));
		free(hide(get(half / 2)));
		free(hide(turn % 2 ? low : high));
		free(hide(get(size)));
	}
}

static void take_as_blocks(const char *p, size_t block)
{
	static char *blocks[1 << 17]; /* 8 MiB of the smallest */
	size_t n = 0, most = 8 * MIB / block;
	size_t first = most; /* the first one that lies in its first page */

	while (n < most && n < first + 2 * MIB / block) {
		blocks[n] = get(block);
		if (blocks[n] >= p && blocks[n] < p + 4096 && n < first)
			first = n;
		n++;
	}
	for (size_t i = 0; i < n; i++)
		free(blocks[i]);
}

static void of_child(void (*what)(char *, size_t), char *p, size_t size)
{
	int status = 0;
	pid_t pid = fork();

	REQUIRE(pid >= 0, "a child");
	if (!pid) {
		what(p, size);
		_exit(0);
	}
	REQUIRE(waitpid(pid, &status, 0) == pid && !status, "its end: %x",
		(unsigned int)status);
}

static void free_and_take(char *p, size_t size)
{
	free(p);
	for (int i = 0; i < 20; i++)
		free(hide(get(size)));
}

/* The same each time: bits of a counter, mixed. */
static unsigned long next_random(void)
{
	static unsigned long state = 4711;

	state = state * 6364136223846793005UL + 1442695040888963407UL;
	return state >> 33;
}

static void churn(char *p, size_t turns)
{
	static char *blocks[32];

	(void)p;
	for (size_t i = 0; i < turns; i++) {
		char **at = &blocks[next_random() % ARRAY_SIZE(blocks)];
		size_t size = 1 + next_random() % (1UL << next_random() % 24);
		unsigned long how = next_random() % 8;

		if (how < 2)
			*at = realloc(*at, size);
		else
			free(*at);
		if (how == 2)
			*at = aligned_alloc(4096UL << next_random() % 9, size);
		else if (how == 3)
			*at = calloc(1, size);
		else if (how > 3)
			*at = malloc(size);
		REQUIRE(*at, "a block");
		memset(hide(*at), (int)i | 1, size);
	}
}

static void write_freed(const char *error, char *p, size_t size)
{
	if (!strcmp(error, "zero"))
		memset(p, 0, size);
	else if (!strcmp(error, "first"))
		memset(p, 'A', 8);
	else if (!strcmp(error, "second"))
		memset(p + 8, 'A', 8);
	else if (!strcmp(error, "last"))
		memset(p + size - 8, 'A', 8);
	else if (!strcmp(error, "end"))
		memset(p + (size + 4095) / 4096 * 4096 - 8, 'A', 8);
}

static int is_seen(const char *error)
{
	const char *options = getenv("KMALLOC_CMDLINE");

	if (options && strstr(options, "block_checks=0"))
		return 0;
	return !strcmp(error, "first") || !strcmp(error, "second") ||
	       !strcmp(error, "last") || !strcmp(error, "end");
}

/* Takes a block that lies behind p and what it may have behind it. */
static char *get_behind(char *p, size_t size)
{
	for (int i = 0; i < 20; i++) {
		char *q = get(size);

		if (q == p || q == p + 4096)
			return q;
	}
	REQUIRE(0, "a block behind another one");
	return NULL;
}

static void grow_into(size_t size)
{
	size_t half = size / 2;
	char *p = get(size), *q;

	p = hide(realloc(p, half));
	q = get_behind(p + half, half - 4096);
	free(q);
	memset(hide(q), 'A', 8);
	hide(realloc(p, size));
}

int main(int argc, char **argv)
{
	const char *error = argc == 3 ? argv[2] : "";
	size_t size = argc == 3 ? strtoul(argv[1], NULL, 0) : 0;
	char *p;

	REQUIRE(size, "usage: SIZE ERROR");
	kt_prove_library();
	if (!strcmp(error, "any")) {
		churn(NULL, size);
		of_child(churn, NULL, size);
		churn(NULL, size);
		return 0;
	}
	hide(malloc(GIB)); /* so much in use that what is freed stays */
	if (!strcmp(error, "larger")) {
		grow_into(size);
		return MISSED;
	}
	if (!strcmp(error, "end")) /* fresh memory would have no word there */
		free(get((size + 4095) & ~4095UL));
	p = strcmp(error, "aligned") ? get(size) :
				       hide(aligned_alloc(65536, size));
	memset(p, 'x', size);
	if (!strcmp(error, "fork"))
		of_child(free_and_take, p, size);
	free(p);
	if (!strcmp(error, "aligned")) {
		for (int i = 0; i < 20; i++)
			free(hide(aligned_alloc(65536, size)));
		return 0;
	}
	if (!strcmp(error, "part")) {
		take_parts(size);
	} else if (!strcmp(error, "blocks") || !strcmp(error, "halves")) {
		for (int turn = 0; turn < 8; turn++) {
			take_as_blocks(p, *error == 'b' ? 64 : 2048);
			p = get(size);
			free(hide(p));
		}
	} else {
		write_freed(error, hide(p), size);
		REQUIRE(take_again(p, size), "the block again");
		return is_seen(error) ? MISSED : 0;
	}
	take_again(p, size);
	return 0;
}
