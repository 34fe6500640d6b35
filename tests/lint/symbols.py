#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""symbols.py - do objects refer to lower rooms only, and in no circle?

    symbols.py [--exact] ROOT OBJECTS

OBJECTS is a file with the name of an object file in each line. Prints one line
for each fault and exits 1 if there was any:
 - an object refers to a symbol of a higher room, or of a sibling, by
   src/rooms.txt; a weak symbol that another room replaces belongs to that room
 - a circle of objects of one room that docs/architecture.md does not name
 - with --exact: a circle that docs/architecture.md names and is there no more
The table of circles in docs/architecture.md has a row for each, the files in
alphabetical order and without .c:

    | room | files | why |
    |---|---|---|
    | `slub` | `flush`, `node` | a node is flushed when ... |

Without --exact a circle may be part of one in the table: a build without debug
checks has fewer references.
"""

import os
import re
import subprocess
import sys

import rooms
import sources

TABLE = os.path.join("docs", "architecture.md")
HEAD = "| room | files | why |"
ROW = re.compile(r"\| `([\w/]+)` \| ((?:`[\w.-]+`(?:, )?)+) \| (.+) \|")
OBJECT = re.compile(r".*/(src/.*?)CMakeFiles/[^/]+\.dir/(.+\.c)\.o$")
WEAK, STRONG = "VW", "ABCDGiRSTu"
UNDEFINED = "Uvw"


class Object:
    """The global symbols that an object defines and those it refers to."""

    def __init__(self):
        self.strong, self.weak, self.refers = set(), set(), set()

    def add(self, name, kind):
        if name.startswith("_."): # not of C: the one that all probes share
            return
        if kind in UNDEFINED:
            self.refers.add(name)
        elif kind in WEAK:
            self.weak.add(name)
        elif kind in STRONG:
            self.strong.add(name)


def source_of(path):
    """src/room/file.c, of which CMake made this object file."""
    match = OBJECT.match(path)
    if not match:
        return None
    return os.path.normpath(match.group(1) + match.group(2))


def parse(text):
    """Objects by their source file, of the output of nm -A -P -g."""
    objects = {}
    for line in text.splitlines():
        path, _, symbol = line.partition(".o: ")
        words = symbol.split()
        source = source_of(path + ".o")
        if source and len(words) > 1:
            objects.setdefault(source, Object()).add(*words[:2])
    return objects


def definers(objects, plan):
    """Function of a symbol and a room: the files it is found in from there."""
    strong, weak = {}, {}
    for file, item in objects.items():
        for name in item.strong:
            strong.setdefault(name, []).append(file)
        for name in item.weak:
            weak.setdefault(name, []).append(file)

    def find(name, room):
        files = strong.get(name) or weak.get(name) or []
        return [f for f in files if plan.of(f) == room] or files
    return find


def references(objects, plan):
    """{(file, file it refers to): the symbols}"""
    find = definers(objects, plan)
    edges = {}
    for file, item in objects.items():
        # a weak symbol of its own that is replaced is called elsewhere
        for name in item.refers | item.weak:
            for target in find(name, plan.of(file)):
                if target != file:
                    edges.setdefault((file, target), set()).add(name)
    return edges


def judge_direction(edges, plan):
    faults = []
    for (file, target), names in sorted(edges.items()):
        mine, theirs = plan.of(file), plan.of(target)
        fault = plan.fault(mine, theirs)
        if fault:
            faults.append(f"{file} refers {fault} to {target}: "
                          + ", ".join(sorted(names)))
    return faults


def reach(start, nexts):
    """Everything that can be reached from start by one step or more."""
    found, todo = set(), [start]
    while todo:
        for file in nexts.get(todo.pop(), ()):
            if file not in found:
                found.add(file)
                todo.append(file)
    return found


def circles(edges, plan):
    """{(room, files without folder and .c)}"""
    nexts = {}
    for file, target in edges:
        if plan.of(file) == plan.of(target):
            nexts.setdefault(file, set()).add(target)
    reached = {file: reach(file, nexts) for file in nexts}
    found = set()
    for file, others in reached.items():
        if file in others:
            ring = {f for f in others if file in reached.get(f, ())}
            names = sorted(os.path.basename(f)[:-2] for f in ring)
            found.add((plan.of(file), tuple(names)))
    return found


def listed(text):
    """{(room, files)} of the table, and the faults of its rows."""
    found, faults = set(), []
    _, _, table = text.partition(HEAD + "\n")
    for line in table.splitlines()[1:]:
        row = ROW.fullmatch(line)
        if not line.startswith("|"):
            break
        if not row:
            faults.append(f"{TABLE}: not a row of a circle: {line}")
            continue
        found.add((row.group(1), tuple(re.findall(r"`([^`]+)`",
                                                  row.group(2)))))
    return found, faults


def show(circle):
    room, files = circle
    return f"| `{room}` | " + ", ".join(f"`{f}`" for f in files) + " |"


def judge_circles(found, known, exact):
    faults = []
    for room, files in sorted(found - known):
        inside = any(room == other and set(files) < set(more)
                     for other, more in known)
        if exact or not inside:
            faults.append("a circle that the table of "
                          f"{TABLE} has not: {show((room, files))}")
    if exact:
        faults += [f"{TABLE} names a circle that is none: {show(circle)}"
                   for circle in sorted(known - found)]
    return faults


def judge(plan, objects, text, exact):
    edges = references(objects, plan)
    known, faults = listed(text)
    return (faults + judge_direction(edges, plan)
            + judge_circles(circles(edges, plan), known, exact))


def main():
    exact = "--exact" in sys.argv
    root, names = [a for a in sys.argv[1:] if a != "--exact"]
    with open(names, encoding="utf-8") as file:
        paths = [line for line in file.read().splitlines() if line]
    missing = [path for path in paths if not os.path.exists(path)]
    if missing:
        print(f"{len(missing)} objects are not built: {missing[0]}, ...")
        return 1
    text = subprocess.run(["nm", "-A", "-P", "-g"] + paths, check=True,
                          capture_output=True, text=True).stdout
    objects = parse(text)
    table = "\n".join(sources.read_lines(root, TABLE))
    faults = judge(rooms.read(root), objects, table, exact)
    if len(objects) < 100:
        faults.append(f"{names}: {len(objects)} objects are too few")
    for fault in faults:
        print(fault)
    print(f"symbols: {len(faults)} faults in {len(objects)} objects")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
