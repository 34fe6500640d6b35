// SPDX-License-Identifier: MIT
/*
 * test_info.c - mallinfo, malloc_info, malloc_stats and malloc_trim
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include "core/tick.h"
#include "shim/exports.h"
#include "shim/info.h"
#include "support/child.h"

#define MIB (1UL << 20)

static struct shim_info info(void)
{
	struct shim_info now;

	shim_info(&now);
	return now;
}

/* Objects, runs and areas come and go. Expect each counted as what it is, to
 * the byte. */
static void test_counts(void **state)
{
	struct shim_info was = info(), now;
	void *small[100], *run, *area;

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(small); i++)
		small[i] = malloc(100);
	now = info();
	assert_int_equal(now.small_objects, was.small_objects + 100);
	assert_int_equal(now.small_used, was.small_used + 100 * 112);
	assert_int_equal(now.used, was.used + 100 * 112);
	run = malloc(50000);
	now = info();
	assert_int_equal(now.runs, was.runs + 1);
	assert_int_equal(now.runs_ever, was.runs_ever + 1);
	assert_int_equal(now.run_bytes, was.run_bytes + 13 * PAGE_SIZE);
	area = malloc(5 * MIB);
	now = info();
	assert_int_equal(now.areas.areas, was.areas.areas + 1);
	assert_int_equal(now.areas.busy, was.areas.busy + 5 * MIB);
	assert_int_equal(now.used,
			 was.used + 100 * 112 + 13 * PAGE_SIZE + 5 * MIB);
	assert_true(now.refilled >= was.refilled && now.slabs_ever);
	free(area);
	free(run);
	for (unsigned int i = 0; i < ARRAY_SIZE(small); i++)
		free(small[i]);
	now = info();
	assert_int_equal(now.used, was.used);
	assert_int_equal(now.small_objects, was.small_objects);
}

/* mallinfo2 beside what it is made of. Expect the fields to agree, and those of
 * mallinfo and libc's name with them. */
static void test_mallinfo(void **state)
{
	void *p = malloc(200), *q = malloc(6 * MIB);
	struct mallinfo2 m = mallinfo2();
	struct shim_info now = info();
	struct mallinfo old = mallinfo(), libc = __libc_mallinfo();

	(void)state;
	assert_int_equal(m.uordblks + m.hblkhd, now.used);
	assert_int_equal(m.arena, now.managed);
	assert_int_equal(m.ordblks, now.free_blocks);
	assert_int_equal(m.smblks, 0);
	assert_int_equal(m.usmblks, 0);
	assert_int_equal(m.fsmblks, 0);
	assert_int_equal(m.hblks, now.areas.areas);
	assert_int_equal(m.hblkhd, now.areas.busy);
	assert_int_equal(m.fordblks + m.uordblks, m.arena);
	assert_int_equal((size_t)old.uordblks, m.uordblks);
	assert_int_equal((size_t)old.arena, m.arena);
	assert_int_equal((size_t)old.hblkhd, m.hblkhd);
	assert_memory_equal(&old, &libc, sizeof(old));
	free(p);
	free(q);
}

/* Blocks come and go. Expect each free() to make one free block more, and each
 * malloc() out of these one less. */
static void test_free_blocks(void **state)
{
	void *p[20], *before = malloc(1600);
	size_t free_blocks = 0;

	(void)state;
	tick_interval_ms = ~0UL; /* no slab goes back behind our back */
	for (unsigned int i = 0; i < ARRAY_SIZE(p); i++)
		p[i] = malloc(1600);
	for (unsigned int i = 0; i < ARRAY_SIZE(p); i++) {
		free_blocks = mallinfo2().ordblks;
		free(p[i]);
		assert_int_equal(mallinfo2().ordblks, free_blocks + 1);
	}
	free(malloc(1600));
	assert_int_equal(mallinfo2().ordblks, free_blocks + 1);
	free(before);
}

/* More than an int holds. Expect mallinfo to stop at INT_MAX. */
static void test_narrow(void **state)
{
	void *p = malloc(3UL << 30);

	(void)state;
	assert_non_null(p);
	assert_true(mallinfo2().hblkhd > INT_MAX);
	assert_int_equal(mallinfo().hblkhd, INT_MAX);
	free(p);
}

/* Memory that was used and is free. Expect malloc_trim to give it back, and to
 * say 1; the second time there is nothing and it says 0. */
static void test_trim(void **state)
{
	void *p = malloc(20 * MIB), *q = malloc(3 * MIB);
	size_t with;

	(void)state;
	memset(p, 1, 20 * MIB);
	memset(q, 1, 3 * MIB);
	free(p);
	free(q);
	with = info().footprint;
	assert_int_equal(malloc_trim(0), 1);
	assert_true(info().footprint + 20 * MIB <= with);
	assert_int_equal(malloc_trim(0), 0);
}

/* ---- texts --------------------------------------------------------------- */

static char *xml(void)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_int_equal(malloc_info(0, out), 0);
	fclose(out);
	return text;
}

/* The number behind the first `label` in text. */
static unsigned long number(const char *text, const char *label)
{
	const char *at = strstr(text, label);

	if (!at)
		fail_msg("no %s in %s", label, text);
	return strtoul(at + strlen(label), NULL, 10);
}

/* The sum of size x in_use of the <cache> lines. */
static size_t sum_caches(const char *text)
{
	size_t sum = 0;

	while ((text = strstr(text, "<cache name=\"malloc-"))) {
		assert_int_equal(number(text, "malloc-"),
				 number(text, "size=\""));
		assert_true(number(text, "slabs=\"") > 0);
		sum += number(text, "size=\"") * number(text, "in_use=\"");
		text++;
	}
	return sum;
}

/* malloc_info with a block of each kind. Expect its parts to make up its total,
 * the block of 1280 bytes in its line, and what went back to the OS. */
static void test_xml(void **state)
{
	void *small = malloc(1280), *run = malloc(50000),
	     *area = malloc(6 * MIB);
	const char *runs, *areas, *total, *free_memory;
	char *text;

	(void)state;
	free(malloc(64 * MIB)); /* goes back; the same again refaults */
	free(malloc(64 * MIB));
	text = xml();
	runs = strstr(text, "<runs");
	assert_int_equal(strncmp(text, "<malloc version=\"1\">\n", 21), 0);
	assert_string_equal(text + strlen(text) - 10, "</malloc>\n");
	assert_true(number(strstr(text, "malloc-1280"), "in_use=\"") >= 1);
	areas = strstr(text, "<areas");
	total = strstr(text, "<total type=\"in_use\"");
	assert_non_null(runs);
	assert_non_null(areas);
	assert_non_null(total);
	assert_true(number(runs, "size=\"") >= 13 * PAGE_SIZE);
	assert_true(number(areas, "size=\"") >= 6 * MIB);
	free_memory = strstr(text, "<free dirty");
	assert_non_null(free_memory);
	assert_true(number(free_memory, "dirty=\"") > 0);
	assert_true(number(free_memory, "bound=\"") >= 4 * MIB);
	assert_true(number(free_memory, "returned=\"") >= 60 * MIB);
	assert_true(number(free_memory, "refaulted=\"") >= 50 * MIB);
	assert_int_equal(sum_caches(text) + number(runs, "size=\"") +
				 number(areas, "size=\""),
			 number(total, "size=\""));
	free(text);
	free(small);
	free(run);
	free(area);
}

/* Options that there are none of. Expect EINVAL, and nothing written. */
static void test_xml_options(void **state)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	assert_int_equal(malloc_info(1, out), EINVAL);
	fclose(out);
	assert_int_equal(size, 0);
	free(text);
}

static void print_stats(void *arg)
{
	(void)arg;
	malloc_stats();
}

/* malloc_stats. Expect two lines, with the number of runs and areas. */
static void test_stats(void **state)
{
	void *run = malloc(50000), *area = malloc(6 * MIB);
	struct shim_info now = info();
	char text[1024], phrase[80];

	(void)state;
	capture_stderr(print_stats, NULL, text, sizeof(text));
	assert_int_equal(count_phrase(text, "\n"), 2);
	assert_int_equal(count_phrase(text, "kmalloc: in use "), 1);
	assert_int_equal(count_phrase(text, "\nkmalloc: from the system "), 1);
	snprintf(phrase, sizeof(phrase), ", %lu runs ", now.runs);
	assert_int_equal(count_phrase(text, phrase), 1);
	snprintf(phrase, sizeof(phrase), ", %lu areas ", now.areas.areas);
	assert_int_equal(count_phrase(text, phrase), 1);
	free(run);
	free(area);
}

/* Knobs of glibc's heap. Expect 1 for those there are, 0 for others. */
static void test_mallopt(void **state)
{
	static const int known[] = { M_MXFAST,	 M_TRIM_THRESHOLD,
				     M_TOP_PAD,	 M_MMAP_THRESHOLD,
				     M_MMAP_MAX, M_CHECK_ACTION,
				     M_PERTURB,	 M_ARENA_TEST,
				     M_ARENA_MAX };

	(void)state;
	for (unsigned int i = 0; i < ARRAY_SIZE(known); i++) {
		assert_int_equal(mallopt(known[i], 1), 1);
		assert_int_equal(__libc_mallopt(known[i], 1), 1);
	}
	assert_int_equal(mallopt(M_PERTURB, 0), 1);
	assert_int_equal(mallopt(12345, 1), 0);
	assert_int_equal(mallopt(-12345, 1), 0);
	assert_null(malloc_get_state());
	assert_int_equal(malloc_set_state(NULL), -1);
}

/* The numbers of a text, in their order. Returns how many. */
static unsigned int numbers_of(const char *text, unsigned long *out,
			       unsigned int most)
{
	unsigned int nr = 0;

	while (*text && nr < most) {
		char *end;

		if (*text < '0' || *text > '9') {
			text++;
			continue;
		}
		out[nr++] = strtoul(text, &end, 10);
		text = end;
	}
	return nr;
}

/*
 * km_malloc_json() beside malloc_info(), with nothing allocated in between.
 * Expect the same numbers in the same order, and braces that close.
 */
static void test_json(void **state)
{
	static char xml[1 << 16], json[1 << 16], buf[2][BUFSIZ];
	static unsigned long a[2048], b[2048];
	FILE *one = fmemopen(xml, sizeof(xml), "w");
	FILE *two = fmemopen(json, sizeof(json), "w");
	unsigned int nr;

	(void)state;
	setvbuf(one, buf[0], _IOFBF, BUFSIZ);
	setvbuf(two, buf[1], _IOFBF, BUFSIZ);
	free(malloc(100));
	free(malloc(5000));
	assert_int_equal(malloc_info(0, one), 0);
	assert_int_equal(km_malloc_json(two), 0);
	fclose(one);
	fclose(two);
	nr = numbers_of(xml, a, ARRAY_SIZE(a));
	assert_true(nr > 20);
	assert_int_equal(numbers_of(json, b, ARRAY_SIZE(b)), nr);
	assert_memory_equal(a, b, nr * sizeof(a[0]));
	assert_int_equal(json[0], '{');
	assert_int_equal(count_phrase(json, "{"), count_phrase(json, "}"));
	assert_int_equal(count_phrase(json, "{\"name\": \"malloc-"),
			 count_phrase(xml, "<cache name="));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_counts),
		cmocka_unit_test(test_mallinfo),
		cmocka_unit_test(test_free_blocks),
		cmocka_unit_test(test_narrow),
		cmocka_unit_test(test_trim),
		cmocka_unit_test(test_xml),
		cmocka_unit_test(test_xml_options),
		cmocka_unit_test(test_stats),
		cmocka_unit_test(test_mallopt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
