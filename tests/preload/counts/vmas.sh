#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Mappings of a program that holds 1 GiB in blocks up to 4 MiB and then 20
# areas above that. Expect at most 16 more than the program has without the
# library at its start, one for the 1 GiB, and two for each area.
. "$(dirname "$0")/../lib.sh"
begin

work() {
	t "$KM_PROGRAMS/preload_vmas"
}

value() {
	awk -v name="$2" '$1 == name { print $2 }' "$WORK/$1.out"
}

run_plain work
run_shim work
[[ $(<"$WORK/shim.status") == 0 ]] || fail "exit status"
clean_stderr "$WORK/shim.err"
proof_of preload_vmas large
base=$(value plain start)
start=$(value shim start) heap=$(value shim heap) areas=$(value shim areas)
echo "without the library: $base; with it: $start at the start," \
	"$heap with 1 GiB, $areas with 20 areas"
((start - base <= 16)) || fail "$((start - base)) more at the start"
((heap - base <= 16 + 1)) || fail "$((heap - base)) more with 1 GiB"
((areas - base <= 16 + 1 + 40)) || fail "$((areas - base)) more with areas"
