#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The instructions of a malloc and a free of 64 bytes that hit, with the loop
# and the calls through the PLT, by stepping through them. Expect those of
# preload.instructions with percpu=thread, and at most 60 with percpu=rseq.
. "$(dirname "$0")/../lib.sh"
begin

for mode in thread rseq; do
	KM_PERCPU=$mode
	set_mode shim
	pair=$(t "$KM_PROGRAMS/preload_steps" 200)
	status=$?
	((status != 77)) || exit 77
	((status == 0)) || fail "$mode: exit status $status"
	echo "$mode: $pair instructions a pair"
	most=47
	[[ $mode == thread ]] || most=60
	((pair <= most)) || fail "$mode: at most $most"
	((pair > most / 2)) || fail "$mode: not counted"
done
