#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Memory goes back by the free that frees it: 128 MiB are filled and freed, and
# no call follows. Expect at most 5% of the peak + 8 MiB resident, also for
# sizes of so many classes that their arrays and slabs would hold more. The same
# after ten turns, with time to learn: expect at most 30%. For sizes of all
# classes, one turn alone: 8,000 blocks are few for 71 classes.
# With a floor of 64 MiB: expect most of that to stay.
. "$(dirname "$0")/../lib.sh"
begin bash

drop() # PARAMETERS ARGUMENTS...: sets peak, first, last
{
	local parameters=$1

	shift
	read -r peak first last < <(LD_PRELOAD=$KM_PRELOAD_LIB \
		KMALLOC_CMDLINE=$parameters \
		t "$KM_PROGRAMS/preload_drop" "$@" 2>"$WORK/err")
	clean_stderr "$WORK/err"
	[[ $peak ]] || fail "$*: the program failed"
	echo "$*: peak $peak KiB, $first KiB left, $last KiB after all turns"
}

for case in "16 495" "512 8000" "20000 40000" "100000 200000" "5000000 9000000"
do
	# shellcheck disable=SC2086
	drop "" $case 10
	((first <= peak / 20 + 8192)) || fail "$case: $first KiB of $peak left"
	((last <= peak * 3 / 10)) ||
		fail "$case: $last KiB of $peak left after ten turns"
done
drop "" 16 40000 1
((first <= peak / 20 + 8192)) || fail "all classes: $first KiB of $peak left"
drop page_reporting.dirty_bytes=64M 100000 200000 1
((first >= 36 << 10)) || fail "a floor of 64 MiB, and $first KiB left"
