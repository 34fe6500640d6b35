// SPDX-License-Identifier: MIT
/*
 * fork_copy.c - what fork.pml assumes of the kernel: pages of other threads are
 * copied at one moment
 *
 *	writer		low = i; high = i;	pages far apart, in one mapping
 *	follower	behind = low;		a page between them
 *	child of fork	high is low or low - 1; behind is not above low
 *
 * The kernel copies page tables one by one. But a thread that writes to a page
 * which was copied waits until all are, and writes before that are seen.
 *
 *	fork_copy	forks FORKS times. Expect that children see one moment
 *	fork_copy pages	copies page by page instead, and waits for the writer in
 *			between. Expect that this is seen
 */
#include <pthread.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/check.h"

#define PAGE 4096UL
#define PAGES 6000UL /* the copy of so many takes a while */
#define FORKS 40

static unsigned long *low, *high, *behind;
static bool upward; /* the writer begins with the higher page */
static bool stop;

static void put(unsigned long *at, unsigned long value)
{
	__atomic_store_n(at, value, __ATOMIC_RELEASE);
}

static unsigned long get(const unsigned long *at)
{
	return __atomic_load_n(at, __ATOMIC_ACQUIRE);
}

static void *write_both(void *arg)
{
	unsigned long *first = upward ? high : low;
	unsigned long *second = upward ? low : high;

	for (unsigned long i = 1; !__atomic_load_n(&stop, __ATOMIC_RELAXED);
	     i++) {
		put(first, i);
		put(second, i);
	}
	return arg;
}

static void *follow(void *arg)
{
	const unsigned long *first = upward ? high : low;

	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED))
		put(behind, get(first));
	return arg;
}

/* Returns true if the three words can be those of one moment. */
static bool one_moment(unsigned long first, unsigned long second,
		       unsigned long third)
{
	return first - second <= 1 && third <= first;
}

/* Returns the exit status of a child that looks at the words. */
static int look_in_child(void)
{
	int status;
	pid_t pid = fork();

	REQUIRE(pid >= 0);
	if (!pid)
		_exit(one_moment(upward ? *high : *low, upward ? *low : *high,
				 *behind) ?
			      0 :
			      1);
	REQUIRE(waitpid(pid, &status, 0) == pid);
	return status;
}

/* What the child would see if pages were copied while the writer goes on. */
static bool look_by_pages(void)
{
	unsigned long second = get(upward ? low : high), first;

	while (get(upward ? low : high) < second + 2)
		;
	first = get(upward ? high : low);
	return one_moment(first, second, 0);
}

static void run(bool by_pages)
{
	pthread_t threads[2];
	char *pages = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	REQUIRE(pages != MAP_FAILED);
	madvise(pages, PAGES * PAGE, MADV_NOHUGEPAGE);
	memset(pages, 0, PAGES * PAGE);
	for (size_t i = 0; i < PAGES; i++)
		pages[i * PAGE + 64] = 1;
	low = (unsigned long *)(void *)pages;
	behind = (unsigned long *)(void *)(pages + PAGES / 2 * PAGE);
	high = (unsigned long *)(void *)(pages + (PAGES - 1) * PAGE);
	stop = false;
	REQUIRE(!pthread_create(&threads[0], NULL, write_both, NULL));
	REQUIRE(!pthread_create(&threads[1], NULL, follow, NULL));
	if (by_pages)
		REQUIRE(!look_by_pages());
	for (int i = 0; i < FORKS && !by_pages; i++)
		REQUIRE(look_in_child() == 0, "fork %d", i);
	__atomic_store_n(&stop, true, __ATOMIC_RELAXED);
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	munmap(pages, PAGES * PAGE);
}

int main(int argc, char **argv)
{
	bool by_pages = argc > 1 && !strcmp(argv[1], "pages");

	for (int i = 0; i < 2; i++) {
		upward = i;
		run(by_pages);
	}
	return check_status();
}
