# SPDX-License-Identifier: MIT
"""sources.py - finding and reading the files that the lint scripts judge"""

import os
import re

MAX_FILE_LINES = 800

C_SUFFIXES = (".c", ".h", ".cc", ".cpp", ".hh")
SCRIPT_SUFFIXES = (".sh", ".py", ".cmake")

_INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def find(root, folders, suffixes):
    """Paths below the folders, relative to root, sorted."""
    found = []
    for folder in folders:
        for parent, dirs, files in os.walk(os.path.join(root, folder)):
            dirs[:] = [d for d in dirs if not d.startswith((".", "__"))]
            found += [os.path.relpath(os.path.join(parent, name), root)
                      for name in files if name.endswith(suffixes)]
    return sorted(found)


def read_lines(root, path):
    with open(os.path.join(root, path), encoding="utf-8") as file:
        return file.read().splitlines()


def without_comments(lines):
    """The same number of lines, with /* */ comments blanked out."""
    result = []
    inside = False
    for line in lines:
        kept = ""
        while line:
            if inside:
                _, end, line = line.partition("*/")
                inside = not end
            else:
                code, start, line = line.partition("/*")
                kept += code
                inside = bool(start)
        result.append(kept)
    return result


def includes(lines):
    """Yield (line number, name, is it in angle brackets) of each #include."""
    for number, line in enumerate(without_comments(lines), 1):
        match = _INCLUDE.match(line)
        if match:
            yield number, match.group(2), match.group(1) == "<"


def too_long(path, lines):
    if len(lines) > MAX_FILE_LINES:
        return [f"{path}: {len(lines)} lines, {MAX_FILE_LINES} are the most"]
    return []


def report(name, faults):
    """Print the faults and their number; the exit status of the program."""
    for fault in faults:
        print(fault)
    print(f"{name}: {len(faults)} faults")
    return 1 if faults else 0
