#!/bin/bash
# SPDX-License-Identifier: MIT
#
# coreutils: fifteen of the tools on 100,000 lines and on a tree of 500 files.
# Expect the same output, and tools that the library served.
. "$(dirname "$0")/../lib.sh"
begin sort join cut tac shuf ls /usr/bin/python3
/usr/bin/python3 "$KM_HERE/sample.py" words 100 >"$WORK/data" ||
	fail "no data"

work() {
	mkdir tree
	t split -l 200 -a 4 "$WORK/data" tree/part.
	t ls -lRS --time-style=+ tree | cut -d ' ' -f 5- | sha256sum
	t cp -r tree copy
	t du -a --apparent-size copy/part.aaaa
	t sha256sum copy/* | t md5sum
	t cut -d ' ' -f 2,3 "$WORK/data" | t sort | t uniq -c | t sort -rn
	t tac "$WORK/data" | t nl | t fold -w 60 | t cksum
	t shuf --random-source="$WORK/data" "$WORK/data" | sha256sum
	t sort -k 1,1 "$WORK/data" >a
	t sort -k 1,1 -r "$WORK/data" | t sort -k 1,1 >b
	t join a b | sha256sum
	t comm -12 a b | t wc
	t paste a b | t expand | t fmt -w 70 | t tr a-z A-Z | t base64 | cksum
	t tsort <<<"a b b c c d a d"
	t factor 123456789012345678901234567890 | t tee factors
	t numfmt --to=iec 123456789
	t rm -r tree copy
}

run_plain work
run_shim work
same_artefact
proof_of sort
proof_of ls
proof_of join
proof_of shuf large
proof_of rm
