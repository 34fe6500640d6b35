#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The system calls of a program that allocates, grows and frees sizes up to
# 24 MiB after the library has started: what a seccomp filter must let pass.
# Expect mmap, munmap, mremap, madvise, mprotect (of the region), futex,
# membarrier, openat, read and close (of limits, once), and nothing else.
. "$(dirname "$0")/../lib.sh"
begin strace

limited strace -qq -o "$WORK/trace" -E "LD_PRELOAD=$KM_PRELOAD_LIB" \
	"$KM_PROGRAMS/preload_churn" >"$WORK/out" || fail "exit status $?"
grep -q -F "\"$KM_PRELOAD_LIB\"" "$WORK/trace" || fail "not preloaded"
sed -n '/^write(1, "churn/,/^exit_group/p' "$WORK/trace" | sed '1d; $d' |
	sed -n 's/^\([a-z0-9_]*\)(.*/\1/p' | sort | uniq -c >"$WORK/count"
grep . "$WORK/count" || fail "no system call after the start"
! grep -v -w -E 'mmap|munmap|mremap|madvise|mprotect|futex|membarrier|openat|read|close' \
	"$WORK/count" || fail "other system calls"
