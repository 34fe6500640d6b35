#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The address of the first block over many runs, as the library is and with
# little memory, little address space, hardened free pointers, and where
# getrandom() is refused. Expect 28 bits or more that vary. Expect no bit of it,
# nor of a word that the library leaves in blocks, that agrees with a bit of the
# kernel's bytes for the program, of which the canary is made.
#
# KM_RUNS is the number of runs of each row.
. "$(dirname "$0")/../lib.sh"
begin

row() {
	limited "$KM_PROGRAMS/preload_random" "${KM_RUNS:-250}" \
		"$KM_PRELOAD_LIB" "$@" >"$WORK/out" 2>&1 ||
		fail "$* $(tail -n 5 "$WORK/out")"
	echo "$*: $(tail -n 1 "$WORK/out")"
	bits=$(sed -n 's/^\([0-9]*\) bits vary.*/\1/p' "$WORK/out")
	((bits >= 28)) || fail "$*: $bits bits vary"
}

row "" plain
row "mem=4M" plain
row "" limited
row "" refused
row "slab_freelist_hardened slab_freelist_random" plain
grep -q " ${KM_RUNS:-250} words" "$WORK/out" || fail "no free pointer was seen"
row "slab_freelist_hardened slab_freelist_random" refused
