#!/bin/bash
# SPDX-License-Identifier: MIT
#
# What small programs pay: `true`, which allocates nothing, and one that takes
# twenty blocks. Expect of their memory when they end, as medians of 21 runs,
# at most so many KiB more than without the library, and of system calls at
# most so many more than with an empty library. Expect each first call to work
# in a signal handler, in a child, and after the program changed its
# environment.
. "$(dirname "$0")/../lib.sh"
begin strace true

few=$KM_PROGRAMS/preload_few

# median FIELD FILE: of a field of /proc/PID/status
median() {
	awk -v name="$1:" '$1 == name { print $2 }' "$2" | sort -n | sed -n 11p
}

# resident NAME PRELOAD PROGRAM...: 21 runs, each appends its status to NAME
resident() {
	local i

	for ((i = 0; i < 21; i++)); do
		limited env "LD_PRELOAD=$2" "KM_STATUS_FILE=$WORK/$1" \
			"${@:3}" >/dev/null 2>"$WORK/err" ||
			fail "$3: exit status $?"
		clean_stderr "$WORK/err"
	done
	(($(grep -c '^RssAnon:' "$WORK/$1") == 21)) || fail "$1: no status"
}

# calls PRELOAD PROGRAM...: how many system calls it makes
calls() {
	limited strace -qq -o "$WORK/trace" -E "LD_PRELOAD=$1" "${@:2}" ||
		fail "strace: exit status $?"
	grep -q -F "\"$1\"" "$WORK/trace" || fail "$1 was not preloaded"
	grep -c '^[a-z]' "$WORK/trace"
}

# bounds ANON FILE CALLS PROGRAM...
bounds() {
	local status=$KM_PROGRAMS/libstatus_at_exit.so
	local anon file more

	resident plain "$status" "${@:4}"
	resident shim "$KM_PRELOAD_LIB:$status" "${@:4}"
	anon=$(($(median RssAnon "$WORK/shim") - $(median RssAnon "$WORK/plain")))
	file=$(($(median RssFile "$WORK/shim") - $(median RssFile "$WORK/plain")))
	more=$(($(calls "$KM_PRELOAD_LIB" "${@:4}") - $(calls \
		"$KM_PROGRAMS/libempty.so" "${@:4}")))
	rm "$WORK/plain" "$WORK/shim"
	echo "${*:4}: RssAnon +$anon KiB (at most $1)," \
		"RssFile +$file KiB (at most $2)," \
		"system calls +$more (at most $3)"
	((anon > 0 && anon <= $1)) || fail "$4: RssAnon $anon KiB more"
	((file > 0 && file <= $2)) || fail "$4: RssFile $file KiB more"
	((more > 0 && more <= $3)) || fail "$4: $more system calls more"
}

bounds 80 440 6 true
bounds 300 600 16 "$few" blocks

for mode in environment handler fork; do
	limited env "LD_PRELOAD=$KM_PRELOAD_LIB" "$few" "$mode" \
		2>"$WORK/err" || fail "$mode: exit status $?"
	[[ ! -s $WORK/err ]] || fail "$mode: $(head -n 1 "$WORK/err")"
done
