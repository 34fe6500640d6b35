#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The system calls of the library, which docs/shim.md lists. Expect each that
# its sources name to be in the table; and none besides from programs of one
# thread that run on it, with parameters of all kinds, which they do not make
# without. What is in the table need not occur: that depends on the machine.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../../support/system_calls.sh"
begin strace true prlimit

documented_calls "" >"$WORK/table"
(($(wc -l <"$WORK/table") > 20)) || fail "no table in docs/shim.md"
printf '%s\n' getcpu clock_gettime >"$WORK/libc" # where there is no vDSO
sort -u -o "$WORK/table" "$WORK/table" "$WORK/libc"

# os_wp.c is libkmalloc's alone.
find "$KM_SOURCE_DIR/src" -name '*.[ch]' ! -name os_wp.c -print0 |
	xargs -0 grep -h -o -E '\bSYS_[a-z0-9_]+' | sed 's/^SYS_//' |
	sort -u >"$WORK/sources"
(($(wc -l <"$WORK/sources") > 15)) || fail "no system calls in the sources"
missing=$(comm -23 "$WORK/sources" "$WORK/table")
[[ -z $missing ]] || fail "in the sources, not in the table:" $missing

# names FILE: the calls of a trace, whichever process or thread made them
names() {
	sed -n 's/^[0-9 ]*\([a-z][a-z0-9_]*\)(.*/\1/p' "$1" | sort -u
}

# compare PARAMETERS COMMAND...: what the library adds to the calls of COMMAND
compare() {
	local more parameters=$1
	shift
	strace -f -qq -o "$WORK/plain.trace" "$@" >/dev/null 2>&1
	strace -f -qq -o "$WORK/shim.trace" -E "LD_PRELOAD=$KM_PRELOAD_LIB" \
		-E "KMALLOC_CMDLINE=$parameters" "$@" >/dev/null 2>&1
	grep -q -F "\"$KM_PRELOAD_LIB\"" "$WORK/shim.trace" ||
		fail "$1: not preloaded"
	names "$WORK/plain.trace" >"$WORK/plain.names"
	names "$WORK/shim.trace" | comm -23 - "$WORK/plain.names" \
		>"$WORK/added"
	cat "$WORK/added" >>"$WORK/seen"
	more=$(comm -23 "$WORK/added" "$WORK/table")
	[[ -z $more ]] || fail "$1 with '$parameters': not in the table:" $more
}

: >"$WORK/seen"
compare "" true
compare "stats_file=$WORK/file" "$KM_PROGRAMS/preload_churn"
compare "slab_debug page_owner=on proc_at_exit=slabinfo,page_owner" \
	"$KM_PROGRAMS/preload_pairs" 100
compare "debug_pagealloc=1 page_poison=1" "$KM_PROGRAMS/preload_pairs" 100
compare "failslab=1,20,0,5" "$KM_PROGRAMS/preload_pairs" 100
compare "mem=64M" "$KM_PROGRAMS/preload_churn"
compare "percpu=rseq" "$KM_PROGRAMS/preload_churn"
compare "" prlimit --as=$((1 << 30)) "$KM_PROGRAMS/preload_churn"
echo "seen:" $(sort -u "$WORK/seen")
(($(sort -u "$WORK/seen" | wc -l) >= 3)) || fail "no call of the library was seen"
