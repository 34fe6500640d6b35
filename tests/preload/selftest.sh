#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The suite tests itself: small cases that are wrong in one way each, and one
# that is right. Expect each wrong one to fail with its own message.
. "$(dirname "$0")/lib.sh"
begin sort

faults=0

# try NAME MESSAGE LIBRARY SCRIPT: run it as a case; an empty message means
# that it must pass.
try() {
	local status

	printf '. "%s/lib.sh"\nbegin sort\n%s\n' "$KM_HERE" "$4" \
		>"$WORK/$1.sh"
	KM_PRELOAD_LIB=$3 bash "$WORK/$1.sh" >"$WORK/said" 2>&1
	status=$?
	if [[ -z $2 && $status == 0 ]]; then
		echo "$1: passed"
	elif [[ -n $2 && $status == 1 ]] && grep -q "FAIL: .*$2" "$WORK/said"
	then
		echo "$1: failed, as it should"
	else
		echo "$1: exit status $status, expected '${2:-none}', got:"
		cat "$WORK/said"
		faults=1
	fi
}

both='run_plain work; run_shim work; same_artefact'
sorted='work() { seq 100000 | t sort -S 1M -r; }'
lib=$KM_PRELOAD_LIB

try right '' "$lib" "$sorted; $both; proof_of sort"
try artefact 'artefacts differ' "$lib" "work() { echo \$KM_MODE; }; $both"
try empty 'empty artefact' "$lib" "work() { t true; }; $both"
try status 'exit status 0 without, 3 with' "$lib" \
	"work() { echo x; [[ \$KM_MODE == plain ]] || exit 3; }; $both"
try both_fail 'exit status 1 without, 1 with' "$lib" \
	"work() { echo x; t false; echo y; }; $both"
try no_library 'cannot be preloaded' "$WORK/missing.so" "$sorted; $both"
try misuse 'kmalloc: free' "$lib" \
	"work() { echo x; echo 'kmalloc: free(): double free of 0x1' >&2; }
	$both"
try not_served 'no line proves that sort' "$lib" \
	"work() { seq 100000 | sort -r; }; $both; proof_of sort"
try other_program 'no line proves that nosuch' "$lib" \
	"$sorted; $both; proof_of nosuch"
try zero_counters 'no line proves that sort' "$lib" \
	"echo 'pid=1 comm=sort refills=0 flushes=0 slabs=0 large=9 peak=9' \
		>\$STATS; proof_of sort"
try no_large 'large >= 1' "$lib" \
	"echo 'pid=1 comm=sort refills=5 flushes=0 slabs=1 large=0 peak=9' \
		>\$STATS; proof_of sort large"
try low_peak 'peak >= 10' "$lib" \
	"echo 'pid=1 comm=sort refills=5 flushes=0 slabs=1 large=1 peak=9' \
		>\$STATS; proof_of sort peak=10"
try counters '' "$lib" \
	"echo 'pid=1 comm=a b refills=0 flushes=0 slabs=1 large=1 peak=10' \
		>\$STATS; proof_of 'a b' large peak=10"
try not_mapped 'has not mapped' "$lib" \
	"set_mode shim; sleep 1000 & KM_SERVERS+=(\$!); in_maps \$!"
try mapped '' "$lib" \
	"set_mode shim; serve sleep 1000
	wait_for \$SERVER grep -q '^sleep' /proc/\$SERVER/comm
	wait_for \$SERVER grep -q -F /libc.so /proc/\$SERVER/maps; in_maps \$SERVER"
try not_bound 'is not bound' "$WORK/missing.so" "bound_to_shim sort --version"
try bound '' "$lib" "bound_to_shim sort --version"
exit "$faults"
