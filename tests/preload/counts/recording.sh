#!/bin/bash
# SPDX-License-Identifier: MIT
#
# What alloc_trace= records of programs whose live bytes are known: one that
# ends, is killed, loses the descriptor, forks, executes itself, has threads.
# Expect a file for each process, each call in it, and a replay on libc's malloc
# and on the library that has the same live bytes after every call.
. "$(dirname "$0")/../lib.sh"
begin bash awk sqlite3 python3
replay=$(dirname "$KM_PRELOAD_LIB")/../bin/kmalloc-replay
[[ -x $replay ]] || skip "kmalloc-replay is not built"

# record PARAMETERS COMMAND...: its recordings are $WORK/rec/calls.*; sets rc
record() {
	local parameters=$1
	shift
	rm -rf "$WORK/rec"
	mkdir "$WORK/rec"
	rc=0
	(cd "$WORK/rec" && t env LD_PRELOAD="$KM_PRELOAD_LIB" \
		KMALLOC_CMDLINE="alloc_trace=$WORK/rec/calls $parameters" \
		"$@") >"$WORK/said" 2>"$WORK/err" || rc=$?
}

# replay_of FILE OPTIONS...: with --check; what it says is in $WORK/replay
replay_of() {
	local file=$1
	shift
	t "$replay" --check "$@" "$file" >"$WORK/replay" 2>&1 ||
		fail "$file: $(<"$WORK/replay")"
	grep -q "^recording .* 0 missing$" "$WORK/replay" &&
		grep -q "^calls .* 0 of unknown .* 0 blocks without" \
			"$WORK/replay" ||
		fail "$file: records are missing: $(<"$WORK/replay")"
}

live() {
	sed -nE 's/^live .* ([0-9]+) at the end$/\1/p' "$WORK/replay"
}

# same_live MORE: each line `PID BYTES` of what the program said has a file with
# as many bytes, or up to MORE more
same_live() {
	local pid bytes file got
	local -A seen=()

	while read -r pid bytes; do
		file=$WORK/rec/calls.$pid${seen[$pid]:-}
		seen[$pid]=.1
		[[ -f $file && $(stat -c %a "$file") == 600 ]] ||
			fail "no $file: $(ls -l "$WORK/rec")"
		replay_of "$file"
		got=$(live)
		((got >= bytes && got <= bytes + $1)) ||
			fail "$file: live $got, the program has $bytes"
	done <"$WORK/said"
}

# mode MODE PARAMETERS PROCESSES MORE [STATUS]
mode() {
	record "$2" "$KM_PROGRAMS/preload_trace" "$1" 4000
	((rc == ${5:-0})) || fail "$1: exit status $rc: $(<"$WORK/err")"
	clean_stderr "$WORK/err"
	(($(wc -l <"$WORK/said") == $3)) || fail "$1: $(<"$WORK/said")"
	same_live "$4"
	(($(find "$WORK/rec" -name 'calls.*' | wc -l) == $3)) ||
		fail "$1: $(ls "$WORK/rec")"
	echo "$1 $2: live bytes as the program says"
}

parameters=${KM_PERCPU:+percpu=$KM_PERCPU}
mode end "$parameters" 1 0
mode end percpu=rseq 1 0
mode end percpu=auto 1 0
mode end "alloc_trace.max=1G $parameters" 1 0
mode kill "$parameters" 1 0 137
mode close "$parameters" 1 0
mode fork "$parameters" 2 0
mode exec "$parameters" 2 0
mode threads "$parameters" 1 4096 # what pthread_create() took
replay_of "$WORK"/rec/calls.* --threads
(($(live) >= $(awk '{ print $2 }' "$WORK/said"))) || fail "threads: $(live)"

# A call is recorded before the block is given back: also one that ends all.
record "$parameters" "$KM_PROGRAMS/preload_trace" twice 100
((rc == 134)) || fail "twice: exit status $rc"
t "$replay" --check "$WORK"/rec/calls.* >"$WORK/replay" 2>&1
grep -q "^calls .* 1 of unknown blocks, 0 blocks" "$WORK/replay" ||
	fail "twice: $(<"$WORK/replay")"

# calls_of N: malloc and calloc, realloc, free of preload_calls
calls_of() {
	record "$parameters" "$KM_PROGRAMS/preload_calls" "$1"
	replay_of "$WORK"/rec/calls.*
	sed -nE 's/^calls +([0-9]+) malloc, ([0-9]+) calloc, ([0-9]+) realloc, ([0-9]+) free; 0 of .* 0 blocks .*/\1 \2 \3 \4/p' \
		"$WORK/replay"
}

read -r mallocs callocs reallocs frees < <(calls_of 100) || fail "no calls"
read -r more_mallocs more_callocs more_reallocs more_frees < <(calls_of 300)
got="$((more_mallocs - mallocs)) $((more_callocs - callocs)) \
$((more_reallocs - reallocs)) $((more_frees - frees))"
[[ $got == "2000 400 1200 2400" ]] || fail "400 rounds: recorded $got"

# The cap ends the recording, not the program.
record alloc_trace.max=64K "$KM_PROGRAMS/preload_trace" end 4000
((rc == 0)) && grep -q "alloc_trace.max is reached" "$WORK/err" ||
	fail "the cap: $rc $(<"$WORK/err")"
(($(wc -c <"$(echo "$WORK"/rec/calls.*)") == 65536)) || fail "the cap: size"
replay_of "$WORK"/rec/calls.*

# Real programs: on libc's malloc and on the library the same.
real() {
	local first
	record "$parameters" "$@"
	((rc == 0)) || fail "$1: $rc $(<"$WORK/err")"
	replay_of "$WORK"/rec/calls.* --svg "$WORK/picture.svg"
	first=$(grep -E "^(calls|live)" "$WORK/replay")
	[[ $(tail -n 1 "$WORK/picture.svg") == "</svg>" ]] || fail "no picture"
	LD_PRELOAD=$KM_PRELOAD_LIB replay_of "$WORK"/rec/calls.* --threads
	[[ $(grep -E "^(calls|live)" "$WORK/replay") == "$first" ]] ||
		fail "$1: $first, on the library $(<"$WORK/replay")"
	echo "$1: $first"
}

real sqlite3 :memory: "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL
	SELECT x + 1 FROM c WHERE x < 3000) SELECT group_concat(x) FROM c"
PYTHONMALLOC=malloc real /usr/bin/python3 -S -c \
	'print(sum(len(str(i)) for i in range(3000)))'
