// SPDX-License-Identifier: MIT
/*
 * test_gfpflags.c - the names of gfp flags in reports
 */
#include "zone/gfp.h"
#include "support/child.h"

/* Sets, single flags, mixtures, none, and bits without a name. Expect the
 * kernel's names, the largest set first, and a number for the rest. */
static void test_names(void **state)
{
	static const struct {
		gfp_t gfp;
		const char *text;
	} rows[] = {
		{ 0, "" },
		{ GFP_KERNEL, "GFP_KERNEL" },
		{ GFP_KERNEL | __GFP_ZERO, "GFP_KERNEL|__GFP_ZERO" },
		{ GFP_KERNEL_ACCOUNT, "GFP_KERNEL_ACCOUNT" },
		{ GFP_TRANSHUGE, "GFP_TRANSHUGE" },
		{ GFP_TRANSHUGE_LIGHT, "GFP_TRANSHUGE_LIGHT" },
		{ GFP_HIGHUSER_MOVABLE, "GFP_HIGHUSER_MOVABLE" },
		{ GFP_USER, "GFP_USER" },
		{ GFP_NOFS, "GFP_NOFS" },
		{ GFP_NOIO, "GFP_NOIO" },
		{ GFP_ATOMIC | __GFP_DMA, "GFP_ATOMIC|GFP_DMA" },
		{ GFP_NOWAIT, "GFP_NOWAIT" },
		{ __GFP_HIGH, "__GFP_HIGH" },
		{ __GFP_DIRECT_RECLAIM | __GFP_IO,
		  "__GFP_IO|__GFP_DIRECT_RECLAIM" },
		{ GFP_KERNEL | __GFP_COMP | __GFP_NOWARN | __GFP_NORETRY,
		  "GFP_KERNEL|__GFP_NOWARN|__GFP_NORETRY|__GFP_COMP" },
		{ GFP_DMA32 | __GFP_THISNODE | __GFP_COLD,
		  "GFP_DMA32|__GFP_THISNODE|__GFP_COLD" },
		{ 0x02000000, "0x2000000" },
		{ __GFP_HIGH | 0x02000200, "__GFP_HIGH|0x2000200" },
	};
	char text[256];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		int len = gfp_flags_string(text, sizeof(text), rows[i].gfp);

		assert_string_equal(text, rows[i].text);
		assert_int_equal(len, strlen(text));
	}
}

/* Every flag that gfp.h has, all at once and each alone. Expect no number. */
static void test_all(void **state)
{
	const gfp_t unnamed = 0x0f800200; /* bits that mean nothing */
	char text[1024];

	(void)state;
	for (unsigned int bit = 0; bit < 32; bit++) {
		gfp_flags_string(text, sizeof(text), (gfp_t)1 << bit);
		assert_int_equal(!strncmp(text, "0x", 2), unnamed >> bit & 1);
	}
	gfp_flags_string(text, sizeof(text), ~unnamed);
	assert_null(strstr(text, "0x"));
}

/* Too small a buffer. Expect the full length and a cut text. */
static void test_cut(void **state)
{
	char text[8];

	(void)state;
	assert_int_equal(gfp_flags_string(text, sizeof(text),
					  GFP_KERNEL | __GFP_ZERO),
			 21);
	assert_string_equal(text, "GFP_KER");
	assert_int_equal(gfp_flags_string(NULL, 0, GFP_KERNEL), 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_all),
		cmocka_unit_test(test_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
