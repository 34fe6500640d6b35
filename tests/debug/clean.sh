#!/bin/bash
# SPDX-License-Identifier: MIT
#
# clean.sh LIBRARY CMDLINE PROGRAM ARGS... - a program without bugs, debugged
#
# Expect it to end as it does otherwise, and nothing to be reported.
set -uo pipefail
library=$1 cmdline=$2
shift 2
said=$(mktemp)
trap 'rm -f "$said"' EXIT

LD_PRELOAD=$library KTEST_LIB=${library##*/} KMALLOC_CMDLINE=$cmdline "$@" \
	2>"$said"
status=$?
cat "$said" >&2
if grep -qa -E '^(BUG|FIX|kmalloc:|slab error) ' "$said"; then
	echo "clean.sh: a report where there is no bug" >&2
	exit 1
fi
exit "$status"
