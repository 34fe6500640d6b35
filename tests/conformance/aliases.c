// SPDX-License-Identifier: MIT
/*
 * conformance/aliases.c - the other names of malloc and free are the same heap
 *
 * Every name is looked up at run time. The names of the malloc family must be
 * there; a block got by one name is freed by another.
 */
#include "support/program.h"

typedef void *alloc_fn(size_t n);
typedef void *alloc2_fn(size_t a, size_t n);
typedef void free_fn(void *p);

static void *must(const char *name)
{
	void *sym = dlsym(RTLD_DEFAULT, name);
	const char *want = getenv("KTEST_LIB");
	Dl_info info;

	CHECK(sym, "%s is not there", name);
	if (sym && want && dladdr(sym, &info))
		CHECK(strstr(info.dli_fname, want), "%s comes from %s", name,
		      info.dli_fname);
	return sym;
}

/* Each name of the family. Expect it served by the library. */
static void all_present(void)
{
	static const char *const names[] = {
		"malloc",
		"free",
		"calloc",
		"realloc",
		"reallocarray",
		"posix_memalign",
		"aligned_alloc",
		"memalign",
		"valloc",
		"pvalloc",
		"malloc_usable_size",
		"malloc_trim",
		"mallinfo",
		"mallinfo2",
		"mallopt",
		"malloc_info",
		"malloc_stats",
		"__libc_malloc",
		"__libc_free",
		"__libc_calloc",
		"__libc_realloc",
		"__libc_memalign",
		"__libc_valloc",
		"__libc_pvalloc",
		"__libc_mallinfo",
		"__libc_mallopt",
	};
	static const char *const ours[] = { "cfree", "free_sized",
					    "free_aligned_sized",
					    "__libc_cfree",
					    "__posix_memalign" };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		must(names[i]);
	for (i = 0; i < ARRAY_SIZE(ours) && getenv("KTEST_LIB"); i++)
		must(ours[i]);
}

/* __libc_ blocks through the plain names and back. Expect one heap. */
static void one_heap(void)
{
	void *(*lc_realloc)(void *, size_t) = must("__libc_realloc");
	alloc2_fn *lc_memalign = must("__libc_memalign");
	alloc2_fn *lc_calloc = must("__libc_calloc");
	alloc_fn *lc_malloc = must("__libc_malloc");
	free_fn *lc_free = must("__libc_free");
	static const size_t sizes[] = { 1, 100, 5000, 100000, 6 * MIB };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		void *p = lc_malloc(sizes[i]), *q = malloc(sizes[i]);
		char *z = lc_calloc(1, sizes[i]);

		REQUIRE(p && q && z, "size %zu", sizes[i]);
		CHECK(malloc_usable_size(p) == malloc_usable_size(q),
		      "%zu: %zu and %zu", sizes[i], malloc_usable_size(p),
		      malloc_usable_size(q));
		CHECK(first_nonzero(z, sizes[i]) == sizes[i], "not zero");
		fill(p, sizes[i], 1);
		p = realloc(p, sizes[i] * 2);
		CHECK(verify(p, sizes[i] & ~7UL, 1) == (sizes[i] & ~7UL), " ");
		q = lc_realloc(q, sizes[i] * 3);
		free(p);
		lc_free(q);
		free(z);
		p = lc_memalign(4096, sizes[i]);
		CHECK(p && (uintptr_t)p % 4096 == 0, "%p", p);
		free(p);
	}
}

/* __libc_valloc, __libc_pvalloc, __posix_memalign. Expect aligned blocks. */
static void aligned_aliases(void)
{
	int (*pm)(void **, size_t, size_t) = dlsym(NULL, "__posix_memalign");
	alloc_fn *valloc_ = must("__libc_valloc");
	alloc_fn *pvalloc_ = must("__libc_pvalloc");
	void *p = valloc_(100), *q = pvalloc_(100);

	CHECK((uintptr_t)p % 4096 == 0 && (uintptr_t)q % 4096 == 0, "%p %p", p,
	      q);
	free(p);
	free(q);
	if (pm) {
		CHECK(pm(&p, 256, 10) == 0 && (uintptr_t)p % 256 == 0, "%p", p);
		free(p);
	}
}

/* The ways to free, by size kind. Expect the memory to come back. */
static void ways_to_free(void)
{
	void (*sized)(void *, size_t) = dlsym(NULL, "free_sized");
	void (*al_sized)(void *, size_t, size_t) = dlsym(NULL,
							 "free_aligned_sized");
	free_fn *cfree_ = dlsym(NULL, "cfree");
	static const size_t sizes[] = { 1, 100, 5000, 100000, 6 * MIB };
	size_t before = mallinfo2().uordblks + mallinfo2().hblkhd, after, i;
	int k;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		for (k = 0; k < 20; k++) {
			errno = ERRNO_MARK;
			if (sized)
				sized(malloc(sizes[i]), sizes[i]);
			if (al_sized)
				al_sized(aligned_alloc(64, sizes[i]), 64,
					 sizes[i]);
			if (cfree_)
				cfree_(malloc(sizes[i]));
			CHECK(errno == ERRNO_MARK, "errno %d", errno);
		}
	}
	if (sized)
		sized(NULL, 10);
	if (al_sized)
		al_sized(NULL, 64, 10);
	after = mallinfo2().uordblks + mallinfo2().hblkhd;
	CHECK(after < before + 8 * MIB, "%zu -> %zu", before, after);
}

int main(int argc, char **argv)
{
	static const struct kt_case cases[] = {
		{ "all_present", all_present },
		{ "one_heap", one_heap },
		{ "aligned_aliases", aligned_aliases },
		{ "ways_to_free", ways_to_free },
	};

	return kt_run(cases, ARRAY_SIZE(cases), argc, argv);
}
