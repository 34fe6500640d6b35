// SPDX-License-Identifier: MIT
/*
 * conformance/jemalloc.c - the calls that jemalloc adds to malloc
 *
 * Expect all seven, by the manual page jemalloc(3), on blocks that any other
 * call of the malloc family can take over.
 */
#include "support/program.h"

/* The bits of flags, as the manual page's macros put them together. */
#define LG_ALIGN(lg) (lg)
#define ZERO 0x40
#define TCACHE(n) (((n) + 2) << 8)
#define TCACHE_NONE TCACHE(-1)
#define ARENA(n) (((n) + 1) << 20)

static void *(*mallocx_)(size_t, int);
static void *(*rallocx_)(void *, size_t, int);
static size_t (*xallocx_)(void *, size_t, size_t, int);
static size_t (*sallocx_)(const void *, int);
static void (*dallocx_)(void *, int);
static void (*sdallocx_)(void *, size_t, int);
static size_t (*nallocx_)(size_t, int);

static const size_t sizes[] = { 1, 24, 100, 5000, 40000, 300000, 6 * MIB };

static void *find(const char *name)
{
	void *sym = dlsym(RTLD_DEFAULT, name);

	REQUIRE(sym, "%s is not exported", name);
	return sym;
}

static void find_all(void)
{
	mallocx_ = (void *(*)(size_t, int))find("mallocx");
	rallocx_ = (void *(*)(void *, size_t, int))find("rallocx");
	xallocx_ = (size_t(*)(void *, size_t, size_t, int))find("xallocx");
	sallocx_ = (size_t(*)(const void *, int))find("sallocx");
	dallocx_ = (void (*)(void *, int))find("dallocx");
	sdallocx_ = (void (*)(void *, size_t, int))find("sdallocx");
	nallocx_ = (size_t(*)(size_t, int))find("nallocx");
}

/* Leave blocks full of ones behind, so that zero is no accident. */
static void litter(size_t size)
{
	void *blocks[8];
	size_t i;

	for (i = 0; i < ARRAY_SIZE(blocks); i++) {
		blocks[i] = malloc(size);
		memset(blocks[i], 0xff, size);
	}
	for (i = 0; i < ARRAY_SIZE(blocks); i++)
		free(blocks[i]);
}

/* Every size and alignment, taken here, freed there. Expect them aligned. */
static void families(void)
{
	size_t i;
	int lg;

	for (i = 0; i < ARRAY_SIZE(sizes); i++)
		for (lg = 0; lg <= 20; lg++) {
			size_t n = sizes[i], mask = (1UL << lg) - 1;
			char *p = mallocx_(n, LG_ALIGN(lg) | TCACHE_NONE);

			REQUIRE(p, "mallocx(%zu)", n);
			CHECK(!((uintptr_t)p & mask & ~15UL), "alignment");
			CHECK(sallocx_(p, 0) >= n, "sallocx");
			CHECK(sallocx_(p, 0) == nallocx_(n, LG_ALIGN(lg)),
			      "nallocx(%zu, %d): %zu, not %zu", n, lg,
			      nallocx_(n, LG_ALIGN(lg)), sallocx_(p, 0));
			fill(p, n, n);
			p = realloc(p, n + 10);
			CHECK(verify(p, n, n) == n, "contents lost");
			free(p);
			dallocx_(malloc(n), TCACHE(3));
			sdallocx_(calloc(1, n), n, 0);
			sdallocx_(aligned_alloc(4096, n), n, LG_ALIGN(12));
			p = rallocx_(malloc(n), n * 2, LG_ALIGN(lg));
			CHECK(!((uintptr_t)p & mask & ~15UL), "alignment");
			dallocx_(p, 0);
		}
}

/* MALLOCX_ZERO, taken and grown. Expect every usable byte new to be zero. */
static void zero(void)
{
	size_t i, step, n, usable;
	char *p;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		litter(sizes[i]);
		litter(sizes[i] * 2);
		n = sizes[i];
		p = mallocx_(n, ZERO | LG_ALIGN(i % 2 ? 7 : 0));
		usable = sallocx_(p, 0);
		CHECK(first_nonzero(p, usable) == usable, "%zu dirty", n);
		for (step = 0; step < 4; step++) {
			n = n * 3 / 2 + 1;
			p = rallocx_(p, n, ZERO);
			REQUIRE(p, "rallocx(%zu)", n);
			usable = sallocx_(p, 0);
			CHECK(usable >= n, "too small");
			CHECK(first_nonzero(p, usable) == usable,
			      "rallocx(%zu): dirty at %zu of %zu", n,
			      first_nonzero(p, usable), usable);
		}
		dallocx_(p, 0);
	}
}

/* rallocx to more than there is. Expect NULL and the old block untouched. */
static void failures(void)
{
	char *p = mallocx_(100, 0);

	fill(p, 100, 1);
	CHECK(!mallocx_(hide_size(SIZE_MAX / 2), 0), "a huge block");
	CHECK(!rallocx_(p, hide_size(SIZE_MAX / 2), 0), "a huge block");
	CHECK(!rallocx_(p, hide_size(SIZE_MAX / 2), LG_ALIGN(8)), "huge");
	CHECK(verify(p, 100, 1) == 100, "the old block changed");
	CHECK(!nallocx_(hide_size(SIZE_MAX), 0), "nallocx(SIZE_MAX)");
	dallocx_(p, 0);
}

/* xallocx. Expect what it says to be true, and the block in its place. */
static void in_place(void)
{
	size_t i, usable, now;
	char *p;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		p = mallocx_(sizes[i], 0);
		fill(p, sizes[i], i);
		usable = sallocx_(p, 0);
		now = xallocx_(p, sizes[i], 0, 0);
		CHECK(now >= sizes[i] && now <= usable, "%zu of %zu", now,
		      usable);
		now = xallocx_(p, usable + 1, 100 * KIB, ZERO);
		CHECK(now == sallocx_(p, 0), "%zu is not so", now);
		if (now > usable)
			CHECK(first_nonzero(p + usable, now - usable) ==
				      now - usable,
			      "grown by what is not zero");
		now = xallocx_(p, usable, hide_size(SIZE_MAX), 0);
		CHECK(now == sallocx_(p, 0), "%zu is not so", now);
		CHECK(verify(p, sizes[i], i) == sizes[i], "contents lost");
		memset(p, 1, sallocx_(p, 0));
		dallocx_(p, 0);
	}
	p = mallocx_(300 * KIB, 0);
	CHECK(xallocx_(p, 40 * KIB, 0, 0) < 300 * KIB, "a run did not shrink");
	free(p);
}

/* Explicit arenas, three times. Expect them served, and one line for all. */
static void arenas(void)
{
	int out[2], saved, i;
	char text[512];
	ssize_t n;

	REQUIRE(!pipe(out), "pipe");
	saved = dup(2);
	dup2(out[1], 2);
	for (i = 1; i < 4; i++)
		dallocx_(rallocx_(mallocx_(100, ARENA(i)), 1000, ARENA(i)),
			 ARENA(i));
	dup2(saved, 2);
	close(out[1]);
	n = read(out[0], text, sizeof(text) - 1);
	REQUIRE(n > 0, "no line");
	text[n] = 0;
	CHECK(!strncmp(text, "kmalloc: an arena", 17), "'%s'", text);
	CHECK(strchr(text, '\n') == text + n - 1, "not one line: '%s'", text);
}

int main(int argc, char **argv)
{
	static const struct kt_case cases[] = {
		{ "families", families }, { "zero", zero },
		{ "failures", failures }, { "in_place", in_place },
		{ "arenas", arenas },
	};

	find_all();
	return kt_run(cases, ARRAY_SIZE(cases), argc, argv);
}
