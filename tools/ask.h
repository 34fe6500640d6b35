// SPDX-License-Identifier: MIT
/*
 * ask.h - kmalloc-info --pid PID trim: has a process do something
 */
#ifndef KM_TOOLS_ASK_H
#define KM_TOOLS_ASK_H

#include <stdbool.h>
#include <sys/types.h>

#define ASK_MISUSED 2 /* the words are no request */
#define ASK_INTERRUPTED 130

/* Returns true if the word is one of a request, and no name of a text. */
bool ask_knows(const char *word);
/*
 * Asks, waits so many seconds for the answer, and prints what went wrong.
 * Returns the exit status: 0, 1 or one of the above.
 */
int ask_process(pid_t pid, char **words, unsigned long seconds);

#endif
