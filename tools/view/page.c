// SPDX-License-Identifier: MIT
/*
 * page.c - the page: page.html, with other files in their places
 *
 *	.. @css@ .. @data@ .. @js@ ..
 *	   page.css           model.js, map.js, tables.js
 *
 * The files become a part of the program when it is assembled.
 */
#include <string.h>

#include "view/look.h"

#define EMBED(symbol, file)                                     \
	__asm__(".pushsection .rodata\n"                        \
		"	.globl " #symbol "\n" #symbol ":\n"     \
		"	.incbin \"" VIEW_FOLDER "/" file "\"\n" \
		"	.byte 0\n"                                    \
		"	.popsection\n")

EMBED(view_html, "page.html");
EMBED(view_css, "page.css");
EMBED(view_model, "model.js");
EMBED(view_map, "map.js");
EMBED(view_tables, "tables.js");

extern const char view_html[], view_css[], view_model[], view_map[],
	view_tables[];

/* Writes what lies between two places. */
static void put_between(const char *from, const char *to, FILE *out)
{
	fwrite(from, 1, (size_t)(to - from), out);
}

void page_begin(FILE *out)
{
	const char *css = strstr(view_html, "@css@");
	const char *data = strstr(view_html, "@data@");

	put_between(view_html, css, out);
	fputs(view_css, out);
	put_between(css + strlen("@css@"), data, out);
}

void page_end(FILE *out)
{
	const char *data = strstr(view_html, "@data@") + strlen("@data@");
	const char *js = strstr(data, "@js@");

	put_between(data, js, out);
	fputs(view_model, out);
	fputs(view_map, out);
	fputs(view_tables, out);
	fputs(js + strlen("@js@"), out);
}
