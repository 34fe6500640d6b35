#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The least `ulimit -v` under which programs start and do their work, found by
# halving. Expect at most 4 MiB more than without the library.
. "$(dirname "$0")/../lib.sh"
begin cat sort perl /usr/bin/python3

# KIB PROGRAM ARGS...: does it do under that limit what it does without?
works() {
	local out

	out=$(ulimit -S -c 0 -v "$1" && echo 1 | "${UNDER[@]}" "${@:2}" \
		2>"$WORK/err") 2>/dev/null
	[[ $out == 1 ]] && ! grep -q -E '^kmalloc|cannot be preloaded' "$WORK/err"
}

# PROGRAM ARGS...: the least KiB, within 128
least() {
	local low=1024 high=131072 middle

	works "$high" "$@" || fail "$1 does not work with $high KiB"
	while ((high - low > 128)); do
		middle=$(((low + high) / 2))
		if works "$middle" "$@"; then
			high=$middle
		else
			low=$middle
		fi
	done
	echo "$high"
}

compare() {
	local plain shim

	set_mode plain
	plain=$(least "$@") || exit
	set_mode shim
	shim=$(least "$@") || exit
	echo "$1: $plain KiB without the library, $shim KiB with it"
	((shim - plain <= 4096)) || fail "$((shim - plain)) KiB more for $1"
}

compare cat
compare sort
compare perl -e 'print <STDIN>'
compare /usr/bin/python3 -c 'print(input())'
