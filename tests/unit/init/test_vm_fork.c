// SPDX-License-Identifier: MIT
/*
 * test_vm_fork.c - what a child of fork() has of vmalloc space
 *
 * It needs the handlers of fork(), which are in init.
 */
#include <dirent.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/vmengine.h"

#define HIGH (GFP_KERNEL | __GFP_HIGHMEM)
#define NR 8UL
#define COUNTERS (64UL * 512)

struct mappings {
	struct page *high[NR], *normal[NR];
	char *area, *alias[2], *normals, *ram, *slot;
};

static void make(struct mappings *m)
{
	alloc_pages_into(m->high, NR, HIGH);
	alloc_pages_into(m->normal, NR, GFP_KERNEL);
	m->area = vmalloc(NR * PAGE_SIZE);
	m->alias[0] = vmap(m->high, NR, VM_MAP, PAGE_KERNEL);
	m->alias[1] = vmap(m->high, NR, VM_MAP, PAGE_KERNEL);
	m->normals = vmap(m->normal, NR, VM_MAP, PAGE_KERNEL);
	m->ram = vm_map_ram(m->high, 3, NUMA_NO_NODE);
	m->slot = kmap(m->high[2]);
	REQUIRE(m->area && m->alias[0] && m->alias[1] && m->normals && m->ram &&
		m->slot);
}

static void stamp_all(struct mappings *m, u64 stamp)
{
	stamp_pages(m->area, NR, stamp);
	stamp_pages(m->alias[0], NR, stamp + 100);
	for (unsigned long i = 0; i < NR; i++)
		*(u64 *)page_address(m->normal[i]) = stamp + 200 + i;
}

static bool has_all(const struct mappings *m, u64 stamp)
{
	return has_stamp(m->area, NR, stamp) &&
	       has_stamp(m->alias[0], NR, stamp + 100) &&
	       has_stamp(m->alias[1], NR, stamp + 100) &&
	       has_stamp(m->normals, NR, stamp + 200) &&
	       has_stamp(m->ram, 3, stamp + 100) &&
	       *(u64 *)m->slot == stamp + 102;
}

/* Files of this process that are one of ours. */
static int memfds(void)
{
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *entry;
	int nr = 0;

	REQUIRE(dir);
	while ((entry = readdir(dir))) {
		char path[300], name[100];
		ssize_t len;

		snprintf(path, sizeof(path), "/proc/self/fd/%s", entry->d_name);
		len = readlink(path, name, sizeof(name) - 1);
		if (len < 0)
			continue;
		name[len] = '\0';
		nr += strstr(name, "libkmalloc-highmem") != NULL;
	}
	closedir(dir);
	return nr;
}

static void expect_exit(pid_t pid)
{
	int status;

	REQUIRE(pid > 0 && waitpid(pid, &status, 0) == pid);
	REQUIRE(!status);
}

static void in_copies(struct mappings *m, int from_parent)
{
	char go;

	REQUIRE(memfds() == 1);
	REQUIRE(read(from_parent, &go, 1) == 1); /* the parent has written */
	REQUIRE(has_all(m, 1000));
	km_check_all();
	stamp_all(m, 3000); /* aliases are real here too */
	REQUIRE(has_all(m, 3000));
	kunmap(m->high[2]);
	vunmap(m->alias[0]);
	vunmap(m->alias[1]);
	vunmap(m->normals);
	vm_unmap_ram(m->ram, 3);
	vfree(m->area);
	free_pages_of_array(m->high, NR);
	free_pages_of_array(m->normal, NR);
	vfree(vzalloc(100000));
	vm_books();
	_exit(0);
}

/* One area and alias of each kind. Expect the child to have them as they were,
 * to write for itself alone and to free all; no file too many in either. */
static void child_copies(void *arg)
{
	struct mappings m;
	int fds[2];
	pid_t pid;

	vm_start_forking("", arg);
	make(&m);
	stamp_all(&m, 1000);
	REQUIRE(!pipe(fds) && memfds() == 1);
	pid = fork();
	if (!pid)
		in_copies(&m, fds[0]);
	REQUIRE(memfds() == 1);
	stamp_all(&m, 2000);
	REQUIRE(write(fds[1], "x", 1) == 1);
	expect_exit(pid);
	REQUIRE(has_all(&m, 2000));
	vm_books();
}

static u64 *counters;
static bool stop;

static void *count_up(void *arg)
{
	unsigned long from = arg ? COUNTERS / 2 : 0;

	while (!READ_ONCE(stop))
		for (unsigned long i = from; i < from + COUNTERS / 2; i++)
			WRITE_ONCE(counters[i], counters[i] + 1);
	return NULL;
}

/* Two threads that count in every word while the process forks. Expect each
 * word in the child to be one between those before fork() and those after
 * it. */
static void child_writers(void *arg)
{
	static u64 low[COUNTERS], high[COUNTERS];
	u64 *seen, *page = NULL;
	pthread_t threads[2];

	vm_start_forking("", arg);
	counters = vzalloc(COUNTERS * sizeof(u64));
	for (uintptr_t i = 0; i < 2; i++)
		REQUIRE(!pthread_create(&threads[i], NULL, count_up,
					(void *)i));
	for (int turn = 0; turn < 10; turn++) {
		size_t size = COUNTERS * sizeof(u64), got = 0;
		int fds[2];
		pid_t pid;

		REQUIRE(!pipe(fds));
		for (unsigned long i = 0; i < COUNTERS; i++)
			low[i] = READ_ONCE(counters[i]);
		pid = fork();
		if (!pid)
			_exit(write(fds[1], counters, size) != (ssize_t)size);
		for (unsigned long i = 0; i < COUNTERS; i++)
			high[i] = READ_ONCE(counters[i]);
		seen = page = malloc(size);
		while (got < size) {
			ssize_t n = read(fds[0], (char *)seen + got,
					 size - got);

			REQUIRE(n > 0);
			got += (size_t)n;
		}
		expect_exit(pid);
		for (unsigned long i = 0; i < COUNTERS; i++)
			REQUIRE(low[i] <= seen[i] && seen[i] <= high[i]);
		free(page);
		close(fds[0]);
		close(fds[1]);
	}
	WRITE_ONCE(stop, true);
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
}

static struct mappings both;

static void *fork_on(void *arg)
{
	for (int i = 0; i < 15; i++) {
		pid_t pid = fork();

		if (!pid)
			_exit(!has_all(&both, 5000) || memfds() != 1);
		expect_exit(pid);
		vfree(vmalloc(50000));
	}
	return arg;
}

/* Two threads that fork at once. Expect each child its copy. */
static void child_two_forks(void *arg)
{
	pthread_t threads[2];

	vm_start_forking("", arg);
	make(&both);
	stamp_all(&both, 5000);
	for (int i = 0; i < 2; i++)
		REQUIRE(!pthread_create(&threads[i], NULL, fork_on, NULL));
	for (int i = 0; i < 2; i++)
		pthread_join(threads[i], NULL);
	REQUIRE(has_all(&both, 5000) && memfds() == 1);
	vm_books();
}

/* Children that are killed at once. Expect the parent to go on, with one
 * file. */
static void child_killed(void *arg)
{
	struct mappings m;
	int status;

	vm_start_forking("", arg);
	make(&m);
	stamp_all(&m, 10);
	for (int i = 0; i < 20; i++) {
		pid_t pid = fork();

		if (!pid)
			for (;;)
				has_all(&m, 10);
		kill(pid, SIGKILL);
		REQUIRE(waitpid(pid, &status, 0) == pid);
	}
	REQUIRE(has_all(&m, 10) && memfds() == 1);
	vm_books();
}

/* A child without our handlers. Expect it to fault, and never to write into its
 * parent. */
static void child_no_handlers(void *arg)
{
	char *at[6];
	struct mappings m;

	vm_start_forking("", arg);
	make(&m);
	stamp_all(&m, 10);
	at[0] = m.area;
	at[1] = m.alias[1];
	at[2] = m.normals;
	at[3] = m.ram;
	at[4] = m.slot;
	at[5] = page_address(m.normal[0]);
	for (int i = 0; i < 6; i++) {
		pid_t pid = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
		int status;

		if (!pid) {
			signal(SIGSEGV, SIG_DFL);
			*(volatile u64 *)at[i] = 4711;
			_exit(0);
		}
		REQUIRE(waitpid(pid, &status, 0) == pid);
		REQUIRE(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV);
	}
	REQUIRE(has_all(&m, 10));
}

/* vfork() and posix_spawn(). Expect not one call of the OS for memory. */
static void child_spawn(void *arg)
{
	char name[] = "true", *argv[] = { name, NULL };
	unsigned long calls;
	struct mappings m;
	pid_t pid;

	vm_start_forking("", arg);
	make(&m);
	stamp_all(&m, 10);
	calls = os_mem_calls;
	REQUIRE(!posix_spawn(&pid, "/bin/true", NULL, NULL, argv, environ));
	expect_exit(pid);
	pid = vfork();
	if (!pid)
		_exit(0);
	expect_exit(pid);
	if (!KM_SANITIZE_THREAD) /* its vfork() is fork() */
		REQUIRE(os_mem_calls == calls);
	REQUIRE(has_all(&m, 10));
}

/* vmap_fork=share. Expect one memory for both. */
static void child_share(void *arg)
{
	struct mappings m;
	pid_t pid;

	vm_start_forking("vmap_fork=share", arg);
	make(&m);
	stamp_all(&m, 10);
	pid = fork();
	if (!pid) {
		REQUIRE(has_all(&m, 10));
		stamp_all(&m, 20);
		_exit(0);
	}
	expect_exit(pid);
	REQUIRE(has_all(&m, 20));
}

static void in_without(struct mappings *m)
{
	char *p;

	REQUIRE(!os_readable(m->area) && !os_readable(m->alias[0]));
	REQUIRE(!os_readable(m->ram));
	/* No other mapping may get the place, and no new area this one. */
	REQUIRE(mmap(m->area, PAGE_SIZE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS,
		     -1, 0) != m->area);
	vfree(m->area);
	p = vzalloc(100000);
	REQUIRE(p && all_bytes(p, 0, 100000));
	memset(p, 1, 100000);
	vfree(p);
	p = kmap(m->high[2]);
	REQUIRE(p == m->slot && all_bytes(p, 0, PAGE_SIZE));
	memset(p, 1, PAGE_SIZE);
	REQUIRE(memfds() == 1);
	_exit(0);
}

/* vmap_fork=none. Expect areas that fault in the child, and new ones that do
 * not, nor reach the parent. */
static void child_none(void *arg)
{
	struct mappings m;
	pid_t pid;

	vm_start_forking("vmap_fork=none", arg);
	make(&m);
	stamp_all(&m, 10);
	pid = fork();
	if (!pid)
		in_without(&m);
	expect_exit(pid);
	REQUIRE(has_all(&m, 10) && memfds() == 1);
}

static void fork_failing(void *arg)
{
	pid_t pid;

	os_fail_calls(1, 1);
	pid = fork();
	os_fail_calls(0, 0);
	if (!pid)
		in_without(arg);
	expect_exit(pid);
}

/* What the allocator itself writes to is vmapped: slabs, among them those of
 * areas. Expect parent and child to have them, whether areas are copied or
 * not. */
static void fork_with_slabs(const char *args, const void *backend)
{
	struct page *page;
	char *p, *q, *r;
	pid_t pid;

	vm_start_forking(args, backend);
	p = vmalloc(64 * PAGE_SIZE);
	page = virt_to_page(find_vm_area(p)->pages);
	q = vmap(&page, 1, VM_MAP, PAGE_KERNEL);
	page = virt_to_page(find_vm_area(p));
	r = vmap(&page, 1, VM_MAP, PAGE_KERNEL);
	REQUIRE(p && q && r);
	pid = fork();
	if (!pid) {
		vfree(p);
		vunmap(q);
		vunmap(r);
		vfree(vzalloc(64 * PAGE_SIZE));
		vm_books();
		_exit(0);
	}
	expect_exit(pid);
	vm_books();
}

static void child_slabs(void *arg)
{
	fork_with_slabs("", arg);
}

static void child_slabs_none(void *arg)
{
	fork_with_slabs("vmap_fork=none", arg);
}

/* No file can be made for the copy. Expect one line on stderr, and the same. */
static void child_no_memfd(void *arg)
{
	static char text[4096];
	struct mappings m;

	vm_start_forking("", arg);
	make(&m);
	stamp_all(&m, 10);
	vm_unmap_aliases();
	capture_stderr(fork_failing, &m, text, sizeof(text));
	REQUIRE(!strncmp(text, "kmalloc: fork: no copy of vmalloc space", 39));
	REQUIRE(count_phrase(text, "\n") == 1);
	REQUIRE(has_all(&m, 10) && memfds() == 1);
	vm_books();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		vm_tests(child_copies),	     vm_tests(child_writers),
		vm_tests(child_two_forks),   vm_tests(child_killed),
		vm_tests(child_no_handlers), vm_tests(child_spawn),
		vm_tests(child_share),	     vm_tests(child_none),
		vm_tests(child_no_memfd),    vm_tests(child_slabs),
		vm_tests(child_slabs_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
