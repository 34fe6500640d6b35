// SPDX-License-Identifier: MIT
/*
 * sandbox.c - malloc under a seccomp filter that kills
 *
 *	sandbox CALL...		system calls that pass, by number; beside them
 *				those of the program itself, see own[]
 *
 * Four threads are there before the filter, which is for all of them. Then each
 * allocates, grows, shrinks and frees sizes of all kinds, up to some 100 MiB
 * together, and now and then calls malloc_trim(). So the heap grows, passes
 * what it looks for limits at, gives memory back, and locks are contended. A
 * call that does not pass ends the process by SIGSYS.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <malloc.h>
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#define THREADS 4
#define SLOTS 400
#define TURNS 30000
#define MAX_CALLS 64

static const unsigned int own[] = {
	SYS_write,	    SYS_exit,	SYS_exit_group,
	SYS_rt_sigprocmask, SYS_getcpu, SYS_clock_gettime,
};

static pthread_barrier_t started, filtered;

static size_t pick_size(uint64_t *seed)
{
	uint64_t r = *seed = *seed * 6364136223846793005UL + 1;

	switch (r >> 60) {
	case 0:
		return (r >> 33) % (1 << 20);
	case 1:
		return (r >> 57) & 7 ? (r >> 33) % 100000 :
				       (r >> 33) % (12 << 20);
	default:
		return (r >> 33) % 3000;
	}
}

/* The last byte of each block is checked when it is freed or resized. */
static void *work(void *arg)
{
	uint64_t seed = (uintptr_t)arg;
	struct {
		unsigned char *p;
		size_t size;
	} slots[SLOTS] = { 0 };

	pthread_barrier_wait(&started);
	pthread_barrier_wait(&filtered);
	for (int i = 0; i < TURNS; i++) {
		size_t at = pick_size(&seed) % SLOTS, size = pick_size(&seed);

		if (slots[at].p && slots[at].p[slots[at].size] != (at & 255))
			abort();
		if (i % 3 == 0) {
			free(slots[at].p);
			slots[at].p = malloc(size + 1);
		} else {
			slots[at].p = realloc(slots[at].p, size + 1);
		}
		if (!slots[at].p)
			abort();
		slots[at].size = size;
		slots[at].p[size] = at & 255;
		if (i % 10000 == 9999)
			malloc_trim(0);
	}
	for (size_t at = 0; at < SLOTS; at++)
		free(slots[at].p);
	return NULL;
}

/* Returns 0, or -1 where the kernel has no filters. */
static int install_filter(char **calls)
{
	struct sock_filter code[MAX_CALLS * 2 + 8];
	unsigned short n = 0;
	struct sock_fprog program = { .filter = code };

	code[n++] = (struct sock_filter)BPF_STMT(
		BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
	for (size_t i = 0; i < sizeof(own) / sizeof(*own); i++) {
		code[n++] = (struct sock_filter)BPF_JUMP(
			BPF_JMP | BPF_JEQ | BPF_K, own[i], 0, 1);
		code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K,
							 SECCOMP_RET_ALLOW);
	}
	for (; *calls && n < MAX_CALLS * 2; calls++) {
		code[n++] = (struct sock_filter)BPF_JUMP(
			BPF_JMP | BPF_JEQ | BPF_K,
			(unsigned int)strtoul(*calls, NULL, 10), 0, 1);
		code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K,
							 SECCOMP_RET_ALLOW);
	}
	code[n++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K,
						 SECCOMP_RET_KILL_PROCESS);
	program.len = n;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -1;
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
			    SECCOMP_FILTER_FLAG_TSYNC, &program);
}

int main(int argc, char **argv)
{
	static const char done[] = "done\n";
	pthread_t threads[THREADS];

	(void)argc;
	pthread_barrier_init(&started, NULL, THREADS + 1);
	pthread_barrier_init(&filtered, NULL, THREADS + 1);
	for (uintptr_t i = 0; i < THREADS; i++)
		if (pthread_create(&threads[i], NULL, work, (void *)(i + 1)))
			return 1;
	pthread_barrier_wait(&started);
	if (install_filter(argv + 1)) {
		perror("seccomp");
		return 77;
	}
	pthread_barrier_wait(&filtered);
	for (int i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	free(malloc(64 << 20));
	return write(1, done, sizeof(done) - 1) < 0;
}
