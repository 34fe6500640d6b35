#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Pages of the program's own where the heap and its large blocks would go.
# Expect them to be left alone, and every block to be there and whole.
. "$(dirname "$0")/../lib.sh"
begin

work() {
	t "$KM_PROGRAMS/preload_space" holes
}

run_shim work
[[ $(<"$WORK/shim.status") == 0 ]] || fail "exit status"
clean_stderr "$WORK/shim.err"
proof_of preload_space large peak=100000000
cat "$WORK/shim.out"
# without the place that the library chose, pages might not have been in its way
[[ $(<"$WORK/shim.out") == "64 in the way, 0 wrong" ]] || fail "wrong"
