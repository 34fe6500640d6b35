#!/bin/bash
# SPDX-License-Identifier: MIT
#
# scripts/bench --memory on two small shapes, and its report on made-up runs.
# Expect a column for each library and peer, the figure of each mark less that
# of the start, rows by their loss to the best peer, bounds judged for each
# library of ours, and a line among the failures for what cannot be measured.
. "$(dirname "$0")/common.sh"

export PYTHONPATH=$root/bench

# python: runs what is on standard input
python() {
	cat > "$tmp/test.py"
	status /usr/bin/python3 -B "$tmp/test.py"
	same "standard error" "" "$err"
}

python <<'END'
import resident

print(resident.parse_mark("12 dirty 345 1% freed"))
for line in ("12 dirty 345", "x resident 1 full", "12 rss 1 full"):
    try:
        print(resident.parse_mark(line))
    except ValueError as error:
        print(error)
TEXT = "00-ff ---p\nRss:   812 kB\nPss: 7 kB\nPrivate_Dirty:  104 kB\n"
print(resident.rollup(TEXT, "resident"), resident.rollup(TEXT, "dirty"))
END
same "lines of shapes" "(12, 'dirty', 345, '1% freed')
no mark: '12 dirty 345'
no mark: 'x resident 1 full'
no mark: '12 rss 1 full'
831488 106496" "$out"

# Two programs that stand for shapes: one maps 32 MiB between its marks and
# writes to them, the others end badly.
cat > "$tmp/fake.py" <<'END'
import mmap
import os
import sys

kind, marks, answers, board = sys.argv[1], *map(int, sys.argv[2:])


def mark(name, live):
    os.write(marks, f"{os.getpid()} resident {live} {name}\n".encode())
    os.read(answers, 1)


if kind != "startless":
    mark("start", 0)
if kind == "dies":
    sys.exit("said why")
room = mmap.mmap(-1, 32 << 20)
for _ in range(32):
    room.write(b"x" * (1 << 20))
mark("full", 32 << 20)
room.close()
mark("freed", 0)
END
cat > "$tmp/watch.py" <<'END'
import sys

import programs
import resident
from allocators import Allocator

NONE = Allocator("glibc", "")
FAKE = programs.Program("fake", "written", [], [])


def watch(kind):
    return resident.run([programs.PYTHON, sys.argv[1], kind], NONE, FAKE)


trace = watch("good")
full, freed = trace.marks
print(trace.error, full.name, full.live, 31 < full.held / 2 ** 20 < 34,
      freed.name, -1 < freed.held / 2 ** 20 < 2, full.at < freed.at,
      31 < trace.most_held / 2 ** 20 < 36,
      {(m.at, m.live, m.held) for m in trace.marks} <= set(trace.samples),
      trace.samples[0][1:])
print(watch("dies").error)
print(watch("startless").error)
END
status /usr/bin/python3 -B "$tmp/watch.py" "$tmp/fake.py"
same "watched" " full 33554432 True freed True True True True (0, 0)
exit status 1: said why
mark 'full' without a start" "$out"
same "watched: standard error" "" "$err"

# Between marks: a sample whenever nothing was said for a while.
python <<'END'
import mmap
import os
import struct
import time

import resident


class Quiet:
    """A watch that makes its shape go on at the second sample."""
    samples, lines = 0, []

    def sample(self):
        self.samples += 1
        if self.samples == 2:
            os.write(marks_in, b"one\ntwo\nth")
        elif self.samples == 3:
            os.write(marks_in, b"ree\n")
            os.close(marks_in)

    def on_mark(self, line):
        self.lines.append(line)


marks, marks_in = os.pipe()
answers, answers_in = os.pipe()
quiet = Quiet()
resident.follow(quiet, marks, answers_in, time.monotonic() + 60)
print(quiet.samples, quiet.lines, os.read(answers, 9))

board = mmap.mmap(-1, 4096)
watch = resident.Watch(os.getpid(), board)
watch.sample()
print(watch.trace.samples)
watch.on_mark(f"{os.getpid()} resident 0 start")
board[:16] = struct.pack("NN", 7, 9)
room = mmap.mmap(-1, 32 << 20)
for _ in range(32):
    room.write(b"x" * (1 << 20))
watch.sample()
_, live, held = watch.trace.samples[1]
print(live, 31 < held / 2 ** 20 < 34, watch.close().most_live)
try:
    resident.follow(quiet, answers, answers_in, time.monotonic())
except TimeoutError as error:
    print(error)
END
same "between marks" "3 ['one', 'two', 'three'] b'...'
[]
7 True 9
no end after 600 s" "$out"

# Losses: drift's end +100 of 150 MiB live, fork's +8 of 64, freed +6 of 100.
python <<'END'
import memory_report
from resident import Mark, Trace

MIB = 1 << 20
PEAKS = "drift", "overhead", "idle-few"
RUNS = {
    "drift": (("end", "resident", 150), 150, {
        "libkmalloc": [400, 330, 100], "slab": [230] * 3,
        "glibc": [300] * 3, "jemalloc": [230] * 3}),
    "freed-idle": (("1 s idle", "resident", 0), 100, {
        "libkmalloc": [6] * 3, "slab": [14] * 3, "glibc": [0] * 3,
        "jemalloc": [50] * 3}),
    "fork": (("1% freed", "dirty", 80), 80, {
        "libkmalloc": [4] * 3, "slab": [11] * 3, "glibc": [3] * 3,
        "jemalloc": [1] * 3}),
    "overhead": (("48 B", "resident", 32), 32, {
        "libkmalloc": [35] * 3, "slab": [36] * 3, "glibc": [33] * 3,
        "jemalloc": [34] * 3}),
    "idle-few": (("trim", "resident", 0), 0, {
        "libkmalloc": [1] * 3, "slab": [1] * 3, "glibc": [1] * 3,
        "jemalloc": [1] * 3}),
    "grow": (("grown", "resident", 10), 10, {
        "libkmalloc": [10] * 3, "slab": [10] * 3, "glibc": [10] * 3,
        "jemalloc": [10] * 3}),
}
results = memory_report.Results(list(RUNS), ["libkmalloc", "slab"],
                                ["glibc", "jemalloc"])
for shape, ((name, kind, live), most, allocators) in RUNS.items():
    for allocator, helds in allocators.items():
        for held in helds:
            results.add(shape, allocator, Trace(
                [Mark(name, kind, live * MIB, held * MIB)], [], most * MIB,
                2 * held * MIB if shape in PEAKS else 0))
results.traces["grow"]["jemalloc"][1].error = "exit status 1: out of memory"
results.traces["grow"]["glibc"][2].marks[0] = Mark("grown", "resident", 1, 2)
results.check_marks()
print(memory_report.print_report(results))
END
table() {
	sed -n "/^$1/,/^\$/p" <<< "$out" | sed 1d | tr -s ' '
}
same "ratios" " live MiB libkmalloc slab glibc jemalloc loss libkmalloc loss slab
 drift: end 150.0 2.20 1.53 2.00 1.53 +0.67 +0.00
 overhead: 48 B 32.0 1.09 1.12 1.03 1.06 +0.03 +0.05
 grow: grown 10.0 1.00 1.00 - - - -" "$(table "Resident . live")"
same "megabytes" " live MiB libkmalloc slab glibc jemalloc loss libkmalloc loss slab
 freed-idle: 1 s idle 0.0 6.00 14.00 0.00 50.00 +0.06 +0.14
 fork: 1% freed 80.0 4.00 11.00 3.00 1.00 +0.04 +0.12
 idle-few: trim 0.0 1.00 1.00 1.00 1.00 +0.00 +0.00" \
	"$(table "MiB resident")"
has "peaks" " drift: peak 150.0 4.40 3.07 4.00 3.07 +1.33 +0.00" \
	"$(table "Peak resident")"
has "means of peaks" "libkmalloc: geometric mean to the best peer of each row \
1.23, greatest 1.43" "$out"
has "a run that failed" "grow under jemalloc: exit status 1: out of memory" \
	"$out"
has "other marks" "grow under glibc: marks differ from other runs" "$out"
same "failed pairs" 2 "$(tail -n 1 <<< "$out")"
bounds=$(sed -n '/^Bounds:/,$p' <<< "$out" | tr -s ' ')
for bound in \
	" MISSED libkmalloc, drift: end: 330.0 MiB (bound 2.00 x live: 300.0)" \
	" holds slab, drift: end: 230.0 MiB (bound 2.00 x live: 300.0)" \
	" holds libkmalloc, freed-idle: 1 s idle: 6.0 MiB (bound 5% of the peak \
+ 8.0 MiB: 13.0)" \
	" MISSED slab, freed-idle: 1 s idle: 14.0 MiB (bound 5% of the peak \
+ 8.0 MiB: 13.0)" \
	" holds libkmalloc, fork: 1% freed: 4.0 MiB (bound 4.0 MiB: 4.0)" \
	" holds libkmalloc, overhead: 1 of 1 sizes within 1.05 x the best of \
jemalloc, mimalloc, tcmalloc" \
	" MISSED slab, overhead: 48 B: 36.0 MiB (bound 35.7)"; do
	has "bounds" "$bound" "$bounds"
done

# the whole way
need_library
mkdir "$tmp/bin"
gcc -O1 -fno-builtin -pthread -o "$tmp/bin/memory" "$root"/bench/memory/*.c -lm
status /usr/bin/python3 -B "$root/bench/runner.py" --bindir "$tmp/bin" \
	--built "$root/build/release/lib/libkmalloc-preload.so" --memory \
	--only grow,fork --scale 0.05 --pace 0.02 --rounds 2 --peers glibc \
	--json "$tmp/all.json"
same "run: status" 0 "$rc"
same "run: standard error" "" "$err"
has "run: columns" "live MiB  libkmalloc  slab  glibc  loss libkmalloc" "$out"
has "run: marks" "grow: half gone" "$out"
has "run: a child's marks" "fork: 1% freed" "$out"
same "run: traces" "4 4 4" "$(/usr/bin/python3 -c '
import json, sys
traces = json.load(open(sys.argv[1]))["traces"]
print(*(sum(len(runs) for runs in (shape[a] for shape in traces.values())
            if all(not t["error"] and t["samples"] for t in runs))
        for a in ("libkmalloc", "slab", "glibc")))' "$tmp/all.json")"

# options PART...: judged, and nothing else
options() {
	status /usr/bin/python3 -B "$root/bench/runner.py" --bindir "$tmp/bin" \
		--check "$@"
}
options --memory --only drift,nothing
same "unknown shape" 2 "$rc"
has "unknown shape: which" "unknown shape 'nothing': one of drift" "$err"
options --jobs 2
same "jobs without --memory" 2 "$rc"

finish
