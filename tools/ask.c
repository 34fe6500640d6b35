// SPDX-License-Identifier: MIT
/*
 * ask.c - see ask.h
 *
 *	trim
 *	shrink CACHE		its name, or the number of its row in slabinfo
 *	set KNOB NUMBER
 *
 * The process looks for requests in its slow paths. One that sleeps, or that
 * its arrays serve, takes none: then the request is pending. It is withdrawn
 * when the time is over, or by the first signal. If the process has begun to
 * obey by then, its answer is waited for.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ask.h"
#include "control.h"
#include "heap.h"

#define SECOND 1000000000UL /* ns */
#define LOOK_NS 10000000L /* between two looks for the answer */
#define PATIENCE (SECOND / 5) /* until the user is told that it is pending */
#define GRACE (10 * SECOND) /* for a request that was begun, in addition */

static const struct word {
	const char *word;
	enum control_nr action;
	int arguments;
} known[] = {
	{ "trim", CONTROL_TRIM, 0 },
	{ "shrink", CONTROL_SHRINK, 1 },
	{ "set", CONTROL_SET, 2 },
};

static const struct word *find_word(const char *word)
{
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (!strcmp(known[i].word, word))
			return &known[i];
	return NULL;
}

bool ask_knows(const char *word)
{
	return find_word(word) != NULL;
}

/* ---- the request --------------------------------------------------------- */

/* Reads "4096", "0x1000" or "4K". Returns 0 or -1. */
static int read_number(const char *text, uint64_t *number)
{
	static const char units[] = "KMGT";
	const char *unit;
	char *end;

	errno = 0;
	*number = strtoull(text, &end, 0);
	if (end == text || errno || *text == '-' || *text == '+')
		return -1;
	if (!*end)
		return 0;
	unit = strchr(units, *end & ~0x20);
	if (!unit || end[1] ||
	    *number > UINT64_MAX >> 10 * (unsigned int)(unit - units + 1))
		return -1;
	*number <<= 10 * (unsigned int)(unit - units + 1);
	return 0;
}

/* A row of slabinfo, or a name. Returns 0, or -1 with the reason. */
static int find_cache(struct library *lib, const char *word, uint64_t *number,
		      struct why *why)
{
	struct heap heap;
	uint64_t row;
	int ret = 0;

	*number = control_name(word);
	if (word[strspn(word, "0123456789")] || read_number(word, &row))
		return 0;
	if (heap_read(lib, &heap, why))
		return -1;
	if (row < heap.nr_caches)
		*number = control_name(heap.caches[row].name);
	else
		ret = because(why, "it has %zu caches: the last one is %zu",
			      heap.nr_caches, heap.nr_caches - 1);
	heap_free(&heap);
	return ret;
}

/* "vm.min_free_kbytes", "vm/min_free_kbytes" and "min_free_kbytes" are one. */
static uint64_t find_knob(const char *word)
{
	char name[64];

	snprintf(name, sizeof(name), "%s%s",
		 strncmp(word, "vm.", 3) && strncmp(word, "vm/", 3) ? "vm." :
								      "",
		 word);
	if (name[2] == '/')
		name[2] = '.';
	return control_name(name);
}

static int make_request(struct library *lib, char **words,
			struct control_request *r, struct why *why)
{
	r->action = find_word(words[0])->action;
	if (r->action == CONTROL_SHRINK)
		return find_cache(lib, words[1], &r->number[0], why);
	if (r->action == CONTROL_SET) {
		r->number[0] = find_knob(words[1]);
		if (read_number(words[2], &r->number[1]))
			return because(why, "%s: this is no number", words[2]);
	}
	return 0;
}

/* ---- the answer ---------------------------------------------------------- */

static volatile sig_atomic_t interrupted;

static void note_signal(int signal)
{
	(void)signal;
	interrupted = 1;
}

static void catch_signals(void)
{
	const struct sigaction act = { .sa_handler = note_signal };
	struct sigaction old;
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };

	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		if (!sigaction(signals[i], NULL, &old) &&
		    old.sa_handler != SIG_IGN)
			sigaction(signals[i], &act, NULL);
}

/* Returns when there is an answer, at a time, or by a signal. */
static enum control_state wait_until(struct control *c, uint64_t end,
				     int64_t *result)
{
	const uint64_t told = control_clock() + PATIENCE;
	const struct timespec pause = { .tv_nsec = LOOK_NS };
	enum control_state state;
	bool tell = true;

	for (;;) {
		uint64_t now = control_clock();

		state = control_look(c, result);
		if (state != CONTROL_WAITS && state != CONTROL_BEGUN)
			return state;
		if (interrupted || now >= end)
			return state;
		if (tell && now >= told && state == CONTROL_WAITS) {
			fprintf(stderr,
				"kmalloc-info: pending: process %d has taken "
				"no slow path yet\n",
				(int)c->target->pid);
			tell = false;
		}
		nanosleep(&pause, NULL);
	}
}

static enum control_state get_answer(struct control *c, uint64_t end,
				     int64_t *result)
{
	enum control_state state = wait_until(c, end, result);

	if (state != CONTROL_WAITS && state != CONTROL_BEGUN)
		return state;
	state = control_withdraw(c, result);
	if (state != CONTROL_BEGUN)
		return state;
	fprintf(stderr, "kmalloc-info: process %d has begun already\n",
		(int)c->target->pid);
	interrupted = 0;
	return wait_until(c, control_clock() + GRACE, result);
}

static int say_why(pid_t pid, const char *text)
{
	fprintf(stderr, "kmalloc-info: process %d: %s\n", (int)pid, text);
	return 1;
}

static const char *why_refused(int64_t result, enum control_nr action)
{
	switch (result) {
	case -EPERM:
		return "it may not be asked: control=off, or it has more "
		       "rights than its user";
	case -ENOENT:
		return action == CONTROL_SET ? "there is no such knob" :
					       "there is no such cache";
	case -EACCES:
		return "this knob cannot be set from outside";
	case -ERANGE:
	case -EINVAL:
		return "the number is out of its range";
	case -ENOSYS:
		return "its libkmalloc does not know this request";
	}
	return result < 0 && result > -4096 ? strerror((int)-result) :
					      "the answer makes no sense";
}

static int report_end(const struct control *c, enum control_state state,
		      int64_t result, enum control_nr action)
{
	pid_t pid = c->target->pid;

	if (state == CONTROL_ANSWERED && result >= 0)
		return 0;
	if (state == CONTROL_GONE)
		return say_why(pid, "it has ended, or runs another program");
	if (state == CONTROL_LOST)
		return say_why(pid, "another tool's request took its place");
	if (state == CONTROL_WAITS || state == CONTROL_BEGUN)
		return say_why(pid, "it has begun, and gave no answer yet");
	if (state == CONTROL_ANSWERED && result != -ECANCELED)
		return say_why(pid, why_refused(result, action));
	say_why(pid, "the request is withdrawn, it was not obeyed");
	return interrupted ? ASK_INTERRUPTED : 1;
}

/* ---- both ---------------------------------------------------------------- */

static int ask_library(struct library *lib, char **words, unsigned long seconds)
{
	struct control_request r = { 0 };
	enum control_state state;
	uint64_t end;
	struct control c;
	int64_t result = 0;
	struct why why;

	if (control_open(&c, lib, &why) || make_request(lib, words, &r, &why))
		return say_why(lib->target->pid, why.text);
	catch_signals();
	end = control_clock() + seconds * SECOND;
	/* if this tool is killed it is ignored a second later */
	r.deadline = (end + SECOND) / 1000000;
	if (control_request(&c, &r, &why))
		return say_why(lib->target->pid, why.text);
	state = get_answer(&c, end, &result);
	return report_end(&c, state, result, r.action);
}

int ask_process(pid_t pid, char **words, unsigned long seconds)
{
	const struct word *word = find_word(words[0]);
	struct library lib;
	struct target *t;
	struct why why;
	int nr = 0, ret;

	while (words[nr])
		nr++;
	if (!word || nr != word->arguments + 1)
		return ASK_MISUSED;
	t = process_open_write(pid, &why);
	if (!t) {
		fprintf(stderr, "kmalloc-info: %s\n", why.text);
		return 1;
	}
	if (library_open(&lib, t, 0, &why)) {
		ret = say_why(pid, why.text);
	} else {
		ret = ask_library(&lib, words, seconds);
		library_close(&lib);
	}
	t->close(t);
	return ret;
}
