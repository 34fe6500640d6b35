#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Most blocks of 16 to 495 bytes are freed, at random, and malloc_trim() is
# called. Expect at most a quarter of the peak resident if 99 of 100 were freed,
# 85% of it if 9 of 10 were, malloc_trim() to say that memory went, and the
# bytes of the rest as they were.
. "$(dirname "$0")/../lib.sh"
begin bash

for case in "990 25" "900 85"; do
	read -r freed most <<<"$case"
	read -r peak left < <(LD_PRELOAD=$KM_PRELOAD_LIB \
		t "$KM_PROGRAMS/preload_sparse" "$freed" 2>"$WORK/err")
	clean_stderr "$WORK/err"
	[[ $peak ]] || fail "$freed of 1000: the program failed"
	echo "$freed of 1000 freed: peak $peak KiB, $left KiB after a trim"
	((left * 100 <= peak * most)) ||
		fail "$freed of 1000 freed: $left of $peak KiB after a trim"
done
