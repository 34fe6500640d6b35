#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Instructions of twelve blocks by all operators of C++, 64 bytes each, with
# loop and PLT calls, as callgrind counts them: the difference between 10,000
# and 20,000 rounds. Expect at most 800; they were 910 when the operators called
# malloc and free at once.
. "$(dirname "$0")/../lib.sh"
begin valgrind
set_mode shim

instructions() {
	t valgrind --tool=callgrind --callgrind-out-file="$WORK/out.$1" \
		"$KM_PROGRAMS/preload_operators" "$1" >"$WORK/err" 2>&1 ||
		{ tail -n 20 "$WORK/err" >&2; fail "valgrind"; }
	clean_stderr "$WORK/err"
	grep -q -F "$KM_PRELOAD_LIB" "$WORK/out.$1" ||
		fail "callgrind saw no call into the library"
	COUNT=$(awk '$1 == "summary:" || $1 == "totals:" { n = $2 }
		END { print n }' "$WORK/out.$1")
}

instructions 10000
once=$COUNT
instructions 20000
round=$(((COUNT - once + 5000) / 10000))
echo "$round instructions a round of twelve blocks"
((round > 200)) || fail "too few to be true"
((round <= 800)) || fail "$round instructions a round"
