#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Valgrind's memcheck on a program that runs on the library: its own malloc
# takes the place of ours too. Expect the same bug found as without the library,
# the blocks counted, and nothing found in a program without a bug.
. "$(dirname "$0")/../lib.sh"
begin valgrind
program=$KM_PROGRAMS/preload_bug
KM_PARAMETERS=arena=1G # memcheck is slow with much address space

check() {
	t valgrind "$program" "$1" >"$WORK/out" 2>"$WORK/err" ||
		fail "$KM_MODE, $1: exit status $?: $(tail -n 3 "$WORK/err")"
	grep -q '^end' "$WORK/out" || fail "$KM_MODE, $1: no end"
	[[ $KM_MODE == plain ]] || grep -q 'library mapped' "$WORK/out" ||
		fail "not preloaded"
	sed -n 's/.*\(Invalid write of size 1\|ERROR SUMMARY: [0-9]* errors\).*/\1/p' \
		"$WORK/err"
	sed -n 's/.*total heap usage: \([0-9,]*\) allocs.*/allocs \1/p' \
		"$WORK/err" >"$WORK/allocs"
}

for mode in plain shim; do
	set_mode $mode
	check quiet >"$WORK/quiet.$mode"
	check after_free >"$WORK/bug.$mode"
	grep -q -v 'allocs 0$' "$WORK/allocs" || fail "$mode: no block counted"
done
grep -q 'Invalid write' "$WORK/bug.plain" || skip "memcheck finds nothing here"
cmp "$WORK/bug.plain" "$WORK/bug.shim" || fail "not the same bug"
cmp "$WORK/quiet.plain" "$WORK/quiet.shim" || fail "errors without a bug"
