#!/bin/bash
# SPDX-License-Identifier: MIT
#
# vm.overcommit_memory=2 with 4 GiB to spare, so that a reservation which the
# kernel counts as memory fails. Only root can set it, and it is put back at
# once. Expect `true`, python3 and 32 threads to do the same as without the
# library, and the library to have served them.
. "$(dirname "$0")/../lib.sh"
begin true /usr/bin/python3
vm=/proc/sys/vm

[[ -w $vm/overcommit_memory && -w $vm/overcommit_kbytes ]] ||
	skip "only root can set vm.overcommit_memory"
mode=$(<$vm/overcommit_memory)
kbytes=$(<$vm/overcommit_kbytes)
ratio=$(<$vm/overcommit_ratio)
committed=$(awk '$1 == "Committed_AS:" { print $2 }' /proc/meminfo)

# Either of kbytes and ratio is 0, and writing one clears the other.
restore() {
	echo "$mode" >$vm/overcommit_memory
	if ((kbytes)); then
		echo "$kbytes" >$vm/overcommit_kbytes
	else
		echo "$ratio" >$vm/overcommit_ratio
	fi
}

strict() {
	echo $((committed + (4 << 20))) >$vm/overcommit_kbytes &&
		echo 2 >$vm/overcommit_memory
} 2>/dev/null

work() {
	t true && echo true
	t /usr/bin/python3 -c 'print(sum(bytearray(b"ab") * (8 << 20)))'
	t "$KM_PROGRAMS/preload_threads"
}

trap 'restore; clean_up' EXIT
strict || skip "the kernel does not let root set vm.overcommit_memory here"
run_plain work
run_shim work
restore
same_artefact
grep -q ' comm=true ' "$STATS" || fail "no line of true"
proof_of python3 large
proof_of preload_threads peak=30000000
