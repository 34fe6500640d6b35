#!/bin/bash
# SPDX-License-Identifier: MIT
#
# ltrace on a program that runs on the library. Expect it to show the calls of
# malloc, realloc and free, with addresses that are the library's.
. "$(dirname "$0")/../lib.sh"
begin ltrace
program=$KM_PROGRAMS/preload_bug

trace() {
	t ltrace -e malloc+realloc+free -o "$WORK/trace.$KM_MODE" "$program" \
		quiet >"$WORK/out" 2>"$WORK/err"
}

set_mode plain
trace && grep -q 'malloc(100)' "$WORK/trace.plain" ||
	skip "ltrace does not run here: $(tail -n 1 "$WORK/err")"
set_mode shim
trace || fail "exit status $?: $(tail -n 3 "$WORK/err")"
grep -q 'library mapped' "$WORK/out" || fail "not preloaded"
for call in 'malloc(100)' 'malloc(200000)' 'realloc(0x[0-9a-f]*, 3000)' \
	'free(0x[0-9a-f]*)'; do
	grep -q "$call" "$WORK/trace.shim" || fail "no $call in the trace"
done
