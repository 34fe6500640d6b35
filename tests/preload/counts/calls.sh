#!/bin/bash
# SPDX-License-Identifier: MIT
#
# What stats= says of a program with a known number of calls, run twice: the
# difference is the program's own. Expect each allocation, reallocation and
# free counted, none estimated; the library and the backend that served it, by
# name; less memory for the library than is resident; and of a malloc in front a
# warning.
. "$(dirname "$0")/../lib.sh"
begin bash

# stats_of ARGS...: the summary of preload_calls, into SAID
stats_of() {
	# shellcheck disable=SC2016
	t env "LD_PRELOAD=${FRONT:+$FRONT:}$KM_PRELOAD_LIB" bash -c \
		'KMALLOC_CMDLINE=stats=$$ exec "$@"' - \
		"$KM_PROGRAMS/preload_calls" "$@" 2>"$WORK/said" ||
		fail "exit status $?: $(cat "$WORK/said")"
	SAID=$(<"$WORK/said")
}

# calls: the three numbers
calls() {
	sed -nE 's/^  calls +([0-9]+) allocations, ([0-9]+) reallocations, ([0-9]+) frees$/\1 \2 \3/p' \
		"$WORK/said"
}

stats_of 1000
read -r allocs reallocs frees < <(calls) || fail "no calls: $SAID"
stats_of 3000
read -r more_allocs more_reallocs more_frees < <(calls)
# two threads, 2,000 rounds more
got="$((more_allocs - allocs)) $((more_reallocs - reallocs)) \
$((more_frees - frees))"
[[ $got == "24000 12000 24000" ]] || fail "counted: $got"
echo "$got calls"
[[ $SAID != *estimate* ]] || fail "something is estimated: $SAID"

backend=slub
[[ $KM_PRELOAD_LIB != *-slab.so ]] || backend=slab
grep -q -F ", served by $KM_PRELOAD_LIB ($backend)" "$WORK/said" ||
	fail "not who serves: $SAID"
! grep -q warning "$WORK/said" || fail "a warning: $SAID"

# kib LABEL: the size behind it, in KiB
kib() {
	sed -nE "s/.*$1 ([0-9.]+) (B|KiB|MiB).*/\1 \2/p" "$WORK/said" |
		awk '$2 == "B" { $1 /= 1024 } $2 == "MiB" { $1 *= 1024 }
			{ print int($1) }'
}
now=$(kib "resident, now")
own=$(kib "the library's")
echo "$own KiB of $now are the library's"
((own > 100 && own < now)) || fail "the library's: $SAID"

# A malloc in front: that of a module which is preloaded before the library.
FRONT=$KM_PROGRAMS/libfront_malloc.so
stats_of 1000
grep -q "^  warning .*libfront_malloc.so stands in front" "$WORK/said" ||
	fail "no warning: $SAID"
FRONT=

# It ends by _exit(): nothing is said, as --help says.
stats_of 10 exit
[[ -z $SAID ]] || fail "after _exit(): $SAID"
t env "LD_PRELOAD=$KM_PRELOAD_LIB" \
	KMALLOC_CMDLINE=stats_file=/nonexistent/file true 2>"$WORK/said"
[[ $(<"$WORK/said") == \
	"kmalloc: stats_file: /nonexistent/file cannot be written" ]] ||
	fail "a file that cannot be written: $(<"$WORK/said")"
