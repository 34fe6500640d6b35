// SPDX-License-Identifier: MIT
/*
 * torture/ends.c - malloc and free in the last moments of threads and process
 *
 * Destructors of keys run after ours or again after it; exit handlers and
 * destructors of the program run when everything else is over.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <sys/wait.h>
#include <threads.h>

#include "support/program.h"

enum { KEYS = 100 };

static pthread_key_t keys[KEYS];
static tss_t tss;
static atomic_int ran, exit_ran;

static void work(void)
{
	static const size_t sizes[] = { 24, 3000, 100 * KIB, 5 * MIB };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		char *p = malloc(sizes[i]);

		REQUIRE(p, "%zu bytes", sizes[i]);
		p[0] = p[sizes[i] - 1] = 1;
		p = realloc(p, sizes[i] * 2);
		free(p);
	}
}

/* Frees what the key held and sets it again, until the last round. */
static void key_ends(void *arg)
{
	char *p = arg;
	int i;

	atomic_fetch_add(&ran, 1);
	for (i = 0; i < KEYS && (p[0] & 3) != 3; i++) {
		if (pthread_getspecific(keys[i]))
			continue;
		char *again = malloc(64);

		again[0] = (char)(p[0] + 1);
		pthread_setspecific(keys[i], again);
		break;
	}
	free(p);
	if (atomic_load(&ran) % 32 == 0)
		work();
}

static void tss_ends(void *arg)
{
	atomic_fetch_add(&ran, 1);
	free(arg);
	work();
}

static void *thread(void *arg)
{
	int i;

	for (i = 0; i < KEYS; i++) {
		char *p = malloc(100);

		p[0] = 0;
		pthread_setspecific(keys[i], p);
	}
	tss_set(tss, malloc(5000));
	return arg;
}

/* A thread whose first call of all comes from its destructor. */
static void *silent_thread(void *arg)
{
	pthread_setspecific(keys[KEYS - 1], arg);
	return NULL;
}

/* 100 keys, 4 rounds of destructors each, 60 threads. Expect them all run. */
static void key_destructors(void)
{
	pthread_t t[4];
	int i, k;
	char *p;

	for (i = 0; i < KEYS; i++)
		REQUIRE(!pthread_key_create(&keys[i], key_ends), "key %d", i);
	REQUIRE(tss_create(&tss, tss_ends) == thrd_success, "tss");
	for (k = 0; k < 15; k++) {
		for (i = 0; i < 4; i++) {
			p = calloc(1, 64);
			REQUIRE(!pthread_create(&t[i], NULL,
						k % 3 ? thread : silent_thread,
						p),
				"thread");
			if (k % 3)
				free(p);
		}
		for (i = 0; i < 4; i++)
			pthread_join(t[i], NULL);
	}
	CHECK(atomic_load(&ran) > 40 * KEYS, "%d destructors",
	      atomic_load(&ran));
}

static void at_exit(void)
{
	free(realloc(malloc(100), 5000));
	if (++exit_ran % 64 == 0)
		work();
	if (exit_ran == 8192)
		dprintf(1, "8192 exit handlers\n");
}

static void forks_and_exits(void)
{
	int i;

	for (i = 0; i < 8192; i++)
		REQUIRE(!atexit(at_exit), "atexit number %d", i);
	exit(0);
}

__attribute__((destructor)) static void at_end(void)
{
	char *p = malloc(1000);

	if (!p)
		_exit(9);
	free(p);
	work();
}

/* 8192 exit handlers and a destructor. Expect all of them served. */
static void exit_handlers(void)
{
	char text[64] = "";
	int fd[2], status;
	pid_t pid;

	REQUIRE(!pipe(fd), "pipe");
	pid = fork();
	if (pid == 0) {
		dup2(fd[1], 1);
		forks_and_exits();
	}
	close(fd[1]);
	waitpid(pid, &status, 0);
	read(fd[0], text, sizeof(text) - 1);
	CHECK(status == 0, "wait status %x", status);
	CHECK(!strcmp(text, "8192 exit handlers\n"), "it said: %s", text);
}

/* A thread still at work while main ends. Expect an orderly exit. */
static void *endless(void *arg)
{
	for (;;)
		work();
	return arg;
}

static void exit_under_load(void)
{
	int i, k, status;
	pthread_t t;
	pid_t pid;

	for (k = 0; k < 20; k++) {
		pid = fork();
		if (pid == 0) {
			for (i = 0; i < 3; i++)
				pthread_create(&t, NULL, endless, NULL);
			usleep(5000);
			exit(0);
		}
		waitpid(pid, &status, 0);
		CHECK(status == 0, "wait status %x", status);
	}
}

int main(int argc, char **argv)
{
	static const struct kt_case cases[] = {
		{ "key_destructors", key_destructors },
		{ "exit_handlers", exit_handlers },
		{ "exit_under_load", exit_under_load },
	};

	return kt_run(cases, ARRAY_SIZE(cases), argc, argv);
}
