// SPDX-License-Identifier: MIT
/*
 * picture.h - live and resident bytes over the steps of a replay, as SVG
 */
#ifndef PICTURE_H
#define PICTURE_H

#include "play.h"

/* Returns 0, or -1 after one line on stderr. */
int picture_write(const char *path, const char *title,
		  const struct result *result);

#endif
