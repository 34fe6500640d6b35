#!/bin/bash
# SPDX-License-Identifier: MIT
#
# scripts/run with the real library, built. Expect PROGRAM's malloc to be
# ours, a summary for PROGRAM alone, and no more than PROGRAM's own output.
# How long scripts/run itself takes is printed, not judged.
. "$(dirname "$0")/common.sh"
need_library
run=$root/scripts/run

"$run" true	# builds what is newer than the library
status "$run" bash -c 'exit 3'
same "exit status" 3 "$rc"
same "quiet" "" "$err"
has "the library is mapped" libkmalloc-preload.so \
	"$("$run" cat /proc/self/maps)"

"$run" --backend slab true
has "the library of SLAB is mapped" libkmalloc-preload-slab.so \
	"$("$run" --backend slab cat /proc/self/maps)"
status "$run" --backend slab --stats ls /
has "--stats on SLAB" "kmalloc: stats" "$err"

# bash runs two children, a subshell and a program; it alone reports
status "$run" --stats bash -c '(exit 0); ls / > "$1"; echo done' - "$tmp/ls"
same "--stats: standard output" done "$out"
has "--stats" "kmalloc: stats" "$err"
same "--stats: once" 1 "$(grep -c '^kmalloc: stats' "$tmp/err" || true)"

# the same for a text
status env KMALLOC_CMDLINE=proc_at_exit=cmdline "$run" \
	bash -c '(exit 0); ls / > "$1"; echo $$' - "$tmp/ls"
same "proc_at_exit" "proc=$(printf %07d "$out"):cmdline" "$err"

# these close stderr in an exit handler
for program in "ls /" "sort /dev/null" "env"; do
	# shellcheck disable=SC2086
	status "$run" --stats $program
	same "--stats $program" 1 "$(grep -c '^kmalloc: stats' "$tmp/err" || true)"
done

start=${EPOCHREALTIME//[^0-9]/}
for ((i = 0; i < 20; i++)); do "$run" true; done
middle=${EPOCHREALTIME//[^0-9]/}
for ((i = 0; i < 20; i++)); do bash -c 'exec true'; done
end=${EPOCHREALTIME//[^0-9]/}
echo "scripts/run's own time: $(((2 * middle - start - end) / 20)) us" \
	"(50000 is the aim)"

finish
