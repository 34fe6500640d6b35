/* SPDX-License-Identifier: MIT */
/*
 * tests/support/text.h - compare a text of diag/proc.h with what it should be
 */
#ifndef TEST_TEXT_H
#define TEST_TEXT_H

#include "diag/proc.h"
#include "support/child.h"

#define TEXT_MAX (1 << 16)

/* The text of that name, served by that function; it must be there, whole. */
static inline const char *
read_text(const char *name, int (*show)(struct seq_file *, const char *))
{
	static char text[TEXT_MAX];
	const struct proc_file *file;
	const char *path;
	long len;

	file = proc_find(name, &path);
	REQUIRE(file && file->show == show);
	len = proc_read(name, text, sizeof(text));
	REQUIRE(len >= 0 && len < TEXT_MAX && (size_t)len == strlen(text));
	return text;
}

/* In a child: say where two texts part, and end it. */
static inline void require_text(const char *text, const char *expected)
{
	size_t at = 0, line = 0;

	while (text[at] && text[at] == expected[at]) {
		if (text[at] == '\n')
			line = at + 1;
		at++;
	}
	if (text[at] == expected[at])
		return;
	dprintf(2, "byte %zu: got\n%.200s\nexpected\n%.200s\n", at, text + line,
		expected + line);
	_exit(1);
}

#endif
