#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Huge pages by the size of the heap: small blocks, runs and areas, up to 8 MiB
# and up to 128 MiB. Expect at least a quarter of a large heap in huge pages,
# none with thp=never or in a small heap, and none in areas of zeros of which
# one page was written. Where the system gives all programs huge pages, only
# the first is looked at. Skipped where it gives none.
. "$(dirname "$0")/../lib.sh"
begin bash

program=$KM_PROGRAMS/preload_huge
setting=/sys/kernel/mm/transparent_hugepage/enabled
[[ -r $setting ]] || skip "a kernel without huge pages"
read -r _ given < <("$program" probe)
((given >= 4096)) || skip "the system gives no huge pages: $(<"$setting")"
# What a program without the library gets tells whether it must ask.
read -r _ unasked < <("$program" 128 100000000)

# measure PARAMETERS ARGS...: sets rss and huge, in KiB
measure() {
	local parameters=$1
	shift
	read -r rss huge < <(LD_PRELOAD=$KM_PRELOAD_LIB \
		KMALLOC_CMDLINE=$parameters t "$program" "$@" 2>"$WORK/err")
	clean_stderr "$WORK/err"
	[[ $huge ]] || fail "$*: the program failed"
	echo "'$parameters' $*: $huge KiB of $rss in huge pages"
}

for size in 48 3000 200000 6000000; do
	measure "" 128 $size
	((huge >= rss / 4)) || fail "few huge pages"
done
measure thp=always 20 3000
((huge >= rss / 4)) || fail "few huge pages"
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
