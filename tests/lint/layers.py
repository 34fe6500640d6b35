#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""layers.py - do #includes between the rooms of src/ point down only?

    layers.py [ROOT]

Prints one line for each fault and exits 1 if there was any:
 - an #include of a higher room, or of a sibling, by src/rooms.txt
 - an #include of the internal.h of another room
 - a public header that includes a header of src/
 - a header of the OS outside src/sys that only the OS seam may use, or one of
   the loader outside src/sys and src/shim, which replaces calls of the loader
 - a .c file that includes a .c file
 - a folder of src/ that is no room, a file of more than 800 lines
 - rooms of docs/architecture.md, in its table, other than those of the list
 - a drawing of the rooms, there or in README.md, that has not each room of the
   list once, or has one above a room that uses it
"""

import os
import re
import sys

import rooms
import sources

PUBLIC = "include"
TABLE = os.path.join("docs", "architecture.md")
HEAD = "| room | what it is |"
DRAWINGS = (TABLE, "README.md")

SEAM_HEADERS = {"sys/mman.h", "sched.h", "hwloc.h", "pthread.h", "signal.h",
                "sys/auxv.h", "sys/syscall.h"}
LOADER_HEADERS = {"dlfcn.h", "link.h"}


def resolve(root, path, name):
    """The file of the tree that an #include in path means, or None."""
    for folder in (os.path.dirname(path), "src", "include"):
        candidate = os.path.normpath(os.path.join(folder, name))
        if os.path.isfile(os.path.join(root, candidate)):
            return candidate
    return None


def judge_rooms(plan, path, name, target):
    mine, theirs = plan.of(path), plan.of(target)
    if theirs is None or mine == theirs:
        return []
    if path.startswith(PUBLIC + os.sep):
        return [f"public header includes {name} of src/"]
    if mine is None:
        return []
    fault = plan.fault(mine, theirs)
    if fault:
        return [f"{mine} includes {name}: {fault}, to {theirs}"]
    if os.path.basename(name) == "internal.h":
        return [f"{mine} includes {name}: private to {theirs}"]
    return []


def judge_include(root, plan, path, name):
    faults = []
    room = plan.of(path)
    if path.endswith(".c") and name.endswith(".c"):
        faults.append(f"a .c file includes {name}")
    seam = name in SEAM_HEADERS or name.startswith("hwloc/")
    ours = room or path.startswith(PUBLIC + os.sep)
    if ours and seam and room != "sys":
        faults.append(f"<{name}> is for src/sys alone")
    if ours and name in LOADER_HEADERS and room not in ("sys", "shim"):
        faults.append(f"<{name}> is for src/sys and src/shim alone")
    target = resolve(root, path, name)
    if target:
        faults += judge_rooms(plan, path, name, target)
    return faults


def judge_folders(root, plan):
    paths = sources.find(root, ("src",), sources.C_SUFFIXES)
    if not paths:
        return [f"{os.path.join(root, 'src')}: no source file"]
    return [f"src/{room}: not a room of {rooms.LIST}"
            for room in sorted({plan.of(path) for path in paths})
            if room not in plan.height]


def judge_table(text, plan):
    """Does the table in the docs say what each room is, in their order?"""
    _, _, table = text.partition(HEAD + "\n")
    table, _, _ = table.partition("\n\n")
    described = re.findall(r"^\| `([\w/]+)` \| \S", table, re.M)
    if described == list(plan.height):
        return []
    return [f"{TABLE}: describes {', '.join(described) or 'no room'}; "
            f"{rooms.LIST} has {', '.join(plan.height)}"]


def drawn(block, plan):
    """The rooms that begin a box of a drawing, or stand behind a gap."""
    parts = [part.split() for line in block.splitlines()
             for part in re.split(r"[|+]| {4}", line.replace("-", " "))]
    return [part[0] for part in parts if part and part[0] in plan.height]


def judge_drawing(path, text, plan):
    """Is there a drawing of all rooms, each above those that it uses?"""
    blocks = re.findall(r"^```\w*\n(.*?)^```$", text, re.M | re.S)
    found = max((drawn(block, plan) for block in blocks), key=len, default=[])
    heights = [plan.height[room] for room in found]
    if sorted(found) == sorted(plan.height) and \
            heights == sorted(heights, reverse=True):
        return []
    return [f"{path}: draws {', '.join(found) or 'no room'}; from the highest "
            f"down these are {', '.join(reversed(plan.height))}"]


def judge(root):
    plan = rooms.read(root)
    faults = judge_folders(root, plan)
    folders = ("src", PUBLIC, "tests", "bench", "tools")
    for path in sources.find(root, folders, sources.C_SUFFIXES):
        lines = sources.read_lines(root, path)
        faults += sources.too_long(path, lines)
        for number, name, _ in sources.includes(lines):
            faults += [f"{path}:{number}: {fault}"
                       for fault in judge_include(root, plan, path, name)]
    return faults


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else "."
    plan = rooms.read(root)
    faults = judge(root)
    for path in DRAWINGS:
        text = "\n".join(sources.read_lines(root, path)) + "\n"
        faults += judge_drawing(path, text, plan)
        if path == TABLE:
            faults += judge_table(text, plan)
    return sources.report("layers", faults)


if __name__ == "__main__":
    sys.exit(main())
