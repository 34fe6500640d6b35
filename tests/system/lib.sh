# SPDX-License-Identifier: MIT
# shellcheck shell=bash
#
# lib.sh - what the tests of whole systems share. Sourced, never run.
#
# A system is a folder that programs see as / (chroot), in namespaces of its
# own for mounts and processes. All its programs are served by the library that
# its /etc/ld.so.preload names, with nothing in any environment.
#
# Environment: KM_PRELOAD_LIB, the library; KM_SYSTEM_WORK, a folder for systems
# that are to be used again.
set -euo pipefail

name=$(basename "$0" .sh)
tmp=$(mktemp -d)
chmod 755 "$tmp"
sys=$tmp/system
lib=/usr/lib/libkmalloc-preload.so
failures=0
unset LD_PRELOAD KMALLOC_CMDLINE
trap 'rm -rf "$tmp"' EXIT
exec < /dev/null

fail() {
	echo "$name: FAIL: $*"
	failures=$((failures + 1))
}

skip() {
	echo "$name: skipped: $*"
	exit 77
}

# need_chroot: skips the test where folders cannot become / in namespaces
need_chroot() {
	[[ $EUID -eq 0 ]] || skip "only root can change what / is"
	mkdir "$tmp/proc" "$tmp/dev"
	unshare --mount --pid --fork bash -c '
		mount -t proc proc "$0/proc" && mount --rbind /dev "$0/dev"' \
		"$tmp" 2>/dev/null || skip "this machine forbids namespaces"
}

# inside [NAME=VALUE...] COMMAND...: run in the system, where it is process 1,
# with the environment of a system that starts. Sets rc, out, err.
inside() {
	rc=0
	# bash would say on its stderr that a command died by a signal
	(exec 2> /dev/null; unshare --mount --pid --fork bash -c '
		mount --make-rprivate / 2>/dev/null || :
		mount -t proc proc "$0/proc" &&
		mount --rbind /dev "$0/dev" &&
		exec chroot "$0" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin \
			HOME=/root "$@"' "$sys" "$@" \
		> "$tmp/out" 2> "$tmp/err") || rc=$?
	out=$(tr -d '\0' < "$tmp/out")
	err=$(tr -d '\0' < "$tmp/err")
}

# works WHAT EXPECTED COMMAND...: status 0, that output, nothing on stderr
works() {
	inside "${@:3}"
	if [[ $rc -ne 0 || $out != "$2" || -n $err ]]; then
		fail "$1: status $rc, said '$out' and '$err', expected '$2'"
	fi
}

# preload WORDS...: what the system's loader is to preload; none: nothing
preload() {
	if [[ $# -eq 0 ]]; then
		rm -f "$sys/etc/ld.so.preload"
	else
		printf '%s\n' "$@" > "$sys/etc/ld.so.preload"
	fi
}

finish() {
	[[ $failures -eq 0 ]] || exit 1
	echo "$name: ok"
}
