#!/bin/bash
# SPDX-License-Identifier: MIT
#
# A child of fork() frees one of a hundred of its parent's 400,000 blocks, then
# all of them. Expect at most 1 MiB of its memory to be copied by the first, and
# 8 MiB after the last, in each mode; glibc copies 16 and 93.
. "$(dirname "$0")/../lib.sh"
begin bash

for parameters in percpu=thread percpu=rseq slub=7.0; do
	read -r some all < <(LD_PRELOAD=$KM_PRELOAD_LIB \
		KMALLOC_CMDLINE=$parameters \
		t "$KM_PROGRAMS/preload_fork_child" 2>"$WORK/err")
	clean_stderr "$WORK/err"
	[[ $all ]] || fail "$parameters: the program failed"
	echo "$parameters: $some KiB by each hundredth, $all KiB when all are freed"
	((some <= 1024)) || fail "$parameters: $some KiB by each hundredth"
	((all <= 8192)) || fail "$parameters: $all KiB when all are freed"
done
