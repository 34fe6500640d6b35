#!/bin/bash
# SPDX-License-Identifier: MIT
#
# awk: associative arrays, string building and splitting on 200,000 lines.
# Expect the same report, and an awk that the library served.
. "$(dirname "$0")/../lib.sh"
begin awk /usr/bin/python3
/usr/bin/python3 "$KM_HERE/sample.py" words 200 >"$WORK/data" ||
	fail "no data"

cat >"$WORK/script" <<'SCRIPT'
{
	for (i = 2; i < NF; i++) {
		n[$i]++
		pair[$i, $(i + 1)] = pair[$i, $(i + 1)] + $NF % 1000
	}
	line[NR] = $0
	if (NR % 1000 == 0) {
		long = ""
		for (i = NR - 999; i <= NR; i++)
			long = long line[i] ";"
		total += length(long) + split(long, parts, /[ ;]+/)
		gsub(/slab/, "<slab>", long)
		total += length(long)
	}
}
END {
	for (w in n)
		print w, n[w]
	for (p in pair)
		sum += pair[p]
	print sum, total, toupper(substr(line[777], 1, 30))
}
SCRIPT

work() {
	t awk -f "$WORK/script" "$WORK/data" | sort
}

run_plain work
run_shim work
same_artefact
proof_of awk
