#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Huge pages by the size of the heap: small blocks, runs and areas, up to 8 MiB
# and up to 128 MiB. Expect that half of a large heap or more is marked for huge
# pages, and a quarter of it in them unless the kernel had to refuse some while
# the program ran; none with thp=never or in a small heap, and none in areas of
# zeros of which one page was written. Where the system gives all programs huge
# pages, only the first is looked at. Skipped where it gives none.
. "$(dirname "$0")/../lib.sh"
begin bash

program=$KM_PROGRAMS/preload_huge
setting=/sys/kernel/mm/transparent_hugepage/enabled
[[ -r $setting ]] || skip "a kernel without huge pages"
read -r _ given _ < <("$program" probe)
((given >= 4096)) || skip "the system gives no huge pages: $(<"$setting")"
# What a program without the library gets tells whether it must ask.
read -r _ unasked _ < <("$program" 128 100000000)

# refusals: how often a huge page was asked for and none was free, system-wide
refusals() {
	awk '/^thp_fault_fallback / { print $2 }' /proc/vmstat
}

# measure PARAMETERS ARGS...: sets rss, huge and marked, in KiB, and refused
measure() {
	local parameters=$1 before
	shift
	before=$(refusals)
	read -r rss huge marked < <(LD_PRELOAD=$KM_PRELOAD_LIB \
		KMALLOC_CMDLINE=$parameters t "$program" "$@" 2>"$WORK/err")
	clean_stderr "$WORK/err"
	[[ $huge ]] || fail "$*: the program failed"
	refused=$(($(refusals) - before))
	echo "'$parameters' $*: $huge KiB of $rss in huge pages," \
		"$marked KiB marked, $refused refused"
}

# large_heap: fails unless the heap that was measured has huge pages
large_heap() {
	((marked >= rss / 2)) || fail "little is marked for huge pages"
	((refused || huge >= rss / 4)) || fail "few huge pages"
}

for size in 48 3000 200000 6000000; do
	measure "" 128 $size
	large_heap
done
measure thp=always 20 3000
large_heap
((unasked == 0)) || exit 0
for size in 48 200000; do
	measure "" 8 $size
	((huge == 0)) || fail "huge pages in a small heap"
done
for size in 48 6000000; do
	measure thp=never 128 $size
	((huge == 0)) || fail "huge pages with thp=never"
done
measure "" 128 6000000 zero
((huge == 0)) || fail "huge pages for zeros"
