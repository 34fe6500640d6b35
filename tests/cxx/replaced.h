/* SPDX-License-Identifier: MIT */
/*
 * cxx/replaced.h - what the files of the test of replaced operators share
 */
#ifndef REPLACED_H
#define REPLACED_H

#ifdef __cplusplus
extern "C" {
#endif

/* How often the replaced new, delete, new aligned, delete aligned were
 * called. */
const int *replaced_calls(void);
/* Calls all twenty operators and prints what ran; 0, or 1: a wrong block. */
int replaced_body(void);

#ifdef __cplusplus
}
#endif

#endif
