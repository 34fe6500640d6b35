// SPDX-License-Identifier: MIT
/*
 * space.c - address space: what is mapped, locked, limited and in the way
 *
 *	space lock current|future	mlockall() by a user who may lock 8 MiB:
 *					its result, and for `future` the KiB
 *					that blocks of 16 KiB give then
 *	space resident			KiB that mlockall(MCL_CURRENT) adds
 *	space late MIB			RLIMIT_AS = what is mapped + MIB: blocks
 *					of 1 MiB that can be had, after a
 *					mapping of the program's own of 1 MiB
 *	space fill MIB SIZE...		RLIMIT_AS = MIB: percent of that which
 *					blocks of each size can use, in a child
 *					for each; fill_mem: without the limit
 *	space overwrite LOW HIGH	64 MiB in blocks of LOW to HIGH bytes,
 *					short ones as likely as long ones by
 *					their logarithm; each replaced three
 *					times, at random: percent resident
 *	space returned			KiB that are mapped more than before
 *					when 256 MiB of large blocks were freed
 *	space holes			other mappings in the way of the heap
 *					and of large blocks: do they stay as
 *					they are?
 */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

#define KIB 1024UL
#define MIB (1024 * KIB)
#define BLOCKS 1024

static void die(const char *what)
{
	perror(what);
	exit(1);
}

/* A number of /proc/self/statm, in KiB: 0 mapped, 1 resident. */
static unsigned long kib(int field)
{
	unsigned long value[2] = { 0, 0 };
	int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
	char buf[100] = { 0 };

	if (fd < 0 || read(fd, buf, sizeof(buf) - 1) <= 0)
		die("statm");
	close(fd);
	sscanf(buf, "%lu %lu", &value[0], &value[1]);
	return value[field] * 4;
}

static void set_limit(int which, unsigned long bytes)
{
	struct rlimit limit;

	if (getrlimit(which, &limit))
		die("getrlimit");
	if (limit.rlim_max > bytes)
		limit.rlim_max = bytes;
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(which, &limit))
		die("setrlimit");
}

/* Blocks of one size until there are no more, or so many. */
static unsigned long take(size_t size, unsigned long most)
{
	unsigned long nr = 0;
	char *p;

	while (nr < most && (p = malloc(size))) {
		memset(p, 1, size);
		nr++;
	}
	return nr;
}

static int lock(const char *how)
{
	int future = !strcmp(how, "future");

	free(malloc(100));
	set_limit(RLIMIT_MEMLOCK, 8 * MIB);
	if (!geteuid() && setuid(65534)) {
		puts("no ordinary user");
		return 0;
	}
	if (mlockall(MCL_CURRENT | (future ? MCL_FUTURE : 0))) {
		printf("mlockall: %s\n", strerror(errno));
		return 0;
	}
	puts("locked");
	if (future)
		printf("%lu KiB\n", take(16 * KIB, 4096) * 16);
	return 0;
}

static int resident(void)
{
	unsigned long before;

	free(malloc(100));
	before = kib(1);
	if (mlockall(MCL_CURRENT))
		printf("mlockall: %s\n", strerror(errno));
	else
		printf("%lu KiB\n", kib(1) - before);
	return 0;
}

static int late(unsigned long mib)
{
	char *own;

	free(malloc(100));
	set_limit(RLIMIT_AS, kib(0) * KIB + mib * MIB);
	own = mmap(NULL, MIB, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (own == MAP_FAILED)
		die("mmap");
	*own = 1;
	printf("%lu MiB\n", take(MIB, 4 * mib));
	return 0;
}

/* Blocks of one size, not written to, until there are no more. */
static void fill(unsigned long mib, size_t size, bool limited)
{
	unsigned long nr = 0;
	int status;

	fflush(stdout);
	if (!fork()) {
		if (limited)
			set_limit(RLIMIT_AS, mib * MIB);
		while (malloc(size))
			nr++;
		printf("%zu: %lu\n", size, nr * size * 100 / (mib * MIB));
		fflush(stdout);
		_exit(0);
	}
	if (wait(&status) < 0 || status)
		die("child");
}

static uint64_t random_below(uint64_t n)
{
	static uint64_t state = 4711;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (state >> 11) % n;
}

/* A size from low to high; its logarithm is spread evenly, to about 1/16. */
static size_t any_size(size_t low, size_t high)
{
	size_t size;

	do {
		unsigned int shift = (unsigned int)random_below(32);

		size = (16 + random_below(16)) << shift >> 4;
	} while (size < low || size > high);
	return size - random_below(size / 16 + 1);
}

static int overwrite(size_t low, size_t high)
{
	static struct {
		char *p;
		size_t size;
	} block[1 << 16];
	unsigned long nr = 0, turns = 0, i;
	size_t live = 0;

	while (live < 64 * MIB || turns < 3 * nr) {
		i = live < 64 * MIB ? nr++ : random_below(nr);
		turns += block[i].p != NULL;
		free(block[i].p);
		live -= block[i].size;
		block[i].size = any_size(low, high);
		live += block[i].size;
		block[i].p = malloc(block[i].size);
		if (!block[i].p)
			die("malloc");
		memset(block[i].p, 1, block[i].size);
	}
	printf("%lu\n", kib(1) * KIB * 100 / live);
	return 0;
}

static int returned(void)
{
	static char *block[32];
	unsigned long before;

	free(malloc(100));
	before = kib(0);
	for (int i = 0; i < 32; i++) {
		block[i] = malloc(8 * MIB);
		if (!block[i])
			die("malloc");
		block[i][0] = 1;
	}
	for (int i = 0; i < 32; i++)
		free(block[i]);
	malloc_trim(0);
	printf("%ld KiB\n", (long)(kib(0) - before));
	return 0;
}

/* A page of our own at p, if nothing is there. */
static unsigned char *intrude(uintptr_t at)
{
	void *want = (void *)(at & ~4095UL);
	unsigned char *p = mmap(
		want, 4096, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

	if (p == MAP_FAILED)
		return NULL;
	if (p != want) {
		munmap(p, 4096);
		return NULL;
	}
	memset(p, 0x5a, 4096);
	return p;
}

static int holes(void)
{
	static unsigned char *page[64], *block[BLOCKS];
	static const size_t sizes[] = { 200, 30000, 300000, 6 * MIB };
	uintptr_t small = (uintptr_t)malloc(200);
	uintptr_t large = (uintptr_t)malloc(6 * MIB);
	int nr = 0, wrong = 0;

	for (uintptr_t i = 1; i <= 32; i++) {
		page[nr] = intrude(small + i * 9 * MIB);
		nr += page[nr] != NULL;
		page[nr] = intrude(large + i * 20 * MIB);
		nr += page[nr] != NULL;
	}
	for (int i = 0; i < BLOCKS; i++) {
		size_t size = sizes[i % 64 ? i % 3 : 3];

		block[i] = malloc(size);
		if (!block[i])
			die("malloc");
		memset(block[i], i, size);
	}
	for (int i = 0; i < BLOCKS; i++) {
		size_t size = sizes[i % 64 ? i % 3 : 3];

		for (size_t n = 0; n < size; n += 100)
			wrong += block[i][n] != (unsigned char)i;
		free(block[i]);
	}
	for (int i = 0; i < nr; i++)
		for (int n = 0; n < 4096; n++)
			wrong += page[i][n] != 0x5a;
	printf("%d in the way, %d wrong\n", nr, wrong);
	return 0;
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "lock"))
		return lock(argv[2]);
	if (argc == 2 && !strcmp(argv[1], "resident"))
		return resident();
	if (argc == 3 && !strcmp(argv[1], "late"))
		return late(strtoul(argv[2], NULL, 10));
	if (argc == 4 && !strcmp(argv[1], "overwrite"))
		return overwrite(strtoul(argv[2], NULL, 10),
				 strtoul(argv[3], NULL, 10));
	for (int i = 3; i < argc && !strcmp(argv[1], "fill"); i++)
		fill(strtoul(argv[2], NULL, 10), strtoul(argv[i], NULL, 10),
		     true);
	for (int i = 3; i < argc && !strcmp(argv[1], "fill_mem"); i++)
		fill(strtoul(argv[2], NULL, 10), strtoul(argv[i], NULL, 10),
		     false);
	if (argc > 3 && !strncmp(argv[1], "fill", 4))
		return 0;
	if (argc == 2 && !strcmp(argv[1], "returned"))
		return returned();
	if (argc == 2 && !strcmp(argv[1], "holes"))
		return holes();
	return 2;
}
