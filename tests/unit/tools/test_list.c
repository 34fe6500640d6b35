// SPDX-License-Identifier: MIT
/*
 * test_list.c - lists that change while they are read
 *
 *	head <-> node[1] <-> node[2] <-> ... <-> head
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "heap.h"

#define NODES 8
#define AT(n) (0x1000UL + (n)*16UL)

static uint64_t nodes[NODES][2]; /* next, prev; 0 is the head */
static unsigned int reads;
static void (*meanwhile)(void); /* called by read number 3 */

static int read_nodes(struct target *t, uint64_t at, void *to, size_t size)
{
	(void)t;
	if (++reads == 3 && meanwhile)
		meanwhile();
	if (at < AT(0) || at % 16 || at >= AT(NODES) || size != 16)
		return -1;
	memcpy(to, nodes[(at - AT(0)) / 16], size);
	return 0;
}

static struct target target = { read_nodes, NULL, NULL, 7, true };

static int make_nodes(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < NODES; i++) {
		nodes[i][0] = AT((i + 1) % NODES);
		nodes[i][1] = AT((i + NODES - 1) % NODES);
	}
	reads = 0;
	meanwhile = NULL;
	return 0;
}

static long read_list(size_t most)
{
	uint64_t entries[NODES + 2];
	long nr = list_read(&target, AT(0), entries, most);

	for (long i = 0; i < nr; i++)
		assert_int_equal(entries[i], AT((unsigned long)i + 1));
	return nr;
}

/* Read a whole list, an empty one, and with less room. Expect the entries in
 * order, and no more than there is room for. */
static void test_whole(void **state)
{
	(void)state;
	assert_int_equal(read_list(NODES), NODES - 1);
	assert_int_equal(read_list(3), 3);
	nodes[0][0] = nodes[0][1] = AT(0);
	assert_int_equal(read_list(NODES), 0);
	assert_int_equal(list_read(&target, 0, NULL, 4), -1);
	assert_int_equal(list_read(&target, 0x10, NULL, 4), -1);
}

static void take_out_second(void)
{
	nodes[1][0] = AT(3);
	nodes[3][1] = AT(1);
	nodes[2][0] = nodes[2][1] = 0;
}

/* Take an entry out while it is read. Expect that this is noticed, and that
 * the next look finds the others. */
static void test_taken_out(void **state)
{
	uint64_t entries[NODES];

	(void)state;
	meanwhile = take_out_second;
	assert_int_equal(read_list(NODES), -1);
	assert_int_equal(list_read(&target, AT(0), entries, NODES), NODES - 2);
	assert_int_equal(entries[1], AT(3));
}

/* Make a circle without the head, and a link to nowhere. Expect an end. */
static void test_circle(void **state)
{
	(void)state;
	nodes[5][0] = AT(3);
	assert_int_equal(read_list(NODES), -1);
	nodes[3][1] = AT(5); /* each points back, but for the way in */
	assert_int_equal(read_list(NODES), -1);
	nodes[1][0] = AT(1);
	nodes[1][1] = AT(1);
	assert_int_equal(read_list(NODES), -1);
	make_nodes(NULL);
	nodes[4][0] = 0xdead0000;
	assert_int_equal(read_list(NODES), -1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_whole, make_nodes),
		cmocka_unit_test_setup(test_taken_out, make_nodes),
		cmocka_unit_test_setup(test_circle, make_nodes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
