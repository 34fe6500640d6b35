// SPDX-License-Identifier: MIT
/*
 * misuse/write_after_free.c - eight bytes are written into freed blocks
 *
 * A child for each size and each place in a block: it frees every other block
 * of many, writes the address of something into all of these, and allocates
 * again. Expect no child to be given that address or one inside another block:
 * it ends by SIGABRT, or nothing happens. On SLUB one place of each size must
 * end it, where the pointer to the next free block lies.
 */
#include "misuse.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#define NR 2000

static char target[4096];
static char *blocks[NR];

static int compare(const void *a, const void *b)
{
	const char *const *x = a, *const *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* Returns 1 if two blocks overlap or one is the target. */
static int is_wrong(size_t size)
{
	qsort(blocks, NR, sizeof(blocks[0]), compare);
	for (int i = 0; i < NR; i++) {
		if (blocks[i] >= target && blocks[i] < target + sizeof(target))
			return 1;
		if (i && blocks[i] < blocks[i - 1] + size)
			return 1;
	}
	return 0;
}

/* Returns 1 if malloc gave what it may not give. */
static int write_and_take(size_t size, size_t place)
{
	void *word = target + 64;

	for (int i = 0; i < NR; i++)
		blocks[i] = malloc(size);
	for (int i = 0; i < NR; i += 2)
		free(blocks[i]);
	for (int i = 0; i < NR; i += 2)
		memcpy(blocks[i] + place, &word, sizeof(word));
	for (int i = 0; i < NR; i += 2)
		blocks[i] = malloc(size);
	return is_wrong(size);
}

/* Returns the status of a child that does so. */
static int try(size_t size, size_t place)
{
	pid_t child = fork();
	int status;

	if (!child) {
		dup2(open("/dev/null", O_WRONLY), 2);
		_exit(write_and_take(size, place));
	}
	REQUIRE(waitpid(child, &status, 0) == child, "no child");
	return status;
}

int main(void)
{
	static const size_t sizes[] = { 16, 32, 64, 224, 1024 };
	int slub = !strstr(getenv("KTEST_LIB"), "-slab.so");

	kt_prove_library();
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		size_t size = sizes[i], step = size > 64 ? size / 2 : 8;
		int aborted = 0;

		for (size_t at = 0; at < size; at += step) {
			int status = try(size, at);

			REQUIRE(WIFSIGNALED(status) ?
					WTERMSIG(status) == SIGABRT :
					!WEXITSTATUS(status),
				"%zu bytes at %zu: status %#x", size, at,
				status);
			aborted += WIFSIGNALED(status);
		}
		printf("%zu bytes: %d places end it\n", size, aborted);
		REQUIRE(!slub || aborted, "no place of %zu bytes", size);
	}
	return 0;
}
