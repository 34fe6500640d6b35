#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""tested.py - has each file of src a unit test beside it, or a reason?

    tested.py [ROOT]

The test of src/ROOM/FILE.c is tests/unit/ROOM/test_FILE.c, that of src/FILE.c
is tests/unit/init/test_FILE.c. A file that is tested elsewhere says so in its
header comment and names one test or more, with what they do to it:

     * Tests	unit.slub.sysfs reads and writes each file

Prints one line for each fault and exits 1 if there was any:
 - a file with neither, or with both
 - a header that names no test, or one that is not there
"""

import os
import re
import sys

import docs
import rooms
import sources

HEADER = re.compile(r"/\*\n.*?\*/", re.S)
TESTS = re.compile(r"^ \* Tests\t+(.*(?:\n \*\t+.*)*)", re.M)
NAME = re.compile(r"\b([a-z]\w*)\.[\w.+-]*\w")


def beside(path):
    """Where the unit test of a source file would be."""
    folder, name = os.path.split(os.path.relpath(path, "src"))
    return os.path.join("tests", "unit", folder or rooms.INIT, f"test_{name}")


def named(root, text):
    """The names of tests in a text: those that begin with a group's folder."""
    return [match.group() for match in NAME.finditer(text)
            if os.path.isdir(os.path.join(root, "tests", match.group(1)))]


def judge_file(root, path):
    header = HEADER.search("\n".join(sources.read_lines(root, path)))
    said = header and TESTS.search(header.group())
    there = os.path.exists(os.path.join(root, beside(path)))
    if said and there:
        return [f"{path}: has {beside(path)}, so 'Tests' says too little"]
    if not said:
        return [] if there else [f"{path}: no {beside(path)}, "
                                 "and no line says where it is tested"]
    names = named(root, said.group(1))
    if not names:
        return [f"{path}: 'Tests' names no test"]
    return [f"{path}: {name} is the name of no test"
            for name in names if not docs.test_exists(root, name)]


def judge(root):
    faults = []
    for path in sources.find(root, ("src",), (".c",)):
        faults += judge_file(root, path)
    return faults


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else "."
    faults = judge(root)
    return sources.report("tested", faults)


if __name__ == "__main__":
    sys.exit(main())
