// SPDX-License-Identifier: MIT
/*
 * static/static.c - a static program linked with the library's .a
 *
 * That it links at all shows that no symbol is defined twice. The sizes and
 * figures below are the library's: glibc would answer otherwise.
 */
#define KT_STATIC
#include <pthread.h>
#include <sys/wait.h>

#include "support/program.h"

/* Usable sizes and figures. Expect those of the library's size classes. */
static void served_by_us(void)
{
	size_t before = mallinfo2().uordblks, during;
	void *p = malloc(17), *q = malloc(100), *r = malloc(MIB);

	CHECK(malloc_usable_size(p) == 32, "%zu", malloc_usable_size(p));
	CHECK(malloc_usable_size(q) == 112, "%zu", malloc_usable_size(q));
	during = mallinfo2().uordblks;
	CHECK(during >= before + MIB + 144, "%zu -> %zu", before, during);
	free(p);
	free(q);
	free(r);
	CHECK(mallinfo2().uordblks <= during - MIB, "not freed");
}

/* libc's own users of malloc. Expect them to work on it. */
static void libc_users(void)
{
	char *line = NULL, *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);

	for (int i = 0; i < 10000; i++)
		fprintf(f, "%d,", i);
	fclose(f);
	CHECK(n == 48890 && strlen(text) == n, "%zu bytes", n);
	REQUIRE(asprintf(&line, "%s%s", text, text) == 2 * (int)n, "asprintf");
	free(line);
	line = strndup(text, 30000);
	CHECK(strlen(line) == 30000, "strndup");
	free(line);
	free(text);
}

static void *thread(void *arg)
{
	uint64_t rng = test_mix((uintptr_t)arg) | 1;
	char *p[32] = { 0 };
	size_t n[32] = { 0 };

	for (int k = 0; k < 20000; k++) {
		int i = (int)(test_rand(&rng) % 32);

		CHECK(verify(p[i], n[i], (uint64_t)i) == n[i], "block %d", i);
		free(p[i]);
		n[i] = test_rand(&rng) % (k % 100 ? 2000 : 200000);
		p[i] = malloc(n[i]);
		fill(p[i], n[i], (uint64_t)i);
	}
	for (int i = 0; i < 32; i++)
		free(p[i]);
	return NULL;
}

/* Four threads, and forks meanwhile. Expect data kept, children in order. */
static void threads_and_forks(void)
{
	pthread_t t[4];
	int status, i;
	pid_t pid;

	for (i = 0; i < 4; i++)
		pthread_create(&t[i], NULL, thread, (void *)(uintptr_t)i);
	for (i = 0; i < 20; i++) {
		pid = fork();
		if (pid == 0) {
			check_reset();
			thread((void *)9);
			free(malloc(8 * MIB));
			_exit(check_status());
		}
		waitpid(pid, &status, 0);
		CHECK(status == 0, "wait status %x", status);
	}
	for (i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
}

int main(int argc, char **argv)
{
	static const struct kt_case cases[] = {
		{ "served_by_us", served_by_us },
		{ "libc_users", libc_users },
		{ "threads_and_forks", threads_and_forks },
	};

	return kt_run(cases, ARRAY_SIZE(cases), argc, argv);
}
