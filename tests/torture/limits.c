// SPDX-License-Identifier: MIT
/*
 * torture/limits.c - memory runs out under RLIMIT_AS, and comes back
 *
 * The program starts itself again under 512 MiB of address space, so that the
 * library starts under the limit; the case lowered_later sets one afterwards.
 */
#include <pthread.h>
#include <sys/resource.h>

#include "support/program.h"

static void limit(rlim_t bytes)
{
	struct rlimit l;

	getrlimit(RLIMIT_AS, &l);
	l.rlim_cur = bytes;
	REQUIRE(!setrlimit(RLIMIT_AS, &l), "setrlimit: errno %d", errno);
}

struct link {
	struct link *next;
};

/* Blocks of @n until NULL, each checked; how many bytes there were. */
static size_t exhaust(size_t n, struct link **list)
{
	size_t sum = 0;
	struct link *l;

	for (;;) {
		errno = 0;
		l = malloc(n);
		if (!l)
			break;
		memset(l, 0x5a, n);
		l->next = *list;
		*list = l;
		sum += n;
		REQUIRE(sum < 4 * GIB, "there is no end to it");
	}
	CHECK(errno == ENOMEM, "errno %d", errno);
	return sum;
}

static void release(struct link *list)
{
	struct link *next;

	for (; list; list = next) {
		next = list->next;
		errno = ERRNO_MARK;
		free(list);
		CHECK(errno == ERRNO_MARK, "errno %d", errno);
	}
}

/* All memory as blocks of one size, twice over. Expect as much again. */
static void each_size(void)
{
	static const size_t sizes[] = {
		64, 1000, 20000, 100 * KIB, MIB, 6 * MIB
	};
	size_t i, first, again;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		struct link *list = NULL;

		first = exhaust(sizes[i], &list);
		CHECK(first > 100 * MIB, "size %zu: %zu bytes", sizes[i],
		      first);
		CHECK(!malloc(64 * MIB) && errno == ENOMEM, "not exhausted");
		release(list);
		list = NULL;
		again = exhaust(sizes[i], &list);
		CHECK(again >= first / 10 * 9, "size %zu: %zu, then %zu",
		      sizes[i], first, again);
		release(list);
	}
}

/* Exhausted by small ones, then large ones wanted. Expect most of it back. */
static void small_then_large(void)
{
	struct link *list = NULL, *big = NULL;
	size_t n = exhaust(500, &list), m;

	release(list);
	m = exhaust(8 * MIB, &big);
	CHECK(m > n / 2, "%zu as small blocks, %zu as large", n, m);
	release(big);
}

/* realloc, calloc and aligned calls at the end. Expect ENOMEM, data kept. */
static void at_the_end(void)
{
	struct link *list = NULL;
	char *p = malloc(100 * KIB), *q;
	void *r = p;

	fill(p, 100 * KIB, 3);
	exhaust(MIB, &list);
	exhaust(1000, &list);
	errno = 0;
	q = realloc(p, 64 * MIB);
	CHECK(!q && errno == ENOMEM, "%p errno %d", (void *)q, errno);
	CHECK(verify(p, 100 * KIB, 3) == 100 * KIB, "data lost");
	errno = 0;
	CHECK(!calloc(64, MIB) && errno == ENOMEM, "calloc: errno %d", errno);
	CHECK(posix_memalign(&r, 4096, 64 * MIB) == ENOMEM && r == p,
	      "aligned");
	q = realloc(p, 50 * KIB);
	CHECK(q && verify(q, 50 * KIB, 3) == 50 * KIB, "shrinking failed");
	release(list);
	free(q ? q : p);
	p = malloc(64 * MIB);
	CHECK(p, "64 MiB after all was freed");
	free(p);
}

static pthread_barrier_t ready;

static void *thread(void *arg)
{
	struct link *list = NULL;

	pthread_barrier_wait(&ready);
	exhaust((size_t)(uintptr_t)arg, &list);
	release(list);
	return NULL;
}

/* Eight threads that exhaust it together. Expect no crash, memory after. */
static void together(void)
{
	pthread_attr_t attr;
	pthread_t t[8];
	uintptr_t i;
	void *p;

	pthread_barrier_init(&ready, NULL, 8);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 256 * KIB);
	for (i = 0; i < 8; i++)
		REQUIRE(!pthread_create(&t[i], &attr, thread,
					(void *)(500 + i * 3000)),
			"thread");
	for (i = 0; i < 8; i++)
		pthread_join(t[i], NULL);
	p = malloc(32 * MIB);
	CHECK(p, "32 MiB after all was freed");
	free(p);
}

/* A limit set when the heap is in use, then lifted. Expect both to show. */
static void lowered_later(void)
{
	struct link *list = NULL;
	char *keep = malloc(40 * MIB), *p;
	size_t got;

	fill(keep, 40 * MIB, 5);
	limit(64 * MIB);
	got = exhaust(5 * MIB, &list);
	printf("%zu MiB after the limit\n", got / MIB);
	CHECK(verify(keep, 40 * MIB, 5) == 40 * MIB, "data lost");
	release(list);
	limit(RLIM_INFINITY);
	p = malloc(256 * MIB);
	CHECK(p, "256 MiB when the limit is lifted");
	free(p);
	free(keep);
}

int main(int argc, char **argv)
{
	static const struct kt_case cases[] = {
		{ "together", together },
		{ "at_the_end", at_the_end },
		{ "each_size", each_size },
		{ "small_then_large", small_then_large },
	};
	static const struct kt_case later[] = {
		{ "lowered_later", lowered_later },
	};
	struct rlimit l;

	getrlimit(RLIMIT_AS, &l);
	if (l.rlim_cur == RLIM_INFINITY) {
		if (argc > 1 && !strcmp(argv[1], later[0].name))
			return kt_run(later, 1, argc, argv);
		limit(512 * MIB);
		execv("/proc/self/exe", argv);
		return 2;
	}
	return kt_run(cases, ARRAY_SIZE(cases), argc, argv);
}
