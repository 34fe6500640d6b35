#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""layers.py - do #includes between the layers of src/ point down only?

    layers.py [ROOT]

Prints one line for each fault and exits 1 if there was any:
 - an #include of a higher layer, or of a sibling
 - a public header that includes a header of src/
 - a header of the OS outside src/sys that only the OS seam may use
 - a .c file that includes a .c file
 - a folder of src/ that is no layer, a file of more than 800 lines
Layers of equal height are siblings. Files in src/ itself are layer init.
"""

import os
import sys

import sources

HEIGHT = {"sys": 0, "core": 1, "arena": 2, "buddy": 3, "kmem": 4, "slab": 5,
          "slub": 5, "vmap": 5, "init": 6, "api": 7, "shim": 7}
PUBLIC = "include"

SEAM_HEADERS = {"sys/mman.h", "sched.h", "hwloc.h"}


def layer_of(path):
    """Layer of a path relative to the root: a layer, PUBLIC or None."""
    parts = path.split(os.sep)
    if parts[0] == PUBLIC:
        return PUBLIC
    if parts[0] != "src":
        return None
    return parts[1] if len(parts) > 2 else "init"


def resolve(root, path, name):
    """The file of the tree that an #include in path means, or None."""
    for folder in (os.path.dirname(path), "src", "include"):
        candidate = os.path.normpath(os.path.join(folder, name))
        if os.path.isfile(os.path.join(root, candidate)):
            return candidate
    return None


def judge_layers(path, name, target):
    mine, theirs = layer_of(path), layer_of(target)
    if theirs in (None, PUBLIC) or mine in (None, theirs):
        return []
    if mine == PUBLIC:
        return [f"public header includes {name} of src/"]
    if mine not in HEIGHT or theirs not in HEIGHT:
        return []
    if HEIGHT[theirs] > HEIGHT[mine]:
        return [f"{mine} includes {name}: upward, to {theirs}"]
    if HEIGHT[theirs] == HEIGHT[mine]:
        return [f"{mine} includes {name}: sideways, to {theirs}"]
    return []


def judge_include(root, path, name):
    faults = []
    layer = layer_of(path)
    if path.endswith(".c") and name.endswith(".c"):
        faults.append(f"a .c file includes {name}")
    seam = name in SEAM_HEADERS or name.startswith("hwloc/")
    if seam and layer not in (None, "sys"):
        faults.append(f"<{name}> is for src/sys alone")
    target = resolve(root, path, name)
    if target:
        faults += judge_layers(path, name, target)
    return faults


def judge_folders(root):
    src = os.path.join(root, "src")
    if not os.path.isdir(src):
        return [f"{src}: no such folder"]
    return [f"src/{name}: not a layer that tests/lint/layers.py knows"
            for name in sorted(os.listdir(src))
            if os.path.isdir(os.path.join(src, name)) and name not in HEIGHT]


def judge(root):
    faults = judge_folders(root)
    folders = ("src", PUBLIC, "tests", "bench", "tools")
    for path in sources.find(root, folders, sources.C_SUFFIXES):
        lines = sources.read_lines(root, path)
        faults += sources.too_long(path, lines)
        for number, name, _ in sources.includes(lines):
            faults += [f"{path}:{number}: {fault}"
                       for fault in judge_include(root, path, name)]
    return faults


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else "."
    faults = judge(root)
    for fault in faults:
        print(fault)
    print(f"layers: {len(faults)} faults")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
