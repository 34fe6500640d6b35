#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Resident bytes for each of 500 threads that used malloc a little, and of 64
# that used it much, and that sleep now. Expect at most 8 KiB more than for
# threads that never called malloc, and 176 KiB (11 MiB for all).
. "$(dirname "$0")/../lib.sh"
begin

each() {
	LD_PRELOAD=$KM_PRELOAD_LIB t "$KM_PROGRAMS/preload_idle" "$@" \
		2>"$WORK/err" || fail "the program failed: $*"
	clean_stderr "$WORK/err"
}

none=$(each none 500)
few=$(each few 500)
burst=$(each burst 64)
echo "bytes a thread: none $none, few $few, burst $burst"
[[ $none && $few && $burst ]] || fail "no figures"
((few - none <= 8192)) || fail "$((few - none)) bytes for a little"
((burst <= 180224)) || fail "$burst bytes for much"
