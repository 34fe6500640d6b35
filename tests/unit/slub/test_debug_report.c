// SPDX-License-Identifier: MIT
/*
 * test_debug_report.c - a whole report, line by line
 *
 * Each expected line is a pattern of fnmatch(); "..." stands for any number of
 * lines, as in a stack whose outer frames are cmocka's.
 */
#include <fnmatch.h>

#include "fixture.h"
#include "kmem/guard.h"
#include "slub/debug.h"
#include "support/child.h"

static struct kmem_cache *s;
static u8 *p;
static char said[65536];

/* Not inlined, nor ended by their call, so that they are seen in a stack. */
#define FRAME __attribute__((__noinline__))

FRAME static void *get_it(void)
{
	void *obj = kmem_cache_alloc(s, GFP_KERNEL);

	__asm__ volatile("" ::: "memory");
	return obj;
}

FRAME static void put_it(void *obj)
{
	kmem_cache_free(s, obj);
	__asm__ volatile("" ::: "memory");
}

FRAME static void validate_it(void *arg)
{
	(void)arg;
	validate_slab_cache(s);
	__asm__ volatile("" ::: "memory");
}

static void free_again(void *arg)
{
	put_it(arg);
}

static void setup(const char *name, unsigned int size, slab_flags_t flags)
{
	s = kmem_cache_create(name, size, 0, flags | SLAB_NO_USER_FLAGS, NULL);
	assert_non_null(s);
	p = get_it();
}

static const char *next_line(char **text)
{
	char *line = *text, *end = strchr(line, '\n');

	if (!*line)
		return NULL;
	*end = '\0';
	*text = end + 1;
	return line;
}

/* Compare `said` with the patterns, up to a NULL. */
static void expect_lines(const char *const *want)
{
	char *text = said;
	const char *line;

	for (; *want; want++) {
		bool any = !strcmp(*want, "...");

		want += any;
		do {
			line = next_line(&text);
		} while (line && any && fnmatch(*want, line, 0));
		if (!line || fnmatch(*want, line, 0))
			fail_msg("got \"%s\", not \"%s\"",
				 line ? line : "the end", *want);
	}
	if (*text)
		fail_msg("more: \"%s\"", text);
}

#define RULE                                                           \
	"============================================================" \
	"================="
#define THIN                                                           \
	"------------------------------------------------------------" \
	"-----------------"
#define HEX16(b) b b b b b b b b b b b b b b b b

/* An object that overran its end, with all flags, found by a validation. Expect
 * head, bytes, the allocating call, slab, object, every part of it, the call
 * that looked, and the fix. */
static void test_overflow(void **state)
{
	static const char *const want[] = {
		RULE,
		"BUG reported (Not tainted): Right Redzone overwritten",
		THIN,
		"",
		"0x*-0x* @offset=*. First byte 0x41 instead of 0xcc",
		"Allocated in get_it+0x*/0x* age=* cpu=* pid=*",
		" get_it+0x*/0x*",
		" setup+0x*/0x*",
		" test_overflow+0x*/0x*",
		"...",
		" main+0x*/0x*",
		"...",
		"Slab 0x* objects=* used=1 fp=0x* flags=0x*(slab|*node=0|zone=*)",
		"Object 0x* @offset=8 fp=0x*",
		"",
		"Redzone  0000*: cc cc cc cc cc cc cc cc *  ........",
		"Object   0000*: " HEX16("6b ") " kkkkkkkkkkkkkkkk",
		"Object   0000*: 6b 6b 6b 6b 6b 6b 6b a5 *  kkkkkkk.",
		"Redzone  0000*: 41 42 cc cc cc cc cc cc *  AB......",
		"Padding  0000*: 5a 5a 5a 5a 5a 5a 5a 5a *  ZZZZZZZZ",
		"CPU: * PID: * Comm: *",
		"Call Trace:",
		" validate_it+0x*/0x*",
		" capture_stderr+0x*/0x*",
		" test_overflow+0x*/0x*",
		"...",
		"FIX reported: Restoring Right Redzone 0x*-0x*=0xcc",
		NULL,
	};

	(void)state;
	setup("reported", 24, DEBUG_DEFAULT_FLAGS);
	p[24] = 'A';
	p[25] = 'B';
	capture_stderr(validate_it, NULL, said, sizeof(said));
	expect_lines(want);
}

/* A double free. Expect both stacks, the second free's, and that it stays. The
 * process is tainted by what came before. */
static void test_double_free(void **state)
{
	static const char *const want[] = {
		RULE,
		"BUG twice (Tainted: G    B): Object already free",
		THIN,
		"",
		"Allocated in get_it+0x*/0x* age=* cpu=* pid=*",
		" get_it+0x*/0x*",
		"...",
		"Freed in put_it+0x*/0x* age=* cpu=* pid=*",
		" put_it+0x*/0x*",
		" test_double_free+0x*/0x*",
		"...",
		"Slab 0x* objects=* used=0 fp=0x* flags=0x*(slab|*node=0|zone=*)",
		"Object 0x* @offset=* fp=0x*",
		"",
		"Object   0000*: " HEX16("6b ") " kkkkkkkkkkkkkkkk",
		"Object   0000*: 6b 6b 6b 6b 6b 6b 6b a5 *  kkkkkkk.",
		"Padding  0000*: 5a 5a 5a 5a 5a 5a 5a 5a *  ZZZZZZZZ",
		"CPU: * PID: * Comm: *",
		"Call Trace:",
		" put_it+0x*/0x*",
		" free_again+0x*/0x*",
		"...",
		"FIX twice: Object at 0x* not freed",
		NULL,
	};

	(void)state;
	setup("twice", 24,
	      SLAB_CONSISTENCY_CHECKS | SLAB_STORE_USER | SLAB_POISON);
	/* room for the padding that the line is about */
	assert_true(size_from_object(s) == debug_data_end(s) ||
		    size_from_object(s) > debug_data_end(s));
	put_it(p);
	capture_stderr(free_again, p, said, sizeof(said));
	if (size_from_object(s) == debug_data_end(s)) {
		const char *less[ARRAY_SIZE(want)];
		unsigned int n = 0;

		for (unsigned int i = 0; i < ARRAY_SIZE(want); i++)
			if (!want[i] || strncmp(want[i], "Padding", 7))
				less[n++] = want[i];
		expect_lines(less);
	} else {
		expect_lines(want);
	}
}

/* Neither red zones nor users. Expect what lies in front of the object, no
 * stacks of allocation, no padding. */
static void test_poison_alone(void **state)
{
	static const char *const want[] = {
		RULE,
		"BUG poisoned (*): Poison overwritten",
		THIN,
		"",
		"0x*-0x* @offset=*. First byte 0x7a instead of 0x6b",
		"Slab 0x* objects=* used=1 fp=0x* flags=0x*(slab|*node=0|zone=*)",
		"Object 0x* @offset=* fp=0x*",
		"",
		"Bytes b4 0000*: *",
		"Object   0000*: 7a 6b 6b 6b 6b 6b 6b 6b 6b 6b 6b 6b 6b 6b 6b 6b  zkkk*",
		"Object   0000*: 6b 6b 6b 6b 6b 6b 6b 6b 6b 6b 6b 6b 6b 6b 6b a5  kkk*",
		"CPU: * PID: * Comm: *",
		"Call Trace:",
		"...",
		"FIX poisoned: Restoring Poison 0x*-0x*=0x6b",
		NULL,
	};
	u8 *q;

	(void)state;
	setup("poisoned", 32, SLAB_POISON);
	q = get_it();
	put_it(q);
	*q = 'z';
	capture_stderr(validate_it, NULL, said, sizeof(said));
	expect_lines(want);
}

/* A pointer that is no object's. Expect slab and pointer, and no object. */
static void test_invalid(void **state)
{
	static const char *const want[] = {
		RULE,
		"BUG foreign (*): Invalid object pointer 0x*",
		THIN,
		"",
		"Slab 0x* objects=* used=1 fp=0x* flags=0x*(slab|*node=0|zone=*)",
		"CPU: * PID: * Comm: *",
		"Call Trace:",
		" put_it+0x*/0x*",
		"...",
		"FIX foreign: Object at 0x* not freed",
		NULL,
	};

	(void)state;
	setup("foreign", 32, SLAB_CONSISTENCY_CHECKS);
	capture_stderr(free_again, p + 1, said, sizeof(said));
	expect_lines(want);
}

static void take_and_give(void *arg)
{
	(void)arg;
	put_it(get_it());
}

/* SLAB_TRACE. Expect a line and a stack for each allocation and free, and the
 * bytes of what is freed. */
static void test_trace(void **state)
{
	static const char *const want[] = {
		"TRACE traced alloc 0x* inuse=2 fp=0x*",
		"CPU: * PID: * Comm: *",
		"Call Trace:",
		" get_it+0x*/0x*",
		"...",
		"TRACE traced free 0x* inuse=2 fp=0x*",
		"Object   0000*: ?? ?? ?? *",
		"CPU: * PID: * Comm: *",
		"Call Trace:",
		" put_it+0x*/0x*",
		"...",
		NULL,
	};

	(void)state;
	setup("traced", 16, SLAB_TRACE);
	capture_stderr(take_and_give, NULL, said, sizeof(said));
	/* what follows the last pattern is cmocka's frames */
	strcat(strstr(strstr(said, "TRACE traced free"), " put_it+"), "end\n");
	expect_lines((const char *const[]){
		want[0], want[1], want[2], want[3], want[4], want[5], want[6],
		want[7], want[8], want[9], "...", "end", NULL });
}

static void dump_it(void *arg)
{
	kmem_dump_obj(arg);
}

/*
 * kmem_dump_obj() of an object whose users are tracked. Expect the object, the
 * call that allocated it, and none that freed it.
 */
static void test_dump(void **state)
{
	static const char *const want[] = {
		" slab dumped start 0x* pointer offset 5 size 64",
		"Allocated in get_it+0x*/0x* age=* cpu=* pid=*",
		"...",
		"end",
		NULL,
	};

	(void)state;
	setup("dumped", 64, SLAB_STORE_USER);
	capture_stderr(dump_it, p + 5, said, sizeof(said));
	assert_null(strstr(said, "Freed"));
	strcat(said, "end\n");
	expect_lines(want);
	put_it(p);
	kmem_cache_destroy(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_overflow),
		cmocka_unit_test(test_double_free),
		cmocka_unit_test(test_poison_alone),
		cmocka_unit_test(test_invalid),
		cmocka_unit_test(test_trace),
		cmocka_unit_test(test_dump),
	};

	return cmocka_run_group_tests(tests, slub_start, NULL);
}
