// SPDX-License-Identifier: MIT
/*
 * misuse/foreign.c - a block of the next allocator, that of libc, given to ours
 *
 * Its malloc is found past ours. Expect what foreign= asks for: by default,
 * served.
 */
#include "misuse.h"

typedef struct mallinfo2 info_fn(void);

/* Past the sizes that libc keeps in its cache and goes on calling used. */
static const size_t n = 20000;

/* What foreign=forward promises of @how, and the block freed in the end. */
static void forwarded(const char *how, char *p, size_t their_usable)
{
	if (!strcmp(how, "usable")) {
		CHECK(malloc_usable_size(p) == their_usable, "%zu, not %zu",
		      malloc_usable_size(p), their_usable);
	} else if (!strcmp(how, "realloc")) {
		p = realloc(p, 50000);
		CHECK(p && verify(p, n, 1) == n, "contents lost");
	}
	free(p);
}

int main(int argc, char **argv)
{
	void *libc = dlopen("libc.so.6", RTLD_NOW | RTLD_LOCAL);
	void *(*their_malloc)(size_t) = dlsym(libc, "malloc");
	size_t (*their_usable)(void *) = dlsym(libc, "malloc_usable_size");
	info_fn *info = (info_fn *)dlsym(libc, "mallinfo2");
	size_t before, after;
	char *p;

	REQUIRE(argc == 3, "usage: how forward|leak|abort");
	kt_prove_library();
	hide(their_malloc(n)); /* libc sets itself up */
	before = info().uordblks;
	p = hide(their_malloc(n));
	fill(p, n, 1);
	CHECK(info().uordblks >= before + n, "libc did not serve it");
	if (!strcmp(argv[2], "forward"))
		forwarded(argv[1], p, their_usable(p));
	else
		commit(argv[1], p);
	after = info().uordblks;
	if (!strcmp(argv[2], "abort"))
		return MISSED;
	if (!strcmp(argv[2], "forward"))
		CHECK(after <= before, "%zu -> %zu: not freed", before, after);
	else
		CHECK(after >= before + n, "%zu -> %zu: freed", before, after);
	free(malloc(100));
	return check_status();
}
