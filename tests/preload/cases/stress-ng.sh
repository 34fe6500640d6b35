#!/bin/bash
# SPDX-License-Identifier: MIT
#
# stress-ng: two malloc stressors that verify what they wrote, and two fork
# stressors. The stressors end by _exit(), so they are proved otherwise: each
# is a fork of a stress-ng whose malloc the loader bound to the library, and is
# seen alive with the library mapped. Expect all four to pass, and these proofs.
. "$(dirname "$0")/../lib.sh"
begin stress-ng

# descends PID ANCESTOR
descends() {
	local pid=$1

	while [[ -n $pid && $pid -gt 1 ]]; do
		[[ $pid != "$2" ]] || return 0
		pid=$(awk '$1 == "PPid:" { print $2 }' "/proc/$pid/status")
	done
	return 1
}

# A live malloc stressor of this run, with the library mapped. Its environment
# cannot tell, stress-ng writes its title over that.
a_stressor() {
	local file pid

	for file in /proc/[0-9]*/comm; do
		[[ $(<"$file") == stress-ng-mal* ]] || continue
		pid=${file//[^0-9]/}
		descends "$pid" "$SERVER" &&
			grep -q -F " $KM_PRELOAD_LIB" "/proc/$pid/maps" &&
			return 0
	done 2>/dev/null
	return 1
}

work() {
	serve timeout -k 10 100 stress-ng --malloc 2 --malloc-ops 40000 \
		--malloc-bytes 8M --fork 2 --fork-ops 800 --verify \
		--timeout 60 --no-rand-seed --metrics-brief --temp-path . \
		>log 2>&1
	[[ $KM_MODE == plain ]] || wait_for 20 a_stressor
	wait "$SERVER"
	sed -n 's/.*\] \(successful run completed\).*/\1/p
		s/.*\(dispatching hogs.*\)/\1/p' log
	cat log >&2
}

run_plain work
run_shim work
same_artefact
proof_of stress-ng
bound_to_shim stress-ng --malloc 1 --malloc-ops 10 --timeout 10
