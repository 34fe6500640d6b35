// SPDX-License-Identifier: MIT
/*
 * shim/slack.h - the bytes of a page run beyond the size asked for
 */
#ifndef KM_SHIM_SLACK_H
#define KM_SHIM_SLACK_H

#include "zone/mmzone.h"

enum slack_state {
	SLACK_DIRTY, /* it may hold anything */
	SLACK_ZERO, /* it is 0 and not resident */
};

/* Notes the size of a run that its caller has alone, and marks its slack. */
void slack_set(struct page *page, size_t size, enum slack_state state);
/* Ends the program, in `function`, if the slack of a run was written to. */
void slack_check(const struct page *page, const char *function);
/* Returns the size of a run, or all its bytes if that is not known. */
size_t slack_size(const struct page *page);
/* The program is told that it may use the slack of the block at p. */
void slack_give(const void *p);
/* The program asks which sizes are rounded to what: it may use all slack. */
void slack_give_all(void);

#endif
