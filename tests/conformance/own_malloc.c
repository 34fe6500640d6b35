// SPDX-License-Identifier: MIT
/*
 * conformance/own_malloc.c - a program that brings malloc, free, calloc,
 * realloc
 *
 * They stand in front of the library, which still has all the other names.
 * Expect each of those to work on the program's blocks, as libc's would: a
 * block never begins in one allocator and ends in the other.
 */
#include "support/program.h"

#define MAGIC 0x6f776e206d616c6cUL
#define POOL (64 * MIB)

/* In front of every block. */
struct head {
	uint64_t magic;
	size_t size;
};

static _Alignas(16) char pool[POOL];
static size_t used;
static long live;

static struct head *head_of(void *p)
{
	struct head *head = (struct head *)p - 1;

	if ((char *)p < pool || (char *)p >= pool + POOL ||
	    head->magic != MAGIC) {
		dprintf(2, "%p is not a block of the program\n", p);
		_exit(1);
	}
	return head;
}

void *malloc(size_t size)
{
	struct head *head = (struct head *)(pool + used);

	if (size > POOL - used - 64) {
		errno = ENOMEM;
		return NULL;
	}
	used += sizeof(*head) + (size + 15) / 16 * 16;
	*head = (struct head){ MAGIC, size };
	live++;
	return head + 1;
}

void free(void *p)
{
	if (!p)
		return;
	head_of(p)->magic = 0;
	live--;
}

void *calloc(size_t n, size_t size)
{
	void *p = malloc(n * size);

	return p ? memset(p, 0, n * size) : NULL;
}

void *realloc(void *p, size_t size)
{
	void *q = malloc(size);
	size_t old = p ? head_of(p)->size : 0;

	if (!q)
		return NULL;
	memcpy(q, p, old < size ? old : size);
	free(p);
	return q;
}

/* A function of the library's that this program has not. */
static void *find(const char *name)
{
	void *sym = dlsym(RTLD_DEFAULT, name);

	REQUIRE(sym, "%s is not exported", name);
	return sym;
}

/* A block that the library gave. Expect it to be the program's, and alone. */
static void *mine(void *p, long before)
{
	head_of(p);
	CHECK(live == before + 1, "%ld blocks, %ld before", live, before);
	return p;
}

/* The calls that resize and free. Expect the program's functions under them. */
static void resize(void)
{
	void *(*f)(void *,
		   size_t) = (void *(*)(void *, size_t))find("reallocf");
	int (*carr)(void *, size_t, size_t) =
		(int (*)(void *, size_t, size_t))find("reallocarr");
	void *(*rec)(void *, size_t, size_t,
		     size_t) = (void *(*)(void *, size_t, size_t,
					  size_t))find("recallocarray");
	long before = live;
	void *p = malloc(100);

	fill(p, 100, 1);
	p = mine(reallocarray(p, 50, 8), before);
	p = mine(f(p, 1000), before);
	CHECK(!carr(&p, 300, 8), "reallocarr");
	mine(p, before);
	p = mine(rec(p, 300, 400, 8), before);
	CHECK(verify(p, 96, 1) == 96, "contents lost");
	free(p);
	free(mine(reallocarray(NULL, 3, 8), before));
	CHECK(live == before, "%ld blocks left", live - before);
}

/* The calls that free and no more. Expect the program's free. */
static void release(void)
{
	void (*sized)(void *,
		      size_t) = (void (*)(void *, size_t))find("free_sized");
	void (*both)(void *, size_t, size_t) =
		(void (*)(void *, size_t, size_t))find("free_aligned_sized");
	void (*zero)(void *,
		     size_t) = (void (*)(void *, size_t))find("freezero");
	void (*old)(void *) = (void (*)(void *))find("cfree");
	long before = live;

	sized(malloc(100), 100);
	both(malloc(100), 16, 100);
	zero(malloc(100), 100);
	old(malloc(100));
	CHECK(live == before, "%ld blocks left", live - before);
}

/* The operators of C++. Expect them on the program's malloc and free. */
static void operators(void)
{
	static const char *const news[] = { "_Znwm", "_Znam",
					    "_ZnwmRKSt9nothrow_t",
					    "_ZnamRKSt9nothrow_t" };
	static const char *const deletes[] = { "_ZdlPv",
					       "_ZdaPv",
					       "_ZdlPvm",
					       "_ZdaPvm",
					       "_ZdlPvRKSt9nothrow_t",
					       "_ZdaPvRKSt9nothrow_t" };
	long before = live;
	size_t n, d;

	for (n = 0; n < ARRAY_SIZE(news); n++)
		for (d = 0; d < ARRAY_SIZE(deletes); d++) {
			void *(*new)(size_t, const void *) =
				(void *(*)(size_t, const void *))find(news[n]);
			void (*delete)(void *, size_t) =
				(void (*)(void *, size_t))find(deletes[d]);

			delete (mine(new (100, ""), before), 100);
			free(mine(new (100, ""), before));
			delete (malloc(100), 100);
		}
	CHECK(live == before, "%ld blocks left", live - before);
}

/* There are two: what ours calls its own is served by it still. */
static void inner_names(void)
{
	void *(*inner)(size_t) = (void *(*)(size_t))find("__libc_malloc");
	void (*inner_free)(void *) = (void (*)(void *))find("__libc_free");
	const char *want = getenv("KTEST_LIB");
	long before = live;
	Dl_info info;
	void *p = inner(100);

	CHECK(!want || (dladdr((void *)inner, &info) &&
			strstr(info.dli_fname, want)),
	      "not the library");
	CHECK(p && live == before, "not the library's own block");
	inner_free(p);
}

int main(int argc, char **argv)
{
	static const struct kt_case cases[] = {
		{ "resize", resize },
		{ "release", release },
		{ "operators", operators },
		{ "inner_names", inner_names },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++)
		if (argc < 2 || !strcmp(argv[1], cases[i].name))
			cases[i].run();
	return check_status();
}
