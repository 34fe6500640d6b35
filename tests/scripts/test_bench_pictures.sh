#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Pictures and the page of the memory suite, of made-up runs. Expect runs laid
# over each other at their marks, lines of the points that can be seen, SVG that
# is XML and names all allocators, and a page with the command, the tables
# without the folder of this tree, and each picture.
. "$(dirname "$0")/common.sh"

cat > "$tmp/draw.py" <<'END'
import os
import sys
import xml.etree.ElementTree

import memory_page
import memory_report
import pictures
import svg
from resident import Mark, Trace

MIB = 1 << 20


def run(begin, slow, held):
    """Up to held MiB at the first mark, all gone at the second."""
    samples = [(begin + slow * i / 100, (i if i < 100 else 0) * MIB,
                (held * i // 100 if i < 100 else held) * MIB)
               for i in range(101)]
    samples += [(begin + slow * (1 + i / 10), 0, 0) for i in range(1, 12)]
    return Trace([Mark("full", "resident", 100 * MIB, held * MIB,
                       begin + slow),
                  Mark("all gone, at last", "resident", 0, 0,
                       begin + 2 * slow)], samples, 100 * MIB, held * MIB)


fast, late = pictures.at_marks(run(0, 1, 120)), pictures.at_marks(
    run(3, 10, 200))
print([round(x, 2) for x, _, _ in fast] == [round(x, 2) for x, _, _ in late],
      fast[0], fast[-1][0])
print(pictures.middle_run([run(0, 1, h) for h in (5, 9, 7)]).most_held / MIB)
print(pictures.in_lines("all gone, at last"))
print(svg.thinned([(x, x) for x in range(50)]))
print(svg.thinned([(0, 0), (1, 0), (2, 9), (3, 0), (4, 0.5), (5, 0)]))
print(svg.thinned([]), svg.thinned([(1, 2)]))
print([svg.tick_step(x) for x in (8, 300, 0.5)])

results = memory_report.Results(["grow", "overhead"], ["libkmalloc"],
                                ["glibc", "je<malloc"])
for name, held in (("libkmalloc", 120), ("glibc", 110), ("je<malloc", 300)):
    results.add("grow", name, run(held / 100, held / 50, held))
    results.add("overhead", name, Trace(
        [Mark(f"{16 << i} B", "resident", 100, held) for i in range(9)], [], 1))
results.traces["grow"]["glibc"][0].error = "killed"
folder = os.path.join(sys.argv[1], "memory")
memory_page.write(os.path.join(sys.argv[1], "page.md"),
                  "scripts/bench --memory", f"peers {memory_page.ROOT}/build/x"
                  "\nTable\n", results)
for name in ("grow", "overhead"):
    path = os.path.join(folder, f"{name}.svg")
    root = xml.etree.ElementTree.parse(path).getroot()
    words = [e.text for e in root.iter() if e.tag.endswith("text")]
    lines = [e for e in root.iter() if e.get("stroke")]
    print(name, [w for w in words if w in results.names or w == "live"],
          len(lines), len([e for e in lines if e.get("class") == "ours"]),
          len([e for e in root.iter() if e.get("class") == "area"]),
          os.path.getsize(path) < 4000)
    print([w for w in words if w.isdigit() or w.endswith(" s") or w == "full"])
END
status env PYTHONPATH="$root/bench" /usr/bin/python3 -B "$tmp/draw.py" "$tmp"
same "standard error" "" "$err"
same "drawn" "True (0.0, 0, 0) 2.0
7.0
['all gone, at', 'last']
[(0, 0), (49, 49)]
[(0, 0), (1, 0), (2, 9), (3, 0), (5, 0)]
[] [(1, 2)]
[1.0, 50.0, 0.1]
grow ['libkmalloc', 'je<malloc', 'live'] 4 2 2 True
['0', '50', '100', '150', '200', '250', '300', 'full', '2.4 s', '4.8 s']
overhead ['libkmalloc', 'glibc', 'je<malloc'] 6 2 0 True
['1', '2', '3', '16', '256', '4096']" "$out"

page=$(< "$tmp/page.md")
has "the command" "\`\`\`sh
scripts/bench --memory
\`\`\`" "$page"
has "the tables" "\`\`\`
peers build/x
Table
\`\`\`" "$page"
has "a picture" "![grow: 1,200 buffers that grow by realloc to 100 MiB]\
(memory/grow.svg)" "$page"
has "the other picture" "](memory/overhead.svg)" "$page"

# options OPTION WHAT: said without --memory, and what cannot be written
options() {
	status /usr/bin/python3 -B "$root/bench/runner.py" --bindir "$tmp" \
		--check "$1" "$2"
	same "$1: status" 2 "$rc"
	has "$1" "$1 is for --memory" "$err"
	status /usr/bin/python3 -B "$root/bench/runner.py" --bindir "$tmp" \
		--check --memory "$1" "$tmp/none/x"
	same "$1, nowhere: status" 2 "$rc"
	has "$1, nowhere" "$1 $tmp/none/x: " "$err"
}
options --page "$tmp/page.md"
options --pictures "$tmp"

finish
