// SPDX-License-Identifier: MIT
/*
 * picture.c - live and resident bytes over the steps of a replay, as SVG
 *
 *	MiB|    __/\_____  resident
 *	   |  _/  _______  live
 *	   |_/___/
 *	   `-------------- calls
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "picture.h"

#define WIDTH 760
#define HEIGHT 380
#define LEFT 70
#define TOP 50
#define LINES 4 /* of the grid */

struct scale {
	double step, byte; /* pixels */
	uint64_t most; /* bytes at the top */
	size_t steps;
};

static void put_text(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '<' || *text == '>' || *text == '&' ||
		    *text < ' ' || *text > '~')
			fprintf(out, "&#%d;",
				*text < ' ' || *text > '~' ? '?' : *text);
		else
			fputc(*text, out);
	}
}

static struct scale scale_of(const struct result *result)
{
	struct scale s = { .most = 1UL << 20, .steps = 1 };

	for (size_t i = 0; i < result->nr_samples; i++) {
		const struct sample *at = &result->samples[i];
		uint64_t high = at->live > at->resident ? at->live :
							  at->resident;

		s.most = high > s.most ? high : s.most;
		s.steps = at->step > s.steps ? at->step : s.steps;
	}
	s.step = (double)WIDTH / (double)s.steps;
	s.byte = (double)HEIGHT / (double)s.most;
	return s;
}

static void put_grid(FILE *out, const struct scale *s)
{
	for (int n = 0; n <= LINES; n++) {
		int y = TOP + HEIGHT - HEIGHT * n / LINES;

		fprintf(out,
			"<path d=\"M%d %dh%d\" stroke=\"#ddd\"/>\n"
			"<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%.1f"
			"</text>\n",
			LEFT, y, WIDTH, LEFT - 8, y + 4,
			(double)s->most * n / LINES / 1048576.0);
	}
	fprintf(out,
		"<text x=\"%d\" y=\"%d\">MiB</text>\n"
		"<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%zu calls"
		"</text>\n",
		8, TOP - 12, LEFT + WIDTH, TOP + HEIGHT + 20, s->steps);
}

static void put_line(FILE *out, const struct result *result,
		     const struct scale *s, const char *colour, size_t field)
{
	fprintf(out,
		"<polyline fill=\"none\" stroke=\"%s\" stroke-width=\"1.5\" "
		"points=\"%d,%d",
		colour, LEFT, TOP + HEIGHT);
	for (size_t i = 0; i < result->nr_samples; i++) {
		const struct sample *at = &result->samples[i];
		uint64_t value;

		memcpy(&value, (const char *)at + field, sizeof(value));
		fprintf(out, " %.1f,%.1f", LEFT + (double)at->step * s->step,
			TOP + HEIGHT - (double)value * s->byte);
	}
	fputs("\"/>\n", out);
}

static void put_picture(FILE *out, const char *title,
			const struct result *result)
{
	const struct scale s = scale_of(result);

	fprintf(out,
		"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" "
		"height=\"%d\" font-family=\"sans-serif\" font-size=\"12\">\n"
		"<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n"
		"<text x=\"%d\" y=\"22\" font-size=\"14\">",
		LEFT + WIDTH + 20, TOP + HEIGHT + 40, LEFT);
	put_text(out, title);
	fputs("</text>\n", out);
	put_grid(out, &s);
	put_line(out, result, &s, "#c33", offsetof(struct sample, resident));
	put_line(out, result, &s, "#36c", offsetof(struct sample, live));
	fprintf(out,
		"<text x=\"%d\" y=\"%d\" fill=\"#c33\">resident</text>\n"
		"<text x=\"%d\" y=\"%d\" fill=\"#36c\">live</text>\n</svg>\n",
		LEFT + 12, TOP + 16, LEFT + 80, TOP + 16);
}

int picture_write(const char *path, const char *title,
		  const struct result *result)
{
	FILE *out = fopen(path, "we");
	int failed = 1;

	if (out) {
		put_picture(out, title, result);
		failed = ferror(out);
		failed |= fclose(out);
	}
	if (failed)
		fprintf(stderr, "kmalloc-replay: %s: %s\n", path,
			strerror(errno));
	return failed ? -1 : 0;
}
