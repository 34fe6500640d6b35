#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Four threads under a seccomp filter that kills what is not in the table of
# docs/shim.md for a library that has started. Expect them to come to their end,
# also where CPUs own the caches and where the heap looks at stalls; and to be
# killed without madvise, so that the filter is known to work.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../../support/system_calls.sh"
begin gcc

documented_calls later >"$WORK/names"
grep -q -x madvise "$WORK/names" || fail "docs/shim.md has no rows of later calls"
call_numbers <"$WORK/names" >"$WORK/numbers"
(($(wc -l <"$WORK/names") == $(wc -l <"$WORK/numbers"))) ||
	fail "a call of the table has no number"

# run PARAMETERS NUMBERS...: sets status
run() {
	local parameters=$1

	shift
	status=0
	LD_PRELOAD=$KM_PRELOAD_LIB KMALLOC_CMDLINE=$parameters \
		t "$KM_PROGRAMS/preload_sandbox" "$@" \
		>"$WORK/out" 2>"$WORK/err" || status=$?
	((status != 77)) || skip "no seccomp"
}

mapfile -t numbers <"$WORK/numbers"
echo "allowed:" $(cat "$WORK/names")
for parameters in "" percpu=rseq psi=on page_reporting.dirty_bytes=0; do
	run "$parameters" "${numbers[@]}"
	((status == 0)) || fail "'$parameters': exit status $status"
	grep -q done "$WORK/out" || fail "'$parameters': no end"
done
madvise=$(echo madvise | call_numbers)
mapfile -t fewer < <(grep -v -x "$madvise" "$WORK/numbers")
run "" "${fewer[@]}"
((status == 128 + 31)) || fail "without madvise: exit status $status"
