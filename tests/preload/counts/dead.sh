#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Resident bytes that stay for each of 2,000 threads which called malloc and
# ended, some of them in a late round of their destructors. Expect at most 1 KiB
# for each of the first, and 256 bytes for each of the others.
. "$(dirname "$0")/../lib.sh"
begin

out=$(LD_PRELOAD=$KM_PRELOAD_LIB t "$KM_PROGRAMS/preload_dead" 2>"$WORK/err") ||
	fail "the program failed"
clean_stderr "$WORK/err"
echo "bytes a thread:" $out
ended=$(awk '$1 == "ended" { print $2 }' <<<"$out")
late=$(awk '$1 == "late" { print $2 }' <<<"$out")
[[ $ended && $late ]] || fail "no figures"
((ended <= 1024)) || fail "$ended bytes for a thread that ended"
((late <= 256)) || fail "$late bytes for a thread that ended late"
