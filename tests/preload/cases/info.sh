#!/bin/bash
# SPDX-License-Identifier: MIT
#
# kmalloc-info, the tool: texts of a library that has just started, and of a
# program that it runs. Expect the same bytes as from the functions, the status
# of the program, and 1, 2, 126 or 127 for what cannot be.
. "$(dirname "$0")/../lib.sh"
begin bash awk
info=$(dirname "$KM_PRELOAD_LIB")/../bin/kmalloc-info
[[ -x $info ]] || skip "kmalloc-info is not built"

# run ARGS...: sets rc, out and err
run() {
	rc=0
	limited "$info" "$@" >"$WORK/out" 2>"$WORK/err" || rc=$?
	out=$(<"$WORK/out") err=$(<"$WORK/err")
}

run
[[ $rc -eq 0 && $out == *buddyinfo* && $out == *slab/* ]] || fail "names: $out"
run slab/kmalloc-64/object_size slab/kmalloc-96/object_size
[[ $rc -eq 0 && $out == $'64\n96' ]] || fail "two names: $rc $out"
KMALLOC_CMDLINE="dma=32M" run zoneinfo
awk '/^Node 0, zone +DMA$/ { dma = 1 } /spanned/ && dma { print $2; exit }' \
	"$WORK/out" | grep -qx 8192 || fail "dma=32M: $out"
run slab/
[[ $rc -eq 0 && $out == *kmalloc-64/* ]] || fail "folder: $out"

run slabinfo slab/malloc-64/object_size -- bash -c 'echo "$*"; exit 7' - a "b c"
[[ $rc -eq 7 && $out == "a b c" ]] || fail "program: $rc $out"
[[ $(head -n 1 "$WORK/err") == "slabinfo - version: 2.1" ]] || fail "$err"
[[ $(tail -n 1 "$WORK/err") == 64 ]] || fail "the second text: $err"
LD_PRELOAD=$KM_PROGRAMS/libslabinfo_redirect.so run cmdline -- \
	bash -c 'echo "$LD_PRELOAD"'
[[ $out == "$KM_PROGRAMS/libslabinfo_redirect.so:"*/libkmalloc-preload.so ]] ||
	fail "LD_PRELOAD was not kept: $out"

run nonsense
[[ $rc -eq 1 && $err == *nonsense* ]] || fail "unknown name: $rc $err"
run -- true
[[ $rc -eq 2 ]] || fail "no name: $rc $err"
for words in --nonsense "slabinfo --pid $$" "--pid=$$ slabinfo" --pid \
	"--pid $$ slabinfo --nonsense" "slabinfo --help -- true"; do
	run $words
	[[ $rc -eq 2 && -z $out && $err == Usage:* ]] ||
		fail "$words: $rc $out $err"
done
for words in "" slabinfo --help; do
	"$info" $words >/dev/full 2>"$WORK/err" &&
		fail "$words: nothing was written"
	grep -qF 'standard output: No space left' "$WORK/err" ||
		fail "$words: $(<"$WORK/err")"
done
run slabinfo -- "$WORK/missing"
[[ $rc -eq 127 ]] || fail "missing program: $rc"
run slabinfo -- "$WORK"
[[ $rc -eq 126 ]] || fail "a folder: $rc"
run --help
[[ $rc -eq 0 && $out == Usage:* ]] || fail "--help: $rc $out"
