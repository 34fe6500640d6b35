#!/bin/bash
# SPDX-License-Identifier: MIT
#
# run.sh - lets spin look at every state of a model
#
#	run.sh MODEL holds|PHRASE [-DNAME[=VALUE]...]
#
# holds: no assertion may fail in any state. PHRASE: one must fail, and the
# message of the verifier must have this phrase. A search that did not see all
# states is a failure either way. Prints the line with the number of states.
# 77: spin is not installed.
set -euo pipefail

model=$(readlink -f "$1") expect=$2
shift 2
command -v spin > /dev/null || { echo "spin is missing"; exit 77; }

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

fail() {
	echo "${model##*/} $*"
	cat said
	exit 1
}

spin -a "$@" "$model" > said 2>&1 || fail "$* is no model"
# A process that waits for ever is no fault unless the model says so.
ends=(-E)
! grep -q '^#define NO_HANGS' "$model" || ends=()
"${CC:-cc}" -O1 -w -DSAFETY -DCOLLAPSE -DVECTORSZ=2048 -o pan pan.c
# The exit status of a search is 0 whatever it finds.
./pan -m1000000 "${ends[@]}" > said 2>&1 || fail "$*: the search failed"
! grep -qE 'search depth too small|out of memory' said ||
	fail "$*: not all states were seen"
found=$(sed -n 's/^pan:1: //p' said)
if [[ $expect == holds ]]; then
	[[ -z $found ]] || fail "$*: a fault: $found"
	grep -q 'errors: 0$' said || fail "$*: no result"
else
	[[ $found == *"$expect"* ]] || fail "$*: no fault like '$expect'"
fi
grep 'states, stored' said
