#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The shape of the library file. Expect that it needs libc.so.6 and the loader
# only, is never unloaded, has a text column of at most 448 KiB, and at most
# 64 bytes of TLS that are reached by the initial-exec model.
. "$(dirname "$0")/../lib.sh"
begin readelf size objdump

readelf -W -d "$KM_PRELOAD_LIB" >"$WORK/dynamic" || fail "readelf"
needed=$(sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p' "$WORK/dynamic")
while read -r name; do
	case $name in
	'' | libc.so.6 | ld-linux*.so.*) ;;
	*) fail "needs $name" ;;
	esac
done <<<"$needed"
grep -q 'FLAGS_1.*NODELETE' "$WORK/dynamic" || fail "DF_1_NODELETE is not set"

text=$(size "$KM_PRELOAD_LIB" | awk 'NR == 2 { print $1 }')
((text > 0 && text <= 448 * 1024)) || fail "$text bytes of text"

tls=$(readelf -W -l "$KM_PRELOAD_LIB" | awk '$1 == "TLS" { print $6 }')
((${tls:=0} <= 64)) || fail "$((tls)) bytes of TLS"
! readelf -W -r "$KM_PRELOAD_LIB" | grep -E 'DTPMOD|TLSDESC' ||
	fail "TLS by a dynamic model"
echo "needs $(tr '\n' ' ' <<<"$needed"), text $text, TLS $((tls))"
