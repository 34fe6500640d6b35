// SPDX-License-Identifier: MIT
/*
 * conformance/stats.c - what the library says of itself is true
 *
 * M_MMAP_THRESHOLD is raised first so that glibc, against which this program
 * can be run too, counts its 1 MiB block among the ordinary ones.
 */
#include <ctype.h>

#include "support/program.h"

static size_t in_use(void)
{
	struct mallinfo2 mi = mallinfo2();

	return mi.uordblks;
}

static size_t in_use_all(void)
{
	struct mallinfo2 mi = mallinfo2();

	return mi.uordblks + mi.hblkhd;
}

/* mallinfo2 around a 1 MiB malloc. Expect uordblks to follow it. */
static void one_mib(void)
{
	size_t before, during, after;
	void *p;

	free(malloc(MIB));
	before = in_use();
	p = malloc(MIB);
	during = in_use();
	free(p);
	after = in_use();
	CHECK(during >= before + MIB, "%zu -> %zu", before, during);
	CHECK(during <= before + MIB + 64 * KIB, "%zu -> %zu", before, during);
	CHECK(after + MIB <= during, "%zu -> %zu after free", during, after);
}

/* mallinfo2 around an 8 MiB malloc. Expect it counted, then gone. */
static void eight_mib(void)
{
	size_t before = in_use_all(), during, after;
	void *p = malloc(8 * MIB);

	during = in_use_all();
	free(p);
	after = in_use_all();
	CHECK(during >= before + 8 * MIB, "%zu -> %zu", before, during);
	CHECK(after + 8 * MIB <= during, "%zu -> %zu", during, after);
}

/* mallinfo2 around 10,000 x 100 bytes. Expect 1,000,000 more, then less. */
static void many_small(void)
{
	enum { N = 10000 };
	static void *p[N];
	size_t before = in_use(), during, after;
	int i;

	for (i = 0; i < N; i++)
		p[i] = malloc(100);
	during = in_use();
	for (i = 0; i < N; i++)
		free(p[i]);
	after = in_use();
	CHECK(during >= before + 100 * N, "%zu -> %zu", before, during);
	CHECK(during <= before + 2 * 100 * N, "%zu -> %zu", before, during);
	CHECK(after <= during - 50 * N, "%zu -> %zu", during, after);
}

/* The other fields. Expect them consistent with one another. */
static void fields(void)
{
	struct mallinfo2 mi;
	struct mallinfo old;
	void *p = malloc(200 * KIB);

	mi = mallinfo2();
	CHECK(mi.arena + mi.hblkhd >= mi.uordblks, "arena %zu + %zu < %zu",
	      mi.arena, mi.hblkhd, mi.uordblks);
	CHECK(mi.uordblks >= 200 * KIB, "%zu", mi.uordblks);
	old = mallinfo();
	CHECK(old.uordblks >= 200 * 1024, "mallinfo: %d", old.uordblks);
	free(p);
}

/* malloc_trim, mallopt. Expect 0 or 1, memory still in order. */
static void trim_and_mallopt(void)
{
	char *p = malloc(3 * MIB), *q = malloc(100);
	int r;

	fill(p, 3 * MIB, 1);
	fill(q, 100, 2);
	free(malloc(3 * MIB));
	r = malloc_trim(0);
	CHECK(r == 0 || r == 1, "malloc_trim: %d", r);
	r = malloc_trim(1 * MIB);
	CHECK(r == 0 || r == 1, "malloc_trim: %d", r);
	CHECK(verify(p, 3 * MIB, 1) == 3 * MIB, "trim took live memory");
	CHECK(verify(q, 100, 2) == 100, "trim took live memory");
	r = mallopt(M_ARENA_MAX, 2);
	CHECK(r == 0 || r == 1, "mallopt: %d", r);
	r = mallopt(12345, 2);
	CHECK(r == 0 || r == 1, "mallopt of an unknown one: %d", r);
	free(p);
	free(q);
}

/* What @print writes on @fd (1 or 2) or a FILE, read back; length. */
static size_t capture(char *buf, size_t size, void (*print)(FILE *))
{
	FILE *f = tmpfile();
	int saved = dup(2);
	ssize_t n;

	REQUIRE(f && saved >= 0, "no temporary file");
	fflush(stderr);
	dup2(fileno(f), 2);
	print(f);
	fflush(f);
	fflush(stderr);
	dup2(saved, 2);
	close(saved);
	n = pread(fileno(f), buf, size - 1, 0);
	fclose(f);
	buf[n > 0 ? n : 0] = 0;
	return n > 0 ? (size_t)n : 0;
}

static void print_stats(FILE *f)
{
	(void)f;
	malloc_stats();
}

static void print_info(FILE *f)
{
	CHECK(malloc_info(0, f) == 0, "malloc_info failed");
}

/* malloc_stats. Expect text with digits on stderr. */
static void stats_text(void)
{
	static char buf[65536];
	size_t n = capture(buf, sizeof(buf), print_stats);

	CHECK(n > 10, "%zu bytes", n);
	CHECK(strpbrk(buf, "123456789"), "no number in: %s", buf);
}

/* Step over one tag at @s, keeping the stack of open ones. NULL: malformed. */
static const char *xml_tag(const char *s, char stack[][32], int *depth)
{
	const char *end = strchr(s, '>');
	size_t n;

	if (!end)
		return NULL;
	if (s[1] == '/') {
		n = (size_t)(end - s) - 2;
		if (--*depth < 0 || strlen(stack[*depth]) != n ||
		    memcmp(stack[*depth], s + 2, n))
			return NULL;
	} else if (s[1] != '?' && end[-1] != '/') {
		n = strcspn(s + 1, " />\n\t");
		if (n == 0 || n > 31 || *depth == 16)
			return NULL;
		memcpy(stack[*depth], s + 1, n);
		stack[(*depth)++][n] = 0;
	}
	return end + 1;
}

/* Balanced tags under one root, no stray markup: 0, else the bad offset + 1. */
static size_t xml_malformed(const char *s)
{
	const char *start = s;
	char stack[16][32];
	int depth = 0, roots = 0;

	while (*s) {
		const char *next = s + 1;

		if (*s == '<') {
			roots += depth == 0 && s[1] != '?';
			next = xml_tag(s, stack, &depth);
			if (!next)
				return (size_t)(s - start) + 1;
		} else if (*s == '>' || (!depth && !isspace((uint8_t)*s))) {
			return (size_t)(s - start) + 1;
		}
		s = next;
	}
	return depth == 0 && roots == 1 ? 0 : (size_t)(s - start) + 1;
}

/* malloc_info. Expect well-formed XML with the root <malloc version="1">. */
static void info_xml(void)
{
	static char buf[1 << 20];
	size_t n = capture(buf, sizeof(buf), print_info);

	CHECK(n > 10, "%zu bytes", n);
	CHECK(!xml_malformed(buf), "malformed near byte %zu of:\n%s",
	      xml_malformed(buf), buf);
	CHECK(strstr(buf, "<malloc version=\"1\">"), "root: %.40s", buf);
	CHECK(xml_malformed("<a><b></a></b>") && xml_malformed("<a>") &&
		      !xml_malformed("<a><b x=\"1\"/></a>\n"),
	      "the checker itself is wrong");
}

/* malloc_info with options it does not know. Expect EINVAL. */
static void info_options(void)
{
	FILE *f = tmpfile();
	int r;

	REQUIRE(f, "no temporary file");
	errno = 0;
	r = malloc_info(1, f);
	CHECK(r == EINVAL || (r == -1 && errno == EINVAL), "%d errno %d", r,
	      errno);
	fclose(f);
}

int main(int argc, char **argv)
{
	static const struct kt_case cases[] = {
		{ "one_mib", one_mib },
		{ "eight_mib", eight_mib },
		{ "many_small", many_small },
		{ "fields", fields },
		{ "trim_and_mallopt", trim_and_mallopt },
		{ "stats_text", stats_text },
		{ "info_xml", info_xml },
		{ "info_options", info_options },
	};

	mallopt(M_MMAP_THRESHOLD, 4 * 1024 * 1024);
	return kt_run(cases, ARRAY_SIZE(cases), argc, argv);
}
