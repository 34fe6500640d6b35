#!/bin/bash
# SPDX-License-Identifier: MIT
#
# traces.sh PROGRAM CASE - traces in a static program, from its first call on
#
# Expect traces.c to end well, and its callers in the report of:
#
#	slab_debug	a write behind a block: both functions
#	page_owner	each page's owner, when the program ends: long traces
#			for all, also those of libc's start
#	failslab	a request that was made to fail: this is main()'s alone,
#			since libc's start cannot live with failures
set -u
program=$1 case=$2
out=$(mktemp "${TMPDIR:-/tmp}/km-traces.XXXXXX")
trap 'rm -f "$out"' EXIT
ulimit -c 0

fail() {
	echo "FAIL: $*"
	head -n 60 "$out"
	exit 1
}

run() {
	KMALLOC_CMDLINE=$1 "$program" "${@:2}" >"$out" 2>&1 ||
		fail "$1: exit status $?"
}

has() {
	grep -q "$1" "$out" || fail "$case: no '$1'"
}

case $case in
slab_debug)
	run slab_debug
	has '^refused=0$'
	[[ $(grep -c '' "$out") == 1 ]] || fail "a report without a cause"
	run slab_debug overflow
	has 'take+0x'
	# SLUB keeps whole stacks, SLAB the last caller
	if grep -q 'Allocated in' "$out"; then
		has 'first_of_all+0x'
		has 'later_on+0x'
		has '_start+0x'
	fi
	;;
page_owner)
	run "page_owner=on proc_at_exit=page_owner"
	has '^refused=0$'
	# a record keeps 16 callers: debug builds spend most on the engine
	frames=$(awk '/^ / { n++ } /^$/ { print n + 0; n = 0 }' "$out" |
		sort -n | head -n 1)
	((frames >= 8)) || fail "a trace of $frames callers"
	has 'malloc[_a-z]*+0x'
	;;
failslab)
	run failslab=1,100,0,2
	has '^refused=2$'
	has 'take+0x'
	has 'later_on+0x'
	has '_start+0x'
	;;
*)
	fail "$case?"
	;;
esac
