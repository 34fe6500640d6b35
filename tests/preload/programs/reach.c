// SPDX-License-Identifier: MIT
/*
 * reach.c - how far a write past the end of a block gets
 *
 *	a block of each size | up: p[size], p[size + 1], ...	until a fault
 *			     | down: p[-1], p[-2], ...
 *
 * The fault's handler looks whether the region, where malloc keeps what it
 * trusts, is as it was, and calls malloc 3,000 times. Malloc may abort then, or
 * fault. An address far from the heap is what an attacker wants. Prints a line
 * for each attack; exits with 1 if one succeeds.
 */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATTERN 0x4141414141414141UL
#define GUARD (64UL << 10) /* on either side of the region */
#define FAR (1UL << 36) /* a heap is smaller, the region is farther */

struct mapping {
	uintptr_t start, end;
	char access[5];
};

static uintptr_t region, region_end;
static uint64_t region_sum;
static char *block, *small; /* the one to write past, one of the heap */
static void *held[4000];

/* Reads all mappings, without malloc. Returns how many. */
static int read_mappings(struct mapping *out, int most)
{
	static char text[1 << 18];
	FILE *f = fopen("/proc/self/maps", "r");
	int nr = 0;

	if (!f)
		_exit(3);
	setvbuf(f, text, _IOFBF, sizeof(text));
	while (nr < most &&
	       fscanf(f, "%" SCNxPTR "-%" SCNxPTR " %4s%*[^\n]", &out[nr].start,
		      &out[nr].end, out[nr].access) == 3)
		nr++;
	fclose(f);
	return nr;
}

static int is_guard(const struct mapping *m, uintptr_t start, uintptr_t end)
{
	return m->start == start && m->end == end && !strcmp(m->access, "---p");
}

/*
 * The region is what is writable between two guards of 64 KiB. What a child
 * adds to it is a mapping of its own, behind those of its parent.
 */
static int find_region(void)
{
	static struct mapping m[4096];
	int nr = read_mappings(m, 4096), found = 0;

	for (int i = 1, last; i < nr; i = last + 1) {
		last = i;
		if (strcmp(m[i].access, "rw-p"))
			continue;
		while (last + 1 < nr && m[last + 1].start == m[last].end &&
		       !strcmp(m[last + 1].access, "rw-p"))
			last++;
		if (last + 1 < nr &&
		    is_guard(&m[i - 1], m[i].start - GUARD, m[i].start) &&
		    is_guard(&m[last + 1], m[last].end, m[last].end + GUARD)) {
			region = m[i].start;
			region_end = m[last].end;
			found++;
		}
	}
	return found;
}

static uint64_t sum_of_region(void)
{
	uint64_t sum = 0;

	for (uintptr_t at = region; at < region_end; at += 8)
		sum = sum * 31 + *(volatile uint64_t *)at;
	return sum;
}

static void say(const char *text)
{
	if (write(STDOUT_FILENO, text, strlen(text)) < 0)
		_exit(3);
}

static void judge(const void *p)
{
	uintptr_t at = (uintptr_t)p, from = (uintptr_t)small;
	uintptr_t distance = at > from ? at - from : from - at;

	if (!p || distance < FAR)
		return;
	say("malloc gave an address outside of the heap\n");
	_exit(1);
}

static void fault(int sig, siginfo_t *info, void *context)
{
	uintptr_t at = (uintptr_t)info->si_addr;

	(void)context;
	signal(sig, SIG_DFL);
	if (at >= region - GUARD && at < region_end + GUARD) {
		say("the region was reached\n");
		_exit(1);
	}
	if (sum_of_region() != region_sum) {
		say("the region was changed\n");
		_exit(1);
	}
	for (int i = 0; i < 3000; i++)
		judge(malloc(16 + (size_t)i * 7 % 4096));
	_exit(0);
}

/* Fills and half empties the arrays of all classes of some sizes. */
static void use_heap(void)
{
	for (int i = 0; i < 4000; i++)
		held[i] = malloc(16 + (size_t)i * 13 % 6000);
	for (int i = 0; i < 4000; i += 2)
		free(held[i]);
}

static void attack(size_t size, int up)
{
	static char stack[1 << 16];
	stack_t on = { .ss_sp = stack, .ss_size = sizeof(stack) };
	struct sigaction action = { .sa_sigaction = fault,
				    .sa_flags = SA_SIGINFO | SA_ONSTACK };
	volatile uint64_t *at;

	use_heap();
	small = malloc(16);
	block = malloc(size);
	if (!block || sigaltstack(&on, NULL) ||
	    sigaction(SIGSEGV, &action, NULL) ||
	    sigaction(SIGBUS, &action, NULL))
		_exit(3);
	if (find_region() != 1) {
		say("no region between two guards\n");
		_exit(1);
	}
	region_sum = sum_of_region();
	at = (volatile uint64_t *)(void *)(block + (up ? size & ~7UL : 0));
	for (;;) {
		if (!up)
			at--;
		*at = PATTERN;
		if (up)
			at++;
	}
}

int main(void)
{
	static const size_t sizes[] = { 16,    104,    1000,	5000,
					40000, 300000, 2 << 20, 5 << 20 };
	int bad = 0;

	for (int i = 0; i < 16; i++) {
		size_t size = sizes[i / 2];
		int status = -1;
		pid_t pid = fork();

		if (!pid)
			attack(size, i % 2);
		if (pid < 0 || waitpid(pid, &status, 0) != pid)
			return 3;
		printf("%zu %s: %s\n", size, i % 2 ? "up" : "down",
		       WIFSIGNALED(status) ? "malloc stopped the program" :
		       WEXITSTATUS(status) ? "BAD" :
					     "malloc gave memory of the heap");
		fflush(stdout);
		bad |= WIFEXITED(status) && WEXITSTATUS(status);
	}
	return bad;
}
