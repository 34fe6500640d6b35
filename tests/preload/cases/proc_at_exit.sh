#!/bin/bash
# SPDX-License-Identifier: MIT
#
# proc_at_exit= with real programs: one that starts others, one that is started
# through another, one that closes stderr early. Expect the text once, from the
# program that was meant, and its own output unchanged.
. "$(dirname "$0")/../lib.sh"
begin bash env sort

# shown WHAT PROGRAM ARGS...: its standard error goes to $WORK/err
shown() {
	local what=$1
	shift
	t env "LD_PRELOAD=$KM_PRELOAD_LIB" \
		"KMALLOC_CMDLINE=proc_at_exit=cmdline,nonsense" \
		"$@" >"$WORK/out" 2>"$WORK/err" || fail "$what: exit status $?"
	[[ $(grep -c '^proc=[0-9]\{7\}:cmdline,nonsense$' "$WORK/err") -eq 1 ]] ||
		fail "$what: $(cat "$WORK/err")"
	[[ $(grep -c "no text 'nonsense'" "$WORK/err") -ge 1 ]] ||
		fail "$what: nothing about the wrong name"
}

shown "children" bash -c '(exit 0); sort </dev/null; bash -c "exit 0"; echo $$'
pid=$(cat "$WORK/out")
grep -q "^proc=$(printf %07d "$pid"):" "$WORK/err" ||
	fail "another process than $pid printed: $(cat "$WORK/err")"
shown "a program started by another" env -u nothing nice bash -c 'exit 0'
shown "stderr closed" sort /dev/null
