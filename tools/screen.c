// SPDX-License-Identifier: MIT
/*
 * screen.c - a heap live in a terminal
 *
 *	the head, as kmalloc-top --once prints it
 *	the caches or the owners, as many as there are lines
 *	keys: those of view_sorts[], t for the other table, q to end
 */
#include <curses.h>
#include <string.h>

#include "view.h"

static void draw_line(void *to, const char *text)
{
	int *row = to;

	if (*row < LINES)
		mvaddnstr((*row)++, 0, text, COLS);
}

struct screen {
	const struct view_sort *sort;
	bool owners; /* not the caches */
	bool end;
};

static void draw_view(const struct screen *s, const struct view *v,
		      const struct view *before)
{
	int row = 0;

	erase();
	view_head(v, draw_line, &row);
	draw_line(&row, "");
	if (s->owners)
		view_owners(v, draw_line, &row);
	else
		view_caches(v, before, s->sort, draw_line, &row);
	refresh();
}

/* Returns true if a key changed what is shown. */
static bool handle_key(struct screen *s, int key)
{
	const struct view_sort *sort = view_sort_of(key);

	s->end = key == 'q' || key == 'Q';
	if (key == 't')
		s->owners = !s->owners;
	if (sort)
		s->sort = sort;
	return s->end || sort || key == 't' || key == KEY_RESIZE;
}

/* Shows one look until the next is due. */
static void show_one(struct screen *s, const struct view *v,
		     const struct view *before, double interval)
{
	draw_view(s, v, before);
	timeout((int)(interval * 1000));
	while (!s->end) {
		int key = getch();

		if (key == ERR)
			return;
		if (handle_key(s, key))
			draw_view(s, v, before);
	}
}

int screen_show(struct view_source *source, double interval, struct why *why)
{
	struct view looks[2] = { 0 };
	struct screen s = { .sort = view_sorts };
	bool second = false;
	int ret;

	if (source->look(source, &looks[0], why))
		return -1;
	if (!newterm(NULL, stdout, stdin)) {
		heap_free(&looks[0].heap);
		return because(why, "the terminal is not known");
	}
	cbreak();
	noecho();
	curs_set(0);
	keypad(stdscr, TRUE);
	do {
		show_one(&s, &looks[0], second ? &looks[1] : NULL, interval);
		heap_free(&looks[1].heap);
		looks[1] = looks[0];
		memset(&looks[0], 0, sizeof(looks[0]));
		second = true;
		ret = s.end ? 0 : source->look(source, &looks[0], why);
	} while (!s.end && !ret);
	endwin();
	heap_free(&looks[0].heap);
	heap_free(&looks[1].heap);
	return ret;
}
