#!/bin/bash
# SPDX-License-Identifier: MIT
#
# gdb, at a breakpoint of a program that runs on the library, calls malloc and
# free itself. Expect a block, and the program to go on to its end.
. "$(dirname "$0")/../lib.sh"
begin gdb
program=$KM_PROGRAMS/preload_bug

debug() {
	t gdb -nx -batch -ex 'set confirm off' \
		-ex 'set startup-with-shell off' ${1:+-ex} ${1:+"$1"} \
		-ex 'set args quiet' -ex 'break main' -ex run \
		-ex 'set $block = (char *)((void *(*)(unsigned long))malloc)(100)' \
		-ex 'set $block[99] = 7' -ex 'print $block != 0' \
		-ex 'print $block[99]' \
		-ex 'call ((void (*)(void *))free)($block)' -ex 'continue' \
		"$program" >"$WORK/out" 2>"$WORK/err"
	grep -q '^end' "$WORK/out" && grep -q '\$1 = 1' "$WORK/out" &&
		grep -q '\$2 = 7' "$WORK/out"
}

debug "" || skip "gdb cannot call functions here"
debug "set environment LD_PRELOAD $KM_PRELOAD_LIB" ||
	fail "$(tail -n 5 "$WORK/out" "$WORK/err")"
grep -q '^end, library mapped' "$WORK/out" || fail "not preloaded"
