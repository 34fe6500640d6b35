// SPDX-License-Identifier: MIT
/*
 * torture/fork_lock.c - locks that fork handlers take, and malloc's callers
 * hold
 *
 * Each busy thread holds one of three mutexes while it calls the malloc family;
 * fork handlers take the same ones: of a library whose handlers come before
 * malloc's, and of this program, whose come after. A deadlock shows as the time
 * limit of the test.
 */
#include <stdatomic.h>
#include <sys/wait.h>

#include "fork_lock.h"
#include "support/program.h"

#define FORKS 12

static pthread_mutex_t after_held = PTHREAD_MUTEX_INITIALIZER;
static atomic_int stop;
static atomic_ulong rounds;

static void prepare(void)
{
	pthread_mutex_lock(&after_held);
}

static void after(void)
{
	pthread_mutex_unlock(&after_held);
}

static const size_t sizes[] = { 24, 400, 5000, 30000, 100 * KIB, 5 * MIB };

/* Every call of the family, on blocks that an earlier round has left as
 * well. */
static void work(char **kept, uint64_t seed, unsigned int round)
{
	size_t nr = ARRAY_SIZE(sizes) - (round % 8 != 0);

	for (size_t i = 0; i < nr; i++) {
		size_t n = sizes[i], half = n / 2;
		char *p = malloc(n), *q = calloc(1, n), *r = NULL;

		REQUIRE(p && q, "%zu bytes", n);
		CHECK(first_nonzero(q, n < 4096 ? n : 4096) ==
			      (n < 4096 ? n : 4096),
		      "%zu bytes of calloc", n);
		if (n < MIB) /* of others it is known under a lock alone */
			CHECK(malloc_usable_size(p) >= n, "usable of %zu", n);
		CHECK(!posix_memalign((void **)&r, 256, n), "memalign");
		CHECK(!((uintptr_t)r % 256), "%p", (void *)r);
		if (kept[i])
			CHECK(verify(kept[i], half, seed + i) == half,
			      "kept %zu", n);
		free(kept[i]);
		fill(p, half, seed + i);
		kept[i] = realloc(p, 3 * n);
		REQUIRE(kept[i], "realloc of %zu", n);
		CHECK(verify(kept[i], half, seed + i) == half, "moved %zu", n);
		free(q);
		free(r);
	}
}

static void *busy(void *arg)
{
	char *kept[ARRAY_SIZE(sizes)] = { 0 };

	for (unsigned int round = 0; !atomic_load(&stop); round++) {
		pthread_mutex_lock(arg);
		work(kept, (uintptr_t)arg, round);
		pthread_mutex_unlock(arg);
		atomic_fetch_add(&rounds, 1);
		usleep(2000); /* mutexes are not fair */
	}
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++)
		free(kept[i]);
	return NULL;
}

static void fork_once(void)
{
	char *kept[ARRAY_SIZE(sizes)] = { 0 };
	int status = -1;
	pid_t pid = fork();

	if (!pid) {
		work(kept, 1, 0);
		work(kept, 1, 0);
		_exit(check_status());
	}
	REQUIRE(pid > 0, "fork: errno %d", errno);
	waitpid(pid, &status, 0);
	CHECK(status == 0, "wait status %x", (unsigned int)status);
}

/* One thread: nothing is held. Expect forks and handlers to go through. */
static void alone(void)
{
	int before = first_calls;

	for (int i = 0; i < 5; i++)
		fork_once();
	CHECK(first_calls == before + 5, "%d calls", first_calls - before);
}

/* Three threads that hold what handlers take. Expect each fork to come to its
 * end, and all blocks to be what they were. */
static void held_by_others(void)
{
	pthread_mutex_t *const held[] = { &first_held, &first_in_parent,
					  &after_held };
	pthread_t t[ARRAY_SIZE(held)];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(held); i++)
		REQUIRE(!pthread_create(&t[i], NULL, busy, held[i]), "thread");
	while (atomic_load(&rounds) < 3)
		usleep(1000);
	for (i = 0; i < FORKS; i++)
		fork_once();
	atomic_store(&stop, 1);
	for (i = 0; i < ARRAY_SIZE(held); i++)
		pthread_join(t[i], NULL);
}

int main(int argc, char **argv)
{
	static const struct kt_case cases[] = {
		{ "alone", alone },
		{ "held_by_others", held_by_others },
	};

	pthread_atfork(prepare, after, after);
	return kt_run(cases, ARRAY_SIZE(cases), argc, argv);
}
