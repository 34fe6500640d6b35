// SPDX-License-Identifier: MIT
/*
 * test_openmetrics.c - heaps as OpenMetrics text, also such as no program has
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "view.h"

static struct heap_cache caches[4]; /* the newest first */
static struct heap_zone zones[2];
static struct view view;

static int make_view(void **state)
{
	(void)state;
	memset(caches, 0, sizeof(caches));
	memset(zones, 0, sizeof(zones));
	memset(&view, 0, sizeof(view));
	view.pid = 7;
	view.heap.page_size = 4096;
	view.heap.orders = 2;
	view.heap.caches = caches;
	view.heap.zones = zones;
	return 0;
}

static char *text_of(const struct view *v)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	assert_int_equal(view_openmetrics(v, out), 0);
	fclose(out);
	return text;
}

static void expect(const char *line)
{
	char *text = text_of(&view), *at = strstr(text, line);

	if (!at || (at != text && at[-1] != '\n'))
		fail_msg("no %s in\n%s", line, text);
	free(text);
}

static void expect_none(const char *part)
{
	char *text = text_of(&view);

	if (strstr(text, part))
		fail_msg("%s in\n%s", part, text);
	free(text);
}

/* A process whose engine has not started. Expect a whole text. */
static void test_empty(void **state)
{
	char *text = text_of(&view);

	(void)state;
	assert_int_equal(strncmp(text, "# TYPE kmalloc_process info\n", 28), 0);
	assert_string_equal(text + strlen(text) - 7, "\n# EOF\n");
	free(text);
	expect("kmalloc_process_info{pid=\"7\",command=\"\",release=\"\","
	       "backend=\"\"} 1\n");
	expect("kmalloc_in_use_bytes 0\n");
}

/* Numbers that a look may lack. Expect no sample, and none of 0. */
static void test_unknown(void **state)
{
	(void)state;
	expect_none("kmalloc_resident_bytes");
	expect_none("kmalloc_page_run");
	view.resident = 5;
	view.heap.has_runs = true;
	view.heap.run_pages = 3;
	expect("kmalloc_resident_bytes 5\n");
	expect("kmalloc_page_runs 0\n");
	expect("kmalloc_page_run_bytes 12288\n");
}

/* A counter of bytes. Expect type, unit and help, and _total in samples. */
static void test_counter(void **state)
{
	(void)state;
	view.heap.nr_zones = 1;
	strcpy(zones[0].name, "Normal");
	zones[0].returned = 2;
	expect("# TYPE kmalloc_zone_returned_bytes counter\n"
	       "# UNIT kmalloc_zone_returned_bytes bytes\n"
	       "# HELP kmalloc_zone_returned_bytes Memory given back to the "
	       "system.\n"
	       "kmalloc_zone_returned_bytes_total{node=\"0\",zone=\"Normal\"} "
	       "8192\n");
}

/* Two zones with two orders. Expect a sample for each order of each. */
static void test_orders(void **state)
{
	(void)state;
	view.heap.nr_zones = 2;
	strcpy(zones[0].name, "Normal");
	strcpy(zones[1].name, "Normal");
	zones[1].node = 1;
	zones[0].nr_free[1] = 4;
	zones[1].nr_free[0] = 6;
	expect("kmalloc_zone_free_blocks{node=\"0\",zone=\"Normal\","
	       "order=\"0\"} 0\n"
	       "kmalloc_zone_free_blocks{node=\"0\",zone=\"Normal\","
	       "order=\"1\"} 4\n"
	       "kmalloc_zone_free_blocks{node=\"1\",zone=\"Normal\","
	       "order=\"0\"} 6\n"
	       "kmalloc_zone_free_blocks{node=\"1\",zone=\"Normal\","
	       "order=\"1\"} 0\n");
}

/*
 * Caches of one name, and of names that are one when they print. Expect the
 * number of older ones as a label: a new cache changes no label of another.
 */
static void test_copies(void **state)
{
	(void)state;
	view.heap.nr_caches = 4;
	strcpy(caches[0].name, "a\1");
	strcpy(caches[1].name, "b");
	strcpy(caches[2].name, "a\177");
	strcpy(caches[3].name, "a?");
	for (unsigned int i = 0; i < 4; i++)
		caches[i].slabs = 10 + i;
	expect("kmalloc_cache_slabs{cache=\"a?\"} 13\n"
	       "kmalloc_cache_slabs{cache=\"a?\",copy=\"1\"} 12\n"
	       "kmalloc_cache_slabs{cache=\"a?\",copy=\"2\"} 10\n"
	       "kmalloc_cache_slabs{cache=\"b\"} 11\n"
	       "# TYPE");
}

/* The longest name, all of letters to be quoted. Expect each of them so. */
static void test_quoted(void **state)
{
	char line[256] = "kmalloc_cache_objects{cache=\"";

	(void)state;
	view.heap.nr_caches = 1;
	memset(caches[0].name, '\\', sizeof(caches[0].name) - 2);
	caches[0].name[62] = '"';
	for (int i = 0; i < 62; i++)
		strcat(line, "\\\\");
	strcat(line, "\\\"\"} 0\n");
	expect(line);
}

/* A cache with objects in arrays, and larger numbers. Expect them whole. */
static void test_cache(void **state)
{
	(void)state;
	view.heap.nr_caches = 1;
	strcpy(caches[0].name, "c");
	caches[0].out = 50;
	caches[0].cached = 20;
	caches[0].passed = UINT64_MAX;
	expect("kmalloc_cache_objects{cache=\"c\"} 30\n");
	expect("kmalloc_cache_array_objects{cache=\"c\"} 20\n");
	expect("kmalloc_cache_passed_objects_total{cache=\"c\"} "
	       "18446744073709551615\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_empty, make_view),
		cmocka_unit_test_setup(test_unknown, make_view),
		cmocka_unit_test_setup(test_counter, make_view),
		cmocka_unit_test_setup(test_orders, make_view),
		cmocka_unit_test_setup(test_copies, make_view),
		cmocka_unit_test_setup(test_quoted, make_view),
		cmocka_unit_test_setup(test_cache, make_view),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
