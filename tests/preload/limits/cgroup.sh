#!/bin/bash
# SPDX-License-Identifier: MIT
#
# In a cgroup of 170 MB: half of 128 MiB is freed, then 64 MiB of other blocks
# are filled. A bound of 1 GiB would let all free memory stay. Expect the
# program to live, since the limit of the cgroup is read; and to be killed if it
# is not (page_reporting.limit=0), so that the limit is known to work.
. "$(dirname "$0")/../lib.sh"
begin bash

# Sets group and file to a new cgroup and its limit. Needs the right to make it.
make_group() {
	group=/sys/fs/cgroup/memory/kmalloc-test-$$
	file=memory.limit_in_bytes
	if [[ ! -d /sys/fs/cgroup/memory ]]; then
		group=/sys/fs/cgroup/kmalloc-test-$$
		file=memory.max
	fi
	mkdir "$group" 2>"$WORK/err" && [[ -w $group/$file ]] &&
		echo $((170 << 20)) 2>>"$WORK/err" >"$group/$file"
}

remove_group() {
	rmdir "$group" 2>/dev/null || { sleep 1; rmdir "$group" 2>/dev/null; }
}
trap 'remove_group; clean_up' EXIT

make_group || skip "no cgroup can be made"

# squeeze PARAMETERS: sets status
squeeze() {
	status=0
	(
		echo "$BASHPID" >"$group/cgroup.procs" || exit 77
		LD_PRELOAD=$KM_PRELOAD_LIB KMALLOC_CMDLINE=$1 \
			exec "$KM_PROGRAMS/preload_squeeze"
	) >"$WORK/out" 2>"$WORK/err" || status=$?
	((status != 77)) || skip "no way into a cgroup"
}

squeeze "page_reporting.dirty_bytes=1G page_reporting.limit=0"
((status == 128 + 9)) || fail "without the limit: exit status $status"
squeeze page_reporting.dirty_bytes=1G
((status == 0)) || fail "with the limit: exit status $status"
grep -q done "$WORK/out" || fail "no end"
squeeze ""
((status == 0)) || fail "by default: exit status $status"
