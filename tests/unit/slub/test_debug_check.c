// SPDX-License-Identifier: MIT
/*
 * test_debug_check.c - each fault that slab_debug knows, and how it is mended
 *
 * A fault is made by hand and looked for; the lines that say what is wrong and
 * what was done about it are compared, in their order.
 */
#include "fixture.h"
#include "kmem/guard.h"
#include "kmem/miss.h"
#include "kmem/slab_ops.h"
#include "slub/debug.h"
#include "support/child.h"

#define ALL_FLAGS DEBUG_DEFAULT_FLAGS

static struct kmem_cache *s;
static u8 *p, *q; /* two objects of one slab */
static struct slab *slab;
static char said[65536];

/* A cache with these flags and two objects in use, neighbours. */
static void setup(unsigned int size, slab_flags_t flags)
{
	s = kmem_cache_create("victim", size, 0, flags | SLAB_NO_USER_FLAGS,
			      NULL);
	assert_non_null(s);
	p = kmem_cache_alloc(s, GFP_KERNEL);
	q = kmem_cache_alloc(s, GFP_KERNEL);
	assert_ptr_equal(q, p + s->size);
	slab = virt_to_slab(p);
}

static void validate(void *arg)
{
	(void)arg;
	validate_slab_cache(s);
}

static void alloc_one(void *arg)
{
	*(void **)arg = kmem_cache_alloc(s, GFP_KERNEL);
}

static void free_one(void *arg)
{
	kmem_cache_free(s, arg);
}

/* The lines of `said` that begin with BUG or FIX, without the cache's name and
 * what is in brackets behind it, each ended by a newline. */
static char *verdict(void)
{
	static char lines[4096];
	char *at = said;

	lines[0] = '\0';
	while (*at) {
		char *end = strchr(at, '\n'), *text;

		if (!strncmp(at, "BUG ", 4) || !strncmp(at, "FIX ", 4)) {
			strncat(lines, at, 4);
			text = strstr(at, *at == 'B' ? "): " : ": ");
			text += *at == 'B' ? 3 : 2;
			strncat(lines, text, (size_t)(end + 1 - text));
		}
		at = end + 1;
	}
	return lines;
}

static void expect(void (*fn)(void *), void *arg, const char *want)
{
	capture_stderr(fn, arg, said, sizeof(said));
	assert_string_equal(verdict(), want);
}

/* The same with numbers in `fmt`. */
static void expect_fmt(void (*fn)(void *), void *arg, const char *fmt, ...)
{
	char want[1024];
	va_list args;

	va_start(args, fmt);
	vsnprintf(want, sizeof(want), fmt, args);
	va_end(args);
	expect(fn, arg, want);
}

static void expect_bytes(const char *what, u8 *from, u8 *to, u8 value)
{
	expect_fmt(validate, NULL,
		   "BUG %s overwritten\nFIX Restoring %s %p-%p=0x%x\n", what,
		   what, (void *)from, (void *)to, value);
	expect(validate, NULL, "");
}

/* The byte in front of an object in use, and of a free one. Expect "Left
 * Redzone", the value that belongs there, and nothing the second time. */
static void test_left_redzone(void **state)
{
	(void)state;
	setup(64, SLAB_RED_ZONE);
	p[-1] = 0x12;
	expect_bytes("Left Redzone", p - 1, p - 1, 0xcc);
	kmem_cache_free(s, p);
	p[-8] = 0x12;
	p[-7] = 0x12;
	expect_bytes("Left Redzone", p - 8, p - 7, 0xbb);
}

/* Bytes behind an object, not side by side. Expect one range from the first to
 * the last of them. */
static void test_right_redzone(void **state)
{
	(void)state;
	setup(64, SLAB_RED_ZONE);
	p[64] = 0x12;
	p[66] = 0x12;
	expect_bytes("Right Redzone", p + 64, p + 66, 0xcc);
}

/* A byte that the object has and its user did not ask for. */
static void test_kmalloc_redzone(void **state)
{
	u8 *r;

	(void)state;
	setup(64, SLAB_KMALLOC | SLAB_STORE_USER | SLAB_RED_ZONE);
	r = kmem_cache_alloc_slow(s, GFP_KERNEL, NUMA_NO_NODE, 50, _RET_IP_);
	r[49] = 0x12;
	expect(validate, NULL, "");
	r[50] = 0x12;
	expect_bytes("kmalloc Redzone", r + 50, r + 50, 0xcc);
}

/* Bytes that make up an object to whole words. */
static void test_alignment_padding(void **state)
{
	(void)state;
	setup(20, SLAB_POISON);
	p[20] = 0;
	expect_bytes("Alignment padding", p + 20, p + 20, 0x5a);
}

/* A free object that is written to: its first byte, and its last. */
static void test_poison(void **state)
{
	(void)state;
	setup(64, SLAB_POISON);
	kmem_cache_free(s, p);
	p[0] = 1;
	p[62] = 1;
	expect_bytes("Poison", p, p + 62, 0x6b);
	p[63] = 1;
	expect_bytes("End Poison", p + 63, p + 63, 0xa5);
	p[0] = 1;
	p[63] = 1;
	expect_fmt(validate, NULL,
		   "BUG Poison overwritten\nFIX Restoring Poison %p-%p=0x6b\n"
		   "BUG End Poison overwritten\n"
		   "FIX Restoring End Poison %p-%p=0xa5\n",
		   (void *)p, (void *)p, (void *)(p + 63), (void *)(p + 63));
}

/* The bytes between the metadata and the next object. */
static void test_object_padding(void **state)
{
	u8 *pad;

	(void)state;
	setup(64, SLAB_RED_ZONE | SLAB_POISON);
	pad = p + s->size - s->red_left_pad - 1;
	*pad = 0;
	expect_bytes("Object padding", pad, pad, 0x5a);
}

/* The bytes behind the last object of a slab. */
static void test_slab_padding(void **state)
{
	u8 *end;

	(void)state;
	setup(72, SLAB_RED_ZONE | SLAB_POISON);
	end = (u8 *)slab_address(slab) + (PAGE_SIZE << slab->order);
	assert_true(s->oo_objects * s->size < PAGE_SIZE << slab->order);
	end[-1] = 0;
	expect_fmt(validate, NULL,
		   "BUG Padding overwritten. %p-%p @offset=%lu\n"
		   "FIX Restoring slab padding %p-%p=0x5a\n",
		   (void *)(end - 1), (void *)(end - 1),
		   (PAGE_SIZE << slab->order) - 1, (void *)(end - 1),
		   (void *)(end - 1));
	assert_non_null(strstr(said, "\nPadding 0"));
	expect(validate, NULL, "");
}

/* The free pointer behind an object in use, where its user wrote too far.
 * Expect "Freepointer corrupt", once. */
static void test_freepointer(void **state)
{
	(void)state;
	setup(64, SLAB_POISON);
	memset(p + s->offset, 0x41, 8);
	expect(validate, NULL, "BUG Freepointer corrupt\n");
	expect(validate, NULL, "");
}

/* A free object whose pointer leads astray. Expect the chain to be cut behind
 * it, and the objects that are lost with it to count as in use. */
static void test_freechain(void **state)
{
	(void)state;
	setup(64, SLAB_POISON);
	kmem_cache_free(s, p);
	set_freepointer(s, slab, p, p + 1);
	expect_fmt(validate, NULL,
		   "BUG Freechain corrupt\n"
		   "BUG Wrong object count. Counter is 1 but counted were "
		   "%u\n"
		   "FIX Object count adjusted\n",
		   s->oo_objects - 1);
	expect(validate, NULL, "");
	assert_ptr_equal(kmem_cache_alloc(s, GFP_KERNEL), p);
	assert_ptr_not_equal(virt_to_slab(kmem_cache_alloc(s, GFP_KERNEL)),
			     slab);
}

/* A free list that begins nowhere. Expect it to be cleared. */
static void test_freelist(void **state)
{
	(void)state;
	setup(64, SLAB_POISON);
	slab->state.freelist = (void *)0x4141414141414141;
	expect(validate, NULL,
	       "BUG Freepointer corrupt\nFIX Freelist cleared\n");
	expect(validate, NULL, "");
	assert_ptr_not_equal(virt_to_slab(kmem_cache_alloc(s, GFP_KERNEL)),
			     slab);
}

/* The same, found when an object is asked for. Expect the slab to be given up
 * and the object to come from another. */
static void test_freelist_at_alloc(void **state)
{
	void *r;

	(void)state;
	setup(64, ALL_FLAGS);
	slab->state.freelist = (u8 *)slab->state.freelist + 3;
	expect(alloc_one, &r,
	       "BUG Freelist Pointer check fails\n"
	       "FIX Marking all objects used\n");
	assert_non_null(r);
	assert_ptr_not_equal(virt_to_slab(r), slab);
	expect(validate, NULL, "");
}

/* A free object that was written to, found when it is asked for. Expect the
 * object to be mended, its slab to be given up, and another object. */
static void test_poison_at_alloc(void **state)
{
	void *r;

	(void)state;
	setup(64, ALL_FLAGS);
	kmem_cache_free(s, p);
	p[5] = 0;
	expect_fmt(alloc_one, &r,
		   "BUG Poison overwritten\nFIX Restoring Poison %p-%p=0x6b\n"
		   "FIX Marking all objects used\n",
		   (void *)(p + 5), (void *)(p + 5));
	assert_ptr_not_equal(virt_to_slab(r), slab);
	assert_int_equal(s->in_use, 2);
	/* What comes back to it stays out of use, and is not complained of. */
	expect(free_one, q, "");
	kmem_cache_free(s, r);
}

/* Free twice. Expect "Object already free" and the object to stay free once. */
static void test_double_free(void **state)
{
	(void)state;
	setup(64, ALL_FLAGS);
	kmem_cache_free(s, p);
	expect_fmt(free_one, p,
		   "BUG Object already free\nFIX Object at %p not freed\n",
		   (void *)p);
	assert_int_equal(s->in_use, 1);
	expect(validate, NULL, "");
	kmem_cache_free(s, q);
	kmem_cache_destroy(s);
}

/* Free the inside of an object. Expect "Invalid object pointer". */
static void test_invalid_pointer(void **state)
{
	(void)state;
	setup(64, ALL_FLAGS);
	expect_fmt(free_one, p + 8,
		   "BUG Invalid object pointer %p\n"
		   "FIX Object at %p not freed\n",
		   (void *)(p + 8), (void *)(p + 8));
	kmem_cache_free(s, p);
	kmem_cache_free(s, q);
	kmem_cache_destroy(s);
}

/* Free what overran its end. Expect the report and the object not freed. */
static void test_overflow_at_free(void **state)
{
	(void)state;
	setup(64, ALL_FLAGS);
	p[64] = 0;
	expect_fmt(free_one, p,
		   "BUG Right Redzone overwritten\n"
		   "FIX Restoring Right Redzone %p-%p=0xcc\n"
		   "FIX Object at %p not freed\n",
		   (void *)(p + 64), (void *)(p + 64), (void *)p);
	kmem_cache_free(s, p); /* it was mended */
	kmem_cache_free(s, q);
	kmem_cache_destroy(s);
}

/* Free what is in no slab: on the stack, a page, where nothing is online. */
static void test_outside(void **state)
{
	char on_stack[64];
	void *page = (void *)__get_free_page(GFP_KERNEL);
	void *const bad[] = { on_stack, page, pfn_to_virt(arena_nr_frames - 1),
			      (void *)64 };

	(void)state;
	setup(64, ALL_FLAGS);
	for (unsigned int i = 0; i < ARRAY_SIZE(bad); i++)
		expect_fmt(free_one, bad[i],
			   "BUG Attempt to free object(%p) outside of "
			   "slab\n",
			   bad[i]);
	free_page((unsigned long)page);
}

/* A slab without a cache, with another's. Expect to be told so. */
static void test_slab_cache(void **state)
{
	struct kmem_cache *other;
	struct slab_caller who = { .nr = 0 };

	(void)state;
	setup(64, ALL_FLAGS);
	slab->slab_cache = NULL;
	expect_fmt(free_one, p,
		   "BUG No slab cache for object %p\n"
		   "FIX Object at %p not freed\n",
		   (void *)p, (void *)p);
	other = s;
	setup(64, ALL_FLAGS);
	slab->slab_cache = other;
	slab_kunit_errors = &(unsigned int){ 0 };
	s->ops->debug_free(s, p, &who);
	slab_kunit_errors = NULL;
	assert_int_equal(s->debug_errors, 2);
	slab->slab_cache = s;
}

/* A pointer given to the wrong cache. Expect to be told so, and the object to
 * go where it belongs. */
static void test_wrong_cache(void **state)
{
	struct kmem_cache *other = kmem_cache_create("other", 64, 0, ALL_FLAGS,
						     NULL);
	struct kmem_cache *plain = kmem_cache_create("plain", 64, 0, 0, NULL);
	void *r = kmem_cache_alloc(other, GFP_KERNEL);
	void *t = kmem_cache_alloc(plain, GFP_KERNEL);

	(void)state;
	setup(64, ALL_FLAGS);
	capture_stderr(free_one, r, said, sizeof(said));
	assert_string_equal(said, "cache_from_obj: Wrong slab cache. victim "
				  "but object is from other\n");
	assert_int_equal(other->in_use, 0);
	capture_stderr(free_one, t, said, sizeof(said));
	assert_string_equal(said, "cache_from_obj: Wrong slab cache. victim "
				  "but object is from plain\n");
	kmem_cache_destroy(other);
	kmem_cache_destroy(plain);
}

/* The counters of a slab. Expect each contradiction to be found; those of the
 * page itself make the slab untouchable. */
static void test_counters(void **state)
{
	u16 objects;

	(void)state;
	setup(64, ALL_FLAGS);
	objects = slab->state.counters.objects;
	slab->state.counters.objects = (u16)(objects + 1);
	expect_fmt(free_one, p,
		   "BUG objects %u > max %u\n"
		   "BUG Slab disabled since SLUB metadata consistency check "
		   "failed\n",
		   objects + 1, objects);
	slab->state.counters.objects = objects;
	slab->state.counters.inuse = objects + 1U;
	expect_fmt(validate, NULL, "BUG inuse %u > max %u\n", objects + 1,
		   objects);
	slab->state.counters.inuse = 3;
	expect(validate, NULL,
	       "BUG Wrong object count. Counter is 3 but counted were 2\n"
	       "FIX Object count adjusted\n");
	slab->type = PAGE_ALLOCATED;
	expect(validate, NULL, "BUG Not a valid slab page\n");
	slab->type = PAGE_SLAB;
	for (unsigned int i = 2; i < objects; i++)
		kmem_cache_alloc(s, GFP_KERNEL);
	slab->state.counters.objects--;
	slab->state.counters.inuse--;
	expect_fmt(validate, NULL,
		   "BUG Wrong number of objects. Found %d but should be %d\n"
		   "FIX Number of objects adjusted\n"
		   "BUG Wrong object count. Counter is %d but counted were "
		   "%d\n"
		   "FIX Object count adjusted\n",
		   objects - 1, objects, objects - 1, objects);
	expect(validate, NULL, "");
}

/* Bad frees without F. Expect the one line and the end, as without
 * debugging. */
static void free_inside(void *arg)
{
	kmem_cache_free(arg, p + 8);
}

static void free_twice(void *arg)
{
	kmem_cache_free(arg, p);
	kmem_cache_free(arg, p);
}

static void test_without_checks(void **state)
{
	(void)state;
	setup(64, SLAB_POISON);
	expect_abort(free_inside, s, "is not the start of an object");
	expect_abort(free_twice, s, "double free");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_left_redzone),
		cmocka_unit_test(test_right_redzone),
		cmocka_unit_test(test_kmalloc_redzone),
		cmocka_unit_test(test_alignment_padding),
		cmocka_unit_test(test_poison),
		cmocka_unit_test(test_object_padding),
		cmocka_unit_test(test_slab_padding),
		cmocka_unit_test(test_freepointer),
		cmocka_unit_test(test_freechain),
		cmocka_unit_test(test_freelist),
		cmocka_unit_test(test_freelist_at_alloc),
		cmocka_unit_test(test_poison_at_alloc),
		cmocka_unit_test(test_double_free),
		cmocka_unit_test(test_invalid_pointer),
		cmocka_unit_test(test_overflow_at_free),
		cmocka_unit_test(test_outside),
		cmocka_unit_test(test_slab_cache),
		cmocka_unit_test(test_wrong_cache),
		cmocka_unit_test(test_counters),
		cmocka_unit_test(test_without_checks),
	};

	return cmocka_run_group_tests(tests, slub_start, NULL);
}
