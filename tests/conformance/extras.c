// SPDX-License-Identifier: MIT
/*
 * conformance/extras.c - extensions of other systems, where they are exported
 *
 * Each is looked up at run time and held to the manual of the system that it
 * comes from; one that is not exported is passed over, and said so.
 */
#include "support/program.h"

static const size_t sizes[] = { 1, 100, 5000, 100000, 6 * MIB };

static size_t in_use(void)
{
	return mallinfo2().uordblks + mallinfo2().hblkhd;
}

static void *find(const char *name)
{
	void *sym = dlsym(RTLD_DEFAULT, name);

	if (!sym)
		printf("%s is not exported: not tested\n", name);
	return sym;
}

/* FreeBSD reallocf that fails. Expect NULL, ENOMEM, the old block freed. */
static void reallocf_(void)
{
	void *(*fn)(void *, size_t) = find("reallocf");
	size_t before;
	char *p;
	int i;

	if (!fn)
		return;
	p = fn(malloc(100), 5000);
	REQUIRE(p, "reallocf to 5000");
	free(p);
	before = in_use();
	for (i = 0; i < 100; i++) {
		p = malloc(200 * KIB);
		errno = 0;
		p = fn(p, hide_size(SIZE_MAX / 2));
		CHECK(!p && errno == ENOMEM, "%p errno %d", (void *)p, errno);
	}
	CHECK(in_use() < before + 50 * 200 * KIB, "%zu -> %zu: not freed",
	      before, in_use());
}

/* NetBSD reallocarr. Expect 0 and *p changed, or an error and *p kept. */
static void reallocarr_(void)
{
	int (*fn)(void *, size_t, size_t) = find("reallocarr");
	char *p = NULL, *old;
	int r;

	if (!fn)
		return;
	errno = ERRNO_MARK;
	r = fn(&p, 10, 10);
	REQUIRE(r == 0 && p, "%d %p", r, (void *)p);
	fill(p, 100, 1);
	CHECK(fn(&p, 1000, 100) == 0 && verify(p, 96, 1) == 96, "growth");
	old = p;
	r = fn(&p, hide_size(1UL << 33), 1UL << 33);
	CHECK(r == ENOMEM || r == EOVERFLOW, "overflow gave %d", r);
	CHECK(p == old && verify(p, 96, 1) == 96, "block not kept");
	CHECK(fn(&p, 10, hide_size(0)) == 0 && !p, "0 bytes: %p", (void *)p);
	CHECK(errno == ERRNO_MARK, "errno %d", errno);
}

/* Darwin malloc_size and malloc_good_size. Expect what malloc really gives. */
static void darwin_sizes(void)
{
	size_t (*size)(const void *) = find("malloc_size");
	size_t (*good)(size_t) = find("malloc_good_size");
	size_t n;

	for (n = 1; n < 10 * MIB; n = n * 5 / 4 + 1) {
		void *p = malloc(n);
		size_t u = malloc_usable_size(p);

		if (size)
			CHECK(size(p) == u, "malloc_size %zu, %zu", size(p), u);
		if (good) {
			CHECK(good(n) >= n, "good_size(%zu) = %zu", n, good(n));
			CHECK(good(n) <= u, "good_size(%zu) = %zu > usable %zu",
			      n, good(n), u);
		}
		free(p);
	}
	if (size)
		CHECK(size(NULL) == 0, "malloc_size(NULL)");
}

/* Windows _aligned_malloc(size, alignment). Expect it aligned, or EINVAL. */
static void aligned_malloc(void)
{
	void *(*fn)(size_t, size_t) = find("_aligned_malloc");
	size_t a, i;
	void *p;

	if (!fn)
		return;
	for (a = 16; a <= MIB; a *= 2) {
		for (i = 0; i < ARRAY_SIZE(sizes); i++) {
			p = fn(sizes[i], a);
			CHECK(p && (uintptr_t)p % a == 0, "%zu: %p", a, p);
			memset(p, 1, sizes[i]);
			free(p);
		}
	}
	errno = 0;
	p = fn(16, hide_size(24));
	CHECK(!p && errno == EINVAL, "%p errno %d", p, errno);
}

/* OpenBSD recallocarray. Expect the new part zero, errors as its manual. */
static void recallocarray_(void)
{
	void *(*fn)(void *, size_t, size_t, size_t) = find("recallocarray");
	size_t i, n;
	char *p, *q;

	if (!fn)
		return;
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		n = sizes[i];
		free(memset(malloc(3 * n), 0x55, 3 * n));
		p = fn(NULL, 0, n, 1);
		REQUIRE(p, "recallocarray(NULL)");
		CHECK(first_nonzero(p, n) == n, "not zero");
		fill(p, n, i);
		p = fn(p, n, 3 * n, 1);
		REQUIRE(p, "recallocarray");
		CHECK(verify(p, n & ~7UL, i) == (n & ~7UL), "data of %zu", n);
		CHECK(first_nonzero(p + n, 2 * n) == 2 * n, "tail of %zu", n);
		p = fn(p, 3 * n, n / 2 + 1, 1);
		p = fn(p, n / 2 + 1, 3 * n, 1);
		CHECK(first_nonzero(p + n / 2 + 1, 3 * n - n / 2 - 1) ==
			      3 * n - n / 2 - 1,
		      "shrunk and regrown %zu", n);
		free(p);
	}
	p = malloc(100);
	errno = 0;
	q = fn(p, 1, hide_size(1UL << 33), 1UL << 33);
	CHECK(!q && errno == ENOMEM, "new overflows: errno %d", errno);
	q = fn(p, hide_size(1UL << 33), 1, 1UL << 33);
	CHECK(!q && errno == EINVAL, "old overflows: errno %d", errno);
	free(p);
}

/* OpenBSD freezero. Expect it to free; NULL is fine. */
static void freezero_(void)
{
	void (*fn)(void *, size_t) = find("freezero");
	size_t before = in_use();
	int i;

	if (!fn)
		return;
	fn(NULL, 10);
	for (i = 0; i < 100; i++) {
		char *p = malloc(200 * KIB);

		memset(p, 1, 200 * KIB);
		fn(p, 200 * KIB);
	}
	fn(malloc(100), 100);
	CHECK(in_use() < before + 50 * 200 * KIB, "not freed");
}

/* jemalloc nallocx and sdallocx. Expect true sizes, aligned by lg. */
static void jemalloc_calls(void)
{
	size_t (*nalloc)(size_t, int) = find("nallocx");
	void (*sdalloc)(void *, size_t, int) = find("sdallocx");
	size_t before = in_use(), i;
	int k;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		if (nalloc) {
			void *p = malloc(sizes[i]);

			CHECK(nalloc(sizes[i], 0) >= sizes[i], "too small");
			CHECK(nalloc(sizes[i], 0) <= malloc_usable_size(p),
			      "nallocx(%zu) = %zu, usable %zu", sizes[i],
			      nalloc(sizes[i], 0), malloc_usable_size(p));
			CHECK(nalloc(sizes[i], 12) >= sizes[i], "too small");
			free(p);
		}
		for (k = 0; k < 20 && sdalloc; k++) {
			sdalloc(malloc(sizes[i]), sizes[i], 0);
			sdalloc(aligned_alloc(4096, sizes[i]), sizes[i], 12);
		}
	}
	if (nalloc)
		CHECK(nalloc(hide_size(SIZE_MAX), 0) == 0, "SIZE_MAX");
	CHECK(in_use() < before + 60 * MIB, "sdallocx does not free");
}

/* hardened_malloc malloc_object_size. Expect a bound that holds. */
static void object_size(void)
{
	size_t (*fn)(const void *) = find("malloc_object_size");
	size_t i, n;

	if (!fn)
		return;
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		void *p = malloc(sizes[i]);

		n = fn(p);
		CHECK(n >= sizes[i], "size %zu: %zu", sizes[i], n);
		free(p);
	}
	CHECK(fn(NULL) == 0, "NULL: %zu", fn(NULL));
}

struct sized {
	void *ptr;
	size_t size;
};

/* tcmalloc's at_least calls. Expect the size told to be usable. */
static void at_least(void)
{
	struct sized (*fn)(size_t) = find("alloc_at_least");
	struct sized (*al)(size_t, size_t) = find("aligned_alloc_at_least");
	struct sized s;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		if (fn) {
			s = fn(sizes[i]);
			REQUIRE(s.ptr, "alloc_at_least(%zu)", sizes[i]);
			CHECK(s.size >= sizes[i] &&
				      s.size <= malloc_usable_size(s.ptr),
			      "%zu: %zu", sizes[i], s.size);
			memset(s.ptr, 1, s.size);
			free(s.ptr);
		}
		if (al) {
			s = al(1024, sizes[i]);
			REQUIRE(s.ptr, "aligned_alloc_at_least");
			CHECK((uintptr_t)s.ptr % 1024 == 0, "%p", s.ptr);
			CHECK(s.size >= sizes[i], "%zu", s.size);
			memset(s.ptr, 1, s.size);
			free(s.ptr);
		}
	}
}

int main(int argc, char **argv)
{
	static const struct kt_case cases[] = {
		{ "reallocf", reallocf_ },
		{ "reallocarr", reallocarr_ },
		{ "darwin_sizes", darwin_sizes },
		{ "aligned_malloc", aligned_malloc },
		{ "recallocarray", recallocarray_ },
		{ "freezero", freezero_ },
		{ "jemalloc_calls", jemalloc_calls },
		{ "object_size", object_size },
		{ "at_least", at_least },
	};

	return kt_run(cases, ARRAY_SIZE(cases), argc, argv);
}
