#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The report of scripts/bench, on made-up samples. Expect the programs behind
# each group by name, a mark on the row whose spread exceeds its difference and
# on no other, and memory judged against the best peer of each row.
. "$(dirname "$0")/common.sh"

cat > "$tmp/samples.py" <<'END'
import types

import report

NS = types.SimpleNamespace
GROUP = {"churn": "written", "sqlite3": "real", "lua": "real"}
# (wall of three runs, peak memory), by program and allocator
SAMPLES = {
    "churn": {"libkmalloc": ([1.00, 1.01, 0.99], 100),
              "glibc": ([2.0] * 3, 400), "jemalloc": ([1.5] * 3, 80)},
    "sqlite3": {"libkmalloc": ([1.00, 1.20, 0.90], 100),
                "glibc": ([0.9] * 3, 50), "jemalloc": ([1.1] * 3, 200)},
    "lua": {"libkmalloc": ([1.00, 1.01, 0.99], 100),
            "glibc": ([0.8] * 3, 100), "jemalloc": ([1.1] * 3, 200)},
}
results = report.Results([NS(name=n, group=g) for n, g in GROUP.items()],
                         [NS(name="libkmalloc"), NS(name="glibc"),
                          NS(name="jemalloc")], "libkmalloc")
for program, allocators in SAMPLES.items():
    for allocator, (walls, rss) in allocators.items():
        for wall in walls:
            results.add(NS(name=program), NS(name=allocator),
                        NS(wall=wall, cpu=wall, rss=rss, error=""))
report.print_report(results)
END
status env "PYTHONPATH=$root/bench" /usr/bin/python3 -B "$tmp/samples.py"
same "standard error" "" "$err"
wall=$(sed -n '/^Wall time/,/^$/p' "$tmp/out")
has "the programs are named" "real programs: sqlite3, lua" "$wall"
has "the written ones too" "written workloads: churn" "$wall"
same "marked rows" sqlite3 "$(awk '/~$/ { print $1 }' <<< "$wall")"
has "the mark is explained" "~ the spread exceeds" "$wall"
has "verdicts name the programs" \
	"time, real programs (sqlite3, lua), geometric mean to jemalloc" "$out"
# 100/80, 100/50, 100/100: geometric mean 1.36
has "memory" "MISSED   peak memory, geometric mean to the best peer of each row \
(most: sqlite3, 2.00): 1.36 (bound 1.10)" "$out"

finish
