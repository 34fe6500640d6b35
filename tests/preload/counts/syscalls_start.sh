#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The system calls that a program which takes twenty blocks makes with the
# library beyond those without.
# Expect for each name at most as many as syscalls.txt says, and at most 32.
. "$(dirname "$0")/../lib.sh"
begin strace

trace() {
	limited strace -qq -o "$WORK/$1" "${@:2}" ||
		fail "strace: exit status $?"
	sed -n 's/^\([a-z0-9_]*\)(.*/\1/p' "$WORK/$1" | sort | uniq -c \
		>"$WORK/$1.count"
	grep -q execve "$WORK/$1.count" || fail "strace saw nothing"
}

trace plain "$KM_PROGRAMS/preload_few" blocks
trace shim -E "LD_PRELOAD=$KM_PRELOAD_LIB" "$KM_PROGRAMS/preload_few" blocks
grep -q -F "\"$KM_PRELOAD_LIB\"" "$WORK/shim" || fail "not preloaded"

awk -v file=0 '
FNR == 1 { file++ }
file == 1 { plain[$2] = $1; next }
file == 2 { if ($1 > plain[$2]) more[$2] = $1 - plain[$2]; next }
/^#/ || NF == 0 { next }
{ most[$1] = $2 }
END {
	for (name in more) {
		total += more[name]
		bad = more[name] > most[name]
		print name, more[name], bad ? "more than " most[name] + 0 : ""
		failed += bad
	}
	print "total", total
	exit failed > 0 || total > 32 || total == 0
}' "$WORK/plain.count" "$WORK/shim.count" "$KM_HERE/syscalls.txt" ||
	fail "more system calls than wanted"
