#!/bin/bash
# SPDX-License-Identifier: MIT
#
# xz -T2: 24 MB compressed by two threads in blocks of 4 MB, tested and
# unpacked. Expect identical compressed bytes, and an xz that the library
# served.
. "$(dirname "$0")/../lib.sh"
begin xz /usr/bin/python3
/usr/bin/python3 "$KM_HERE/sample.py" words 400 >"$WORK/data" ||
	fail "no data"

work() {
	t xz -T2 -1 --block-size=4MiB -c "$WORK/data" >data.xz
	t xz -t -T2 data.xz
	sha256sum <data.xz
	t xz -d -T2 -c data.xz | cmp - "$WORK/data" && echo unpacked
}

run_plain work
run_shim work
same_artefact
proof_of xz large peak=4000000
