#!/bin/bash
# SPDX-License-Identifier: MIT
#
# start.sh PROGRAM CASE - start.c under the library named by KM_LIB ("" for a
# static program, which has it inside)
#
#	early		each function as the first call of the process, before
#			any constructor. Expect it to work
#	never		the same with every call of the system failing. Expect
#			no crash, and exactly one line, which says so
#	nth		the N-th call of the system fails, or all from there on.
#			Expect no crash
#	limits		RLIMIT_AS and RLIMIT_DATA from 1 MiB up. Expect no
#			crash, and memory once the limit is lifted
#	retry		a start that fails a few times. Expect memory afterwards
set -u
program=$1 case=$2
lib=${KM_LIB-}
unset LD_PRELOAD KMALLOC_CMDLINE
ulimit -c 0
err=$(mktemp "${TMPDIR:-/tmp}/km-start.XXXXXX")
trap 'rm -f "$err"' EXIT
bad=0

fail() {
	echo "FAIL: $*"
	head -n 5 "$err"
	((++bad < 10)) || exit 1
}

# run PARAMETERS ARGS...: the exit status is the program's
run() {
	local parameters=$1
	shift
	env ${lib:+"LD_PRELOAD=$lib"} KMALLOC_CMDLINE="$parameters" \
		"$program" "$@" >/dev/null 2>"$err"
}

mapfile -t names < <("$program" list)
((${#names[@]} > 40)) || fail "the program lists ${#names[@]} names"

early() {
	local name

	for name in "${names[@]}"; do
		run "" "$name" early || fail "$name early: status $?"
	done
	# one of these is called before the malloc of anything else
	run "slab_debug page_owner=on" all early || fail "all early: status $?"
}

never() {
	local name

	for name in "${names[@]}" all; do
		run "fail_os=1,1000000" "$name" early ||
			fail "$name: status $?"
		[[ $name == malloc_stats || $name == all ]] && continue
		[[ $(grep -c '' "$err") == 1 ]] &&
			grep -q '^kmalloc: cannot start: .*ulimit' "$err" ||
			fail "$name: not one line that says why"
	done
}

nth() {
	local n

	for n in {1..60}; do
		run "fail_os=$n" all || fail "fail_os=$n: status $?"
		run "fail_os=$n,1000000" all ||
			fail "fail_os=$n and all after: status $?"
		! grep -q -E 'allocation failure|BUG|Call trace' "$err" ||
			fail "fail_os=$n: a report"
	done
	for n in {1..40..3}; do
		run "fail_os=$n,1000000 slab_debug page_owner=on" all early ||
			fail "fail_os=$n with slab_debug: status $?"
	done
}

# A limit may be too low for the loader, or for the kernel to start a program.
under() {
	local kind=$1 kib=$2 status plain
	shift 2

	(ulimit -S "$kind" "$kib" && exec env ${lib:+"LD_PRELOAD=$lib"} \
		"$program" "$@") >/dev/null 2>"$err"
	status=$?
	((status == 0)) && return
	((status == 127)) || ! grep -q 'loading shared libraries' "$err" ||
		status=127
	((status != 127)) || return 0
	(ulimit -S "$kind" "$kib" && exec env "$program" list) \
		>/dev/null 2>&1
	plain=$?
	((plain != 0)) || fail "ulimit $kind $kib, $*: status $status"
}

limits() {
	local kind kib

	for kind in -v -d; do
		for ((kib = 1024; kib <= 24576; kib += 384)); do
			under $kind $kib all
			under $kind $kib lift
		done
	done
}

retry() {
	local n

	for n in 300 1000; do
		run "fail_os=1,$n" retry || fail "fail_os=1,$n: status $?"
		[[ $(grep -c '^kmalloc: cannot start' "$err") == 1 ]] ||
			fail "fail_os=1,$n: not one line"
	done
}

"$case"
exit $((bad != 0))
