#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Debian's slabtop reads the slabinfo of a preloaded program in place of the
# kernel's: by a bind mount in a mount namespace of its own, and by a library
# that redirects its fopen(). Expect each cache with the numbers of the text.
. "$(dirname "$0")/../lib.sh"
begin perl slabtop awk unshare
info=$WORK/slabinfo

# 10,000 scalars of 100 bytes, still held when the text is made
t env "LD_PRELOAD=$KM_PRELOAD_LIB" KMALLOC_CMDLINE=proc_at_exit=slabinfo \
	perl -e 'our @a = map { "x" x 100 } 1..10000;' 2>"$info" ||
	fail "perl: exit status $?"
[[ $(head -n 1 "$info") == "slabinfo - version: 2.1" ]] ||
	fail "not a slabinfo: $(head -n 3 "$info")"

# name, objects, active, percent, objects a slab, slabs; without unused caches
awk '/^malloc-/ && $3 { print $1, $3, $2, int(100 * $2 / $3) "%", $5, $15 }' \
	"$info" | sort >"$WORK/expected"
[[ $(wc -l <"$WORK/expected") -gt 10 ]] || fail "only: $(cat "$WORK/expected")"
awk '$1 ~ /^malloc-1(12|28)$/ && $3 > 9000 { found = 1 } END { exit !found }' \
	"$WORK/expected" || fail "the scalars are missing: $(cat "$info")"

# by_mount: 0, or 1 where namespaces are forbidden
by_mount() {
	local flags

	for flags in -m -Urm; do
		# shellcheck disable=SC2016
		unshare $flags bash -c 'mount --bind "$1" /proc/slabinfo &&
			exec slabtop -o -s n' - "$info" \
			>"$WORK/out" 2>"$WORK/err" && return
	done
	return 1
}

by_redirect() {
	KM_SLABINFO=$info LD_PRELOAD=$KM_PROGRAMS/libslabinfo_redirect.so \
		limited slabtop -o -s n >"$WORK/out" 2>"$WORK/err"
}

shown=0
for way in by_mount by_redirect; do
	if ! "$way"; then
		echo "$way: not possible here: $(cat "$WORK/err")" >&2
		continue
	fi
	shown=$((shown + 1))
	awk '$8 ~ /^malloc-/ && $1 { print $8, $1, $2, $3, $6, $5 }' \
		"$WORK/out" | sort >"$WORK/got"
	diff "$WORK/expected" "$WORK/got" >&2 || fail "$way: differs"
done
[[ $shown -gt 0 ]] || skip "neither mount namespaces nor a redirected fopen()"
