#!/bin/bash
# SPDX-License-Identifier: MIT
#
# heaptrack on a program that runs on the library: its functions stand in front
# of ours and call them. Expect the program to get to its end, and its blocks
# seen.
. "$(dirname "$0")/../lib.sh"
begin heaptrack
program=$KM_PROGRAMS/preload_bug

track() {
	t heaptrack -o "$WORK/$KM_MODE" "$program" quiet >"$WORK/out" 2>&1
}

set_mode plain
track && grep -q '^end' "$WORK/out" || skip "heaptrack does not run here"
set_mode shim
track || fail "exit status $?: $(tail -n 5 "$WORK/out")"
grep -q '^end, library mapped' "$WORK/out" ||
	fail "not to the end: $(tail -n 5 "$WORK/out")"
allocations=$(sed -n 's/.*allocations:[^0-9]*\([0-9]*\)$/\1/p' "$WORK/out" |
	head -n 1)
((${allocations:-0} >= 3)) || fail "it saw ${allocations:-no} allocations"
ls "$WORK"/shim* >/dev/null || fail "no record was written"
