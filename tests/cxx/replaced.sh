#!/bin/bash
# SPDX-License-Identifier: MIT
#
# replaced.sh KIND PROGRAM [LIBRARIES]: operators that a program replaces
#
# Runs 16 programs, one for each subset of the four basic operators, with the
# library and without it. % in PROGRAM and LIBRARIES stands for the number of
# the subset; LIBRARIES is a folder (KIND library) or a plug-in (KIND plugin).
#
# Expect the same operators to run, but for a plug-in that is opened
# RTLD_LOCAL: there expect that no block changes its allocator.
set -u
kind=$1 program=$2 libraries=${3-}
work=$(mktemp -d "${TMPDIR:-/tmp}/km-replaced.XXXXXX")
trap 'rm -rf "$work"' EXIT
failed=0

# run PRELOAD SUBSET: exit status of the program; its lines are on stdout.
run() {
	local args=() folder=

	[[ $kind != plugin ]] || args=("${libraries//%/$2}")
	[[ $kind != library ]] || folder=${libraries//%/$2}
	env LD_PRELOAD="$1" LD_LIBRARY_PATH="$folder" KTEST_LIB= \
		"${program//%/$2}" "${args[@]}"
}

for subset in {0..15}; do
	run "" "$subset" >"$work/plain" 2>&1 ||
		{ echo "subset $subset fails without the library"; failed=1; }
	[[ $(wc -l <"$work/plain") == 32 ]] ||
		{ echo "subset $subset: not 32 lines"; failed=1; }
	[[ $kind != static ]] || continue
	run "$KM_LIB" "$subset" >"$work/shim" 2>&1 ||
		{ echo "subset $subset: exit status $?"; failed=1
		  tail -n 3 "$work/shim"; }
	[[ $kind != plugin ]] || continue
	diff "$work/plain" "$work/shim" >"$work/diff" ||
		{ echo "subset $subset (< without, > with the library):"
		  head -n 8 "$work/diff"; failed=1; }
done
exit $failed
