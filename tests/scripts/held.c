// SPDX-License-Identifier: MIT
/*
 * held.c - a malloc that counts what a program holds, for test_bench_shapes.sh
 *
 *	[ size | MAGIC ][ the block ... ]
 *
 * Each block has its size in front, as it was asked for. Behind each line that
 * the program writes to descriptor 1 the library writes how many bytes are
 * held. It is preloaded in front of glibc, whose malloc serves.
 */
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define MAGIC 0x6b6d68656c646279UL

extern void *__libc_malloc(size_t size);
extern void *__libc_realloc(void *p, size_t size);
extern void __libc_free(void *p);

struct head {
	size_t size;
	size_t magic;
};

static atomic_size_t held;

static struct head *head_of(void *p)
{
	struct head *head = (struct head *)p - 1;

	if (head->magic != MAGIC)
		__builtin_trap();
	return head;
}

static void *counted(struct head *head, size_t size)
{
	if (!head)
		return NULL;
	*head = (struct head){ size, MAGIC };
	held += size;
	return head + 1;
}

void *malloc(size_t size)
{
	return counted(__libc_malloc(size + sizeof(struct head)), size);
}

void *calloc(size_t n, size_t size)
{
	void *p = malloc(n * size);

	return p ? memset(p, 0, n * size) : NULL;
}

void free(void *p)
{
	struct head *head;

	if (!p)
		return;
	head = head_of(p);
	held -= head->size;
	head->magic = 0;
	__libc_free(head);
}

void *realloc(void *p, size_t size)
{
	size_t old;

	if (!p)
		return malloc(size);
	old = head_of(p)->size;
	p = counted(__libc_realloc(head_of(p), size + sizeof(struct head)),
		    size);
	if (p)
		held -= old;
	return p;
}

ssize_t write(int fd, const void *text, size_t size)
{
	char line[256];
	int length;

	if (fd != STDOUT_FILENO || !size)
		return syscall(SYS_write, fd, text, size);
	length = snprintf(line, sizeof(line), "%.*s held %zu\n", (int)size - 1,
			  (const char *)text, (size_t)held);
	return syscall(SYS_write, fd, line, (size_t)length) == length ?
		       (ssize_t)size :
		       -1;
}
