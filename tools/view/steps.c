// SPDX-License-Identifier: MIT
/*
 * steps.c - a program that tells of its steps, and is looked at after each
 *
 *	program				kmalloc-view
 *	  "#cache point"      ------>	  a hint, for the page
 *	  "An object is ..."  ------>	  the text of a look, which is taken
 *	  goes on	      <------	  a line
 *
 * It prints lines and reads lines, nothing else: tools/lessons/lesson.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "view/look.h"

/* In the child: becomes the program. */
__attribute__((noreturn)) static void be_program(char **program, int in,
						 int out)
{
	dup2(in, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	execvp(program[0], program);
	perror(program[0]);
	_exit(127);
}

int steps_begin(struct steps *s, char **program, struct why *why)
{
	int in[2], out[2];

	memset(s, 0, sizeof(*s));
	if (pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC))
		return because(why, "no pipe: %s", strerror(errno));
	signal(SIGPIPE, SIG_IGN);
	s->pid = fork();
	if (!s->pid)
		be_program(program, in[0], out[1]);
	close(in[0]);
	close(out[1]);
	s->to = in[1];
	s->from = fdopen(out[0], "r");
	if (s->pid > 0 && s->from)
		return 0;
	return because(why, "%.180s: it cannot be started", program[0]);
}

/* Notes "#name value". */
static void note_hint(struct steps *s, const char *line)
{
	for (int i = 0; i < NR_HINTS; i++) {
		size_t length = strlen(hint_names[i]);

		if (!strncmp(line, hint_names[i], length) &&
		    line[length] == ' ')
			snprintf(s->hints[i], HINT_SIZE, "%s",
				 line + length + 1);
	}
}

bool steps_next(struct steps *s)
{
	ssize_t length;

	memset(s->hints, 0, sizeof(s->hints));
	if (s->text && write(s->to, "\n", 1) != 1)
		return false;
	while ((length = getline(&s->text, &s->room, s->from)) > 0) {
		s->text[strcspn(s->text, "\n")] = '\0';
		if (s->text[0] != '#')
			return true;
		note_hint(s, s->text + 1);
	}
	return false;
}

int steps_end(struct steps *s, struct why *why)
{
	int status = 0;

	close(s->to);
	fclose(s->from);
	free(s->text);
	if (waitpid(s->pid, &status, 0) == s->pid && WIFEXITED(status) &&
	    !WEXITSTATUS(status))
		return 0;
	return because(why, "the program failed");
}
