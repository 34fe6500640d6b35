# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# system_calls.sh - the table of system calls in docs/shim.md. Sourced, never
# run; KM_SOURCE_DIR is the source tree.

# documented_calls WHEN: the calls of the rows whose second cell begins so (a
# pattern of grep -E), a name a line
documented_calls() {
	sed -n '/^## System calls/,/^## Invalid use/p' \
		"$KM_SOURCE_DIR/docs/shim.md" |
		grep -E "^\| \`[^|]*\` \| ($1)" |
		cut -d '|' -f 2 | grep -o '[a-z][a-z0-9_]*' | sort -u
}

# call_numbers < NAMES: the numbers of the calls, in the order of the names
call_numbers() {
	{ echo '#include <sys/syscall.h>'; sed 's/.*/SYS_&/'; } |
		gcc -E -P - | grep -E '^[0-9]+$'
}
