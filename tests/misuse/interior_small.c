// SPDX-License-Identifier: MIT
/*
 * misuse/interior_small.c - the inside of a small object, seen when its array
 * is flushed
 *
 * ARGV[2] forces the flush. Expect "is not the start of an object".
 */
#include "misuse.h"

#include <pthread.h>

static char *how;

static void *thread(void *arg)
{
	(void)arg;
	commit(how, block("small") + 16);
	return NULL;
}

static void churn(void)
{
	enum { N = 20000 };
	static void *p[N];
	int i;

	for (i = 0; i < N; i++)
		p[i] = malloc(64);
	for (i = 0; i < N; i++)
		free(p[i]);
}

int main(int argc, char **argv)
{
	pthread_t t;

	REQUIRE(argc == 3, "usage: how churn|thread");
	how = argv[1];
	if (!strcmp(argv[2], "thread")) {
		pthread_create(&t, NULL, thread, NULL);
		pthread_join(t, NULL);
	} else {
		thread(NULL);
		churn();
	}
	return MISSED;
}
