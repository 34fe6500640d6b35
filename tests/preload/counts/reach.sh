#!/bin/bash
# SPDX-License-Identifier: MIT
#
# A program writes past the end of a block, up or down, until it faults, with
# blocks of 16 bytes to 5 MiB. Expect the region with malloc's tables and arrays
# untouched between its guards, and no address outside of the heap from malloc
# afterwards; it may abort.
. "$(dirname "$0")/../lib.sh"
begin

LD_PRELOAD=$KM_PRELOAD_LIB t "$KM_PROGRAMS/preload_reach" \
	>"$WORK/out" 2>"$WORK/err"
status=$?
cat "$WORK/out"
[[ $(grep -c ': malloc ' "$WORK/out") == 16 ]] || fail "not 16 attacks"
((status == 0)) || fail "an attack succeeded"
