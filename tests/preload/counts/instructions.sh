#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Instructions of a malloc and free of 64 bytes that hit, with loop and PLT
# calls, as callgrind counts them: the difference between 200,000 and 400,000
# pairs. Expect at most 44.
. "$(dirname "$0")/../lib.sh"
begin valgrind

instructions() {
	t valgrind --tool=callgrind --callgrind-out-file="$WORK/out.$1" \
		"$KM_PROGRAMS/preload_pairs" "$1" >"$WORK/err" 2>&1 ||
		{ tail -n 20 "$WORK/err" >&2; fail "valgrind"; }
	clean_stderr "$WORK/err"
	grep -q -F "$KM_PRELOAD_LIB" "$WORK/out.$1" ||
		[[ $KM_MODE == plain ]] ||
		fail "callgrind saw no call into the library"
	COUNT=$(awk '$1 == "summary:" || $1 == "totals:" { n = $2 }
		END { print n }' "$WORK/out.$1")
}

pair() {
	local once

	set_mode "$1"
	instructions 200000
	once=$COUNT
	instructions 400000
	PAIR=$(((COUNT - once + 100000) / 200000))
}

pair plain
plain=$PAIR
pair shim
echo "$PAIR instructions a pair, $plain in libc"
((PAIR > 4)) || fail "too few to be true"
((PAIR <= 44)) || fail "$PAIR instructions a pair"
