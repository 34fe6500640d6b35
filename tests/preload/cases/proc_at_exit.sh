#!/bin/bash
# SPDX-License-Identifier: MIT
#
# proc_at_exit= with real programs: one that starts others, one that is started
# through another, one that closes stderr early. Expect the text once, from the
# program that was meant, and its own output unchanged. Then all texts of one
# program, in the order asked for: expect each where the one before ends.
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

names=slabinfo,buddyinfo,pagetypeinfo,zoneinfo,vmstat,Mem-Info
names+=,extfrag/unusable_index,extfrag/extfrag_index,sys/vm/min_free_kbytes
t env "LD_PRELOAD=$KM_PRELOAD_LIB" "KMALLOC_CMDLINE=proc_at_exit=$names" \
	sort /dev/null 2>"$WORK/err" || fail "all texts: exit status $?"
grep -nE '^(slabinfo - version: 2.1|Node 0, zone   Normal( .*)?|Page block order: 9|nr_free_pages [0-9]+|nr_unstable 0|Mem-Info:|[0-9]+)$' \
	"$WORK/err" | sed -E 's/^[0-9]+://; s/Normal .*/Normal .../; s/[0-9]{2,}$/N/' |
	uniq >"$WORK/got"
cat >"$WORK/expected" <<-'END'
	slabinfo - version: 2.1
	Node 0, zone   Normal ...
	Page block order: 9
	Node 0, zone   Normal ...
	Node 0, zone   Normal
	nr_free_pages N
	nr_unstable 0
	Mem-Info:
	Node 0, zone   Normal ...
	N
END
diff "$WORK/expected" "$WORK/got" >&2 || fail "all texts: $(cat "$WORK/err")"
