// SPDX-License-Identifier: MIT
/*
 * torture/early.c - blocks from before main(), and libraries that come and go
 *
 * Run with early_helper.c preloaded ahead of malloc's library. ARGV[1] is a
 * plugin to load and unload, which allocates in its constructors.
 */
#include <locale.h>
#include <pthread.h>

#include "support/program.h"

void *early_block(int which) __attribute__((weak));
void *early_resolved(void) __attribute__((weak));

static char *mine;

__attribute__((constructor(101))) static void first(void)
{
	mine = malloc(3000);
	fill(mine, 3000, 8);
}

/* Blocks of constructors, grown and freed in main. Expect their contents. */
static void from_constructors(void)
{
	static const size_t sizes[4] = { 40, 50000, 5 << 20, 1000 };
	char *p;
	int i;

	CHECK(verify(mine, 3000, 8) == 3000, "own constructor's block");
	mine = realloc(mine, 300000);
	CHECK(verify(mine, 3000, 8) == 3000, "after realloc");
	free(mine);
	REQUIRE(early_block, "early_helper is not preloaded");
	CHECK(early_resolved() == early_block(3), "indirect function");
	for (i = 0; i < 4; i++) {
		p = early_block(i);
		REQUIRE(p, "constructor's malloc %d failed", i);
		CHECK(p[0] == i + 1 && p[sizes[i] - 1] == i + 1, "block %d", i);
		CHECK(malloc_usable_size(p) >= sizes[i], "block %d", i);
		p = realloc(p, sizes[i] + 10000);
		CHECK(p && p[sizes[i] - 1] == i + 1, "block %d", i);
		free(p);
	}
}

/* Memory that libc itself got early is resized by libc. Expect no abort. */
static void libc_early_blocks(void)
{
	char name[32];
	int i;

	for (i = 0; i < 2000; i++) {
		snprintf(name, sizeof(name), "EARLY_%d", i);
		setenv(name, "a value of some length", 1);
	}
	for (i = 0; i < 2000; i++) {
		snprintf(name, sizeof(name), "EARLY_%d", i);
		CHECK(getenv(name), "%s", name);
		unsetenv(name);
	}
	setlocale(LC_ALL, "C.UTF-8");
	setlocale(LC_ALL, "C");
}

/*
 * The first thread's dtv, which ld.so allocates before it has heard of us: what
 * it got is the address in the thread's control block less the first entry.
 */
static void *loader_block(void)
{
	char *dtv = ((char **)__builtin_thread_pointer())[1];

	return dtv - 2 * sizeof(void *);
}

/* A block of ld.so's early heap. Expect free to leave it alone, realloc to copy
 * it, and nothing else to come of it. */
static void loader_heap(void)
{
	uintptr_t *p = loader_block(), was = *p, *q;

	CHECK(was > 0 && was < 10000, "no length of a dtv: %zu", (size_t)was);
	errno = ERRNO_MARK;
	free(p);
	CHECK(errno == ERRNO_MARK, "errno %d", errno);
	CHECK(*p == was, "free wrote to it");
	CHECK(malloc_usable_size(p) == 0, "%zu", malloc_usable_size(p));
	q = realloc(p, 100);
	CHECK(q && q != p && *q == was && *p == was, "realloc: %p", (void *)q);
	CHECK(malloc_usable_size(q) >= 100, "%zu", malloc_usable_size(q));
	free(q);
}

static const char *plugin;

static void *load(void *arg)
{
	void *(*get)(size_t);
	void *h, *p;
	int i;

	for (i = 0; i < 100; i++) {
		h = dlopen(plugin, RTLD_NOW | (i % 2 ? RTLD_LOCAL : 0));
		REQUIRE(h, "%s", dlerror());
		get = (void *(*)(size_t))dlsym(h, "plugin_get");
		p = get(1000 + (size_t)i * 100);
		dlclose(h);
		memset(p, 1, 1000);
		free(p);
		CHECK(!dlsym(RTLD_DEFAULT, "no_such_symbol"), "there is");
		dlerror();
	}
	return arg;
}

/* A plugin loaded and unloaded by four threads. Expect its blocks to live. */
static void plugins(void)
{
	pthread_t t[4];
	int i;

	REQUIRE(plugin, "usage: plugin");
	for (i = 0; i < 4; i++)
		pthread_create(&t[i], NULL, load, NULL);
	for (i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
}

/* dlclose of malloc's own library. Expect it to stay. */
static void never_unloaded(void)
{
	const char *lib = getenv("KTEST_LIB");
	char *p = malloc(1000);
	void *h = lib ? dlopen(lib, RTLD_NOW | RTLD_NOLOAD) : NULL;
	Dl_info info;
	int i;

	if (!h && dladdr(dlsym(RTLD_DEFAULT, "malloc"), &info))
		h = dlopen(info.dli_fname, RTLD_NOW);
	REQUIRE(h, "%s", dlerror());
	for (i = 0; i < 3; i++)
		dlclose(h);
	p = realloc(p, 100000);
	CHECK(p, "malloc is gone");
	free(p);
}

int main(int argc, char **argv)
{
	static const struct kt_case cases[] = {
		{ "from_constructors", from_constructors },
		{ "libc_early_blocks", libc_early_blocks },
		{ "loader_heap", loader_heap },
		{ "plugins", plugins },
		{ "never_unloaded", never_unloaded },
	};

	plugin = argc > 1 ? argv[1] : NULL;
	return kt_run(cases, ARRAY_SIZE(cases), 1, argv);
}
