// SPDX-License-Identifier: MIT
/*
 * torture/start.c - each exported function, with an engine and without one
 *
 *	start list		the names, one a line
 *	start NAME|all [early]	call it, or all in turn; early: from the
 *				program's preinit array, which runs before any
 *				constructor, ours too
 *	start lift		lift RLIMIT_AS: malloc must work from then on
 *	start retry		malloc must work in the end, after at least one
 *				NULL
 *
 * What the calls return is not looked at, but for this: what is given may be
 * written, and a NULL comes with ENOMEM. The caller of this program looks at
 * how it ends. Names that the library may lack are weak here.
 */
#define KT_STATIC
#include <stdbool.h>
#include <stddef.h>
#include <sys/resource.h>

#include "support/program.h"

#define WEAK __attribute__((weak))

void free_sized(void *p, size_t size) WEAK;
void free_aligned_sized(void *p, size_t align, size_t size) WEAK;
void cfree(void *p) WEAK;
void *malloc_get_state(void) WEAK;
int malloc_set_state(void *state) WEAK;
void *__libc_malloc(size_t size) WEAK;
void __libc_free(void *p) WEAK;
void *__libc_calloc(size_t n, size_t size) WEAK;
void *__libc_realloc(void *p, size_t size) WEAK;
void *__libc_memalign(size_t align, size_t size) WEAK;
void *__libc_valloc(size_t size) WEAK;
void *__libc_pvalloc(size_t size) WEAK;
void __libc_cfree(void *p) WEAK;
struct mallinfo __libc_mallinfo(void) WEAK;
int __libc_mallopt(int param, int value) WEAK;
int __posix_memalign(void **out, size_t align, size_t size) WEAK;
void *reallocf(void *p, size_t size) WEAK;
int reallocarr(void *p, size_t n, size_t size) WEAK;
size_t malloc_size(const void *p) WEAK;
size_t malloc_good_size(size_t size) WEAK;
void *_aligned_malloc(size_t size, size_t align) WEAK;
void *recallocarray(void *p, size_t old_n, size_t n, size_t size) WEAK;
void freezero(void *p, size_t size) WEAK;
size_t nallocx(size_t size, int flags) WEAK;
void sdallocx(void *p, size_t size, int flags) WEAK;
size_t malloc_object_size(const void *p) WEAK;
struct sized_ptr {
	void *ptr;
	size_t size;
};
struct sized_ptr alloc_at_least(size_t size) WEAK;
struct sized_ptr aligned_alloc_at_least(size_t align, size_t size) WEAK;
/* operator new and delete: basic, and nothrow */
void *_Znwm(size_t size) WEAK;
void *_Znam(size_t size) WEAK;
void *_ZnwmSt11align_val_t(size_t size, size_t align) WEAK;
void *_ZnwmRKSt9nothrow_t(size_t size, const void *tag) WEAK;
void *_ZnamRKSt9nothrow_t(size_t size, const void *tag) WEAK;
void _ZdlPv(void *p) WEAK;
void _ZdaPv(void *p) WEAK;
void _ZdlPvm(void *p, size_t size) WEAK;
void _ZdlPvSt11align_val_t(void *p, size_t align) WEAK;

/* Write to what was given, and give it back. */
static void use(void *p, size_t n)
{
	if (!p)
		CHECK(errno == ENOMEM, "NULL with errno %d", errno);
	else
		memset(p, 1, n);
	free(p);
	errno = 0;
}

/* ---- one function each --------------------------------------------------- */

static void call_malloc(void)
{
	use(malloc(100), 100);
	use(malloc(100000), 100000);
	use(malloc(6 * MIB), 6 * MIB);
}

static void call_free(void)
{
	free(NULL);
	free(malloc(1));
}

static void call_calloc(void)
{
	use(calloc(1, 100), 100);
	use(calloc(7, 100000), 700000);
}

static void call_realloc(void)
{
	use(realloc(NULL, 100), 100);
	use(realloc(realloc(NULL, 100), 100000), 100000);
}

static void call_reallocarray(void)
{
	use(reallocarray(NULL, 10, 100), 1000);
}

/* One that returns its error and leaves errno alone. */
static void posix(int (*fn)(void **, size_t, size_t), size_t align)
{
	void *p = NULL;
	int ret = fn(&p, align, 100);

	CHECK(ret == 0 || ret == ENOMEM, "it returned %d", ret);
	free(p);
}

static void call_posix_memalign(void)
{
	posix(posix_memalign, 64);
	posix(posix_memalign, 8 * MIB);
}

static void call_aligned_alloc(void)
{
	use(aligned_alloc(4096, 100), 100);
}

static void call_memalign(void)
{
	use(memalign(8, 100), 100);
	use(memalign(1 << 20, 100), 100);
}

static void call_valloc(void)
{
	use(valloc(100), 100);
}

static void call_pvalloc(void)
{
	use(pvalloc(100), 4096);
}

static void call_cfree(void)
{
	cfree(malloc(1));
	cfree(NULL);
}

static void call_free_sized(void)
{
	free_sized(malloc(100), 100);
	free_sized(NULL, 100);
}

static void call_free_aligned_sized(void)
{
	free_aligned_sized(aligned_alloc(64, 100), 64, 100);
}

static void call_malloc_usable_size(void)
{
	void *p = malloc(100);

	CHECK(malloc_usable_size(p) >= (p ? 100 : 0), "too small");
	free(p);
}

static void call_malloc_trim(void)
{
	malloc_trim(0);
}

static void call_mallinfo(void)
{
	mallinfo();
}

static void call_mallinfo2(void)
{
	mallinfo2();
}

static void call_mallopt(void)
{
	mallopt(M_MMAP_THRESHOLD, 1 << 20);
}

static void call_malloc_info(void)
{
	malloc_info(0, stdout);
}

static void call_malloc_stats(void)
{
	malloc_stats();
}

static void call_malloc_get_state(void)
{
	free(malloc_get_state());
}

static void call_malloc_set_state(void)
{
	malloc_set_state(NULL);
}

static void call___libc_malloc(void)
{
	use(__libc_malloc(100), 100);
}

static void call___libc_free(void)
{
	__libc_free(malloc(100));
}

static void call___libc_calloc(void)
{
	use(__libc_calloc(1, 100), 100);
}

static void call___libc_realloc(void)
{
	use(__libc_realloc(NULL, 100), 100);
}

static void call___libc_memalign(void)
{
	use(__libc_memalign(64, 100), 100);
}

static void call___libc_valloc(void)
{
	use(__libc_valloc(100), 100);
}

static void call___libc_pvalloc(void)
{
	use(__libc_pvalloc(100), 100);
}

static void call___libc_cfree(void)
{
	__libc_cfree(malloc(100));
}

static void call___libc_mallinfo(void)
{
	__libc_mallinfo();
}

static void call___libc_mallopt(void)
{
	__libc_mallopt(M_MXFAST, 64);
}

static void call___posix_memalign(void)
{
	posix(__posix_memalign, 64);
}

static void call_reallocf(void)
{
	use(reallocf(malloc(10), 100), 100);
}

static void call_reallocarr(void)
{
	void *p = NULL;

	reallocarr(&p, 10, 10);
	free(p);
}

static void call_malloc_size(void)
{
	malloc_size(NULL);
}

static void call_malloc_good_size(void)
{
	CHECK(malloc_good_size(100) >= 100, "too small");
	CHECK(malloc_good_size(100000) >= 100000, "too small");
}

static void call__aligned_malloc(void)
{
	use(_aligned_malloc(100, 64), 100);
}

static void call_recallocarray(void)
{
	use(recallocarray(NULL, 0, 10, 10), 100);
}

static void call_freezero(void)
{
	freezero(malloc(100), 100);
	freezero(NULL, 100);
}

static void call_nallocx(void)
{
	CHECK(nallocx(100, 0) >= 100, "too small");
}

static void call_sdallocx(void)
{
	void *p = malloc(100);

	if (p)
		sdallocx(p, 100, 0);
}

static void call_malloc_object_size(void)
{
	int x;

	malloc_object_size(NULL);
	malloc_object_size(&x);
}

static void call_alloc_at_least(void)
{
	struct sized_ptr p = alloc_at_least(100);

	use(p.ptr, p.size);
}

static void call_aligned_alloc_at_least(void)
{
	struct sized_ptr p = aligned_alloc_at_least(64, 100);

	use(p.ptr, p.size);
}

static void call_new(void)
{
	_ZdlPv(_Znwm(100));
	_ZdaPv(_Znam(100000));
	_ZdlPvm(_Znwm(10), 10);
	_ZdlPvSt11align_val_t(_ZnwmSt11align_val_t(100, 64), 64);
}

static void call_new_nothrow(void)
{
	char tag = 0;

	use(_ZnwmRKSt9nothrow_t(100, &tag), 100);
	use(_ZnamRKSt9nothrow_t(100000, &tag), 100000);
	_ZdlPv(NULL);
}

/* ---- the table ----------------------------------------------------------- */

enum { NEEDS_MEMORY = 1 };

#define CALL(name)                                          \
	{                                                   \
#name, (void (*)(void))name, call_##name, 0 \
	}

static const struct {
	const char *name;
	void (*there)(void); /* NULL: the library has none */
	void (*run)(void);
	unsigned int flags;
} calls[] = {
	CALL(malloc),
	CALL(free),
	CALL(calloc),
	CALL(realloc),
	CALL(reallocarray),
	CALL(posix_memalign),
	CALL(aligned_alloc),
	CALL(memalign),
	CALL(valloc),
	CALL(pvalloc),
	CALL(cfree),
	CALL(free_sized),
	CALL(free_aligned_sized),
	CALL(malloc_usable_size),
	CALL(malloc_trim),
	CALL(mallinfo),
	CALL(mallinfo2),
	CALL(mallopt),
	CALL(malloc_info),
	CALL(malloc_stats),
	CALL(malloc_get_state),
	CALL(malloc_set_state),
	CALL(__libc_malloc),
	CALL(__libc_free),
	CALL(__libc_calloc),
	CALL(__libc_realloc),
	CALL(__libc_memalign),
	CALL(__libc_valloc),
	CALL(__libc_pvalloc),
	CALL(__libc_cfree),
	CALL(__libc_mallinfo),
	CALL(__libc_mallopt),
	CALL(__posix_memalign),
	CALL(reallocf),
	CALL(reallocarr),
	CALL(malloc_size),
	CALL(malloc_good_size),
	CALL(_aligned_malloc),
	CALL(recallocarray),
	CALL(freezero),
	CALL(nallocx),
	CALL(sdallocx),
	CALL(malloc_object_size),
	CALL(alloc_at_least),
	CALL(aligned_alloc_at_least),
	{ "new", (void (*)(void))_Znwm, call_new, NEEDS_MEMORY },
	{ "new_nothrow", (void (*)(void))_ZnwmRKSt9nothrow_t, call_new_nothrow,
	  0 },
};

/* Without memory operator new ends a program that has no C++ runtime. */
static bool has_memory(void)
{
	void *p = malloc(100000);

	free(p);
	return p;
}

static int run(const char *name)
{
	int ran = 0;

	errno = 0;
	for (size_t i = 0; i < ARRAY_SIZE(calls); i++) {
		if (strcmp(name, "all") && strcmp(name, calls[i].name))
			continue;
		ran++;
		if (!calls[i].there ||
		    (calls[i].flags & NEEDS_MEMORY && !has_memory()))
			continue;
		calls[i].run();
	}
	return ran;
}

/* ---- moments ------------------------------------------------------------- */

static int ran_early;

static void early(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[2], "early"))
		ran_early = run(argv[1]);
}

__attribute__((section(".preinit_array"),
	       used)) static void (*const preinit)(int, char **) = early;

static void lift(void)
{
	struct rlimit limit;
	void *p = malloc(10);

	for (int what = 0; what < 2; what++) {
		int resource = what ? RLIMIT_AS : RLIMIT_DATA;

		getrlimit(resource, &limit);
		limit.rlim_cur = limit.rlim_max;
		setrlimit(resource, &limit);
	}
	free(p);
	p = malloc(10);
	CHECK(p, "no memory after the limit was lifted");
	free(p);
	run("all");
}

static void retry(void)
{
	int nulls = 0;
	void *p;

	while (!(p = malloc(10)) && nulls < 10000)
		nulls++;
	CHECK(p, "no memory after %d tries", nulls);
	CHECK(nulls, "the start did not fail");
	free(p);
	run("all");
}

int main(int argc, char **argv)
{
	REQUIRE(argc >= 2, "usage: start NAME|all|list|lift|retry [early]");
	if (!strcmp(argv[1], "list"))
		for (size_t i = 0; i < ARRAY_SIZE(calls); i++)
			puts(calls[i].name);
	else if (!strcmp(argv[1], "lift"))
		lift();
	else if (!strcmp(argv[1], "retry"))
		retry();
	else
		REQUIRE(ran_early || run(argv[1]), "no such call: %s", argv[1]);
	return check_status();
}
