#!/bin/bash
# SPDX-License-Identifier: MIT
#
# filtered.sh PROGRAM ARGS... - a torture program under the library KM_LIB and
# the module KM_FILTER, by which the library makes the system calls of docs/
# shim.md and no other. Expect the program to end well. With "without NAME" in
# front that call is not allowed either: expect the program to be killed. With
# "with MODULE" in front that is preloaded too.
set -u
. "$(dirname "$0")/../support/system_calls.sh"
unset LD_PRELOAD
ulimit -c 0
without= first=
case $1 in
without) without=$2; shift 2 ;;
with) first=$2:; shift 2 ;;
esac

# What is done at the start alone is not allowed.
names=$(documented_calls '[^s]|s[^t]|st[^a]' | grep -v -x "$without")
KM_FILTER_CALLS=$(call_numbers <<<"$names" | tr '\n' ' ')
export KM_FILTER_CALLS
(($(wc -w <<<"$KM_FILTER_CALLS") == $(wc -w <<<"$names") &&
	$(wc -w <<<"$names") > 10)) || {
	echo "FAIL: the table of system calls gives" $names
	exit 1
}

LD_PRELOAD=$first$KM_FILTER:$KM_LIB "$@"
status=$?
if [[ $status == 77 || ! $without ]]; then
	exit "$status"
fi
((status == 128 + 31)) || {
	echo "FAIL: without $without: exit status $status"
	exit 1
}
