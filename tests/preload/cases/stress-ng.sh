#!/bin/bash
# SPDX-License-Identifier: MIT
#
# stress-ng: two malloc stressors that verify what they wrote, and two fork
# stressors. The stressors end by _exit(), so their own word at that moment
# tells what served them (exit_proof.c). A stressor that a signal ended would be
# started again without a word, were it not for -v; --timeout ends that, and
# fails no run that is merely slow. Expect all four to pass,
# both malloc stressors served by the library, and no death by a signal.
. "$(dirname "$0")/../lib.sh"
begin stress-ng
export KM_EXIT_FILE=$WORK/exits
: >"$KM_EXIT_FILE"

work() {
	if [[ $KM_MODE == shim ]]; then
		UNDER+=("LD_PRELOAD=$KM_PRELOAD_LIB:$KM_PROGRAMS/libexit_proof.so")
	fi
	t stress-ng -v --malloc 2 --malloc-ops 40000 --malloc-bytes 8M \
		--fork 2 --fork-ops 800 --verify --timeout 600 --no-rand-seed \
		--metrics-brief --temp-path . >log 2>&1 || {
		cat log >&2
		return 1
	}
	cat log >&2
	! grep -E 'killed|terminated on signal|restarting|SIG(SEGV|ABRT|BUS)' \
		log || return 1
	sed -n 's/.*\] \(successful run completed\).*/\1/p
		s/.*\(dispatching hogs.*\)/\1/p' log
}

run_plain work
run_shim work
same_artefact
proof_of stress-ng
bound_to_shim stress-ng --malloc 1 --malloc-ops 10 --timeout 0
served=$(grep -c "comm=stress-ng-mal.* arena=[1-9].* malloc=$KM_PRELOAD_LIB\$" \
	"$KM_EXIT_FILE")
((served >= 2)) || fail "$served stressors served: $(head "$KM_EXIT_FILE")"
