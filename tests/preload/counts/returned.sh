#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Memory goes back: 256 MiB are filled and freed, two seconds pass, a hundred
# calls follow; or they are made smaller, and realloc() is the only call that
# follows. Expect at most 5% of the peak + 2 MiB resident beside what is in use,
# for small and large blocks, freed in order and at random.
. "$(dirname "$0")/../lib.sh"
begin bash

for case in "16 random" "64 fifo" "64 random" "1000 random" "30000 random" \
	"200000 random" "6000000 fifo" "0 fifo" "0 random" \
	"3145728 realloc" "8388608 realloc"; do
	# shellcheck disable=SC2086
	read -r peak left table < <(LD_PRELOAD=$KM_PRELOAD_LIB \
		t "$KM_PROGRAMS/preload_returned" $case 2>"$WORK/err")
	clean_stderr "$WORK/err"
	[[ $peak ]] || fail "$case: the program failed"
	# The program's own table of pointers stays, and what it started with.
	((left -= table + 1500))
	echo "$case: peak $peak KiB, $left KiB left beside the program's own"
	((left <= peak / 20 + 2048)) || fail "$case: $left KiB of $peak left"
done
