#!/bin/bash
# SPDX-License-Identifier: MIT
#
# sort: two threads on 200 MB of lines with a buffer of 100 MB, so that it also
# merges temporary files. Expect the same checksum, and a sort that held its
# buffer in the library's memory.
. "$(dirname "$0")/../lib.sh"
begin sort /usr/bin/python3
/usr/bin/python3 "$KM_HERE/sample.py" hex 200 >"$WORK/data" ||
	fail "no data"
(($(stat -c %s "$WORK/data") >= 200000000)) || fail "too little data"

work() {
	LC_ALL=C t sort --parallel=2 -S 100M -T . -o sorted "$WORK/data"
	wc -l <sorted
	sha256sum <sorted
	rm sorted
}

run_plain work
run_shim work
same_artefact
proof_of sort large peak=50000000
