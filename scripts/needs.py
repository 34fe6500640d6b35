#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""needs.py - what one test needs built, for scripts/test --one

    needs.py BUILD NAME             prints the targets of ninja; exits 1 if
                                    the build folder has no test of that name
    needs.py --near NAME BUILD...   prints ", near: ..." with similar names

The file tests.txt of a build folder has a line for each test, with the words of
its command and environment (tests/support/test.cmake). A test needs each output
of the build that such a word names: as a path, as a folder above it, or as a
pattern with % for a part of the path.
"""

import difflib
import fnmatch
import os
import re
import subprocess
import sys


def tests(build):
    """The words of each test, by its name."""
    with open(os.path.join(build, "tests.txt"), encoding="utf-8") as file:
        lines = (line.rstrip("\n").split("\t") for line in file)
        return {words[0]: words[1:] for words in lines}


def outputs(build):
    """All files that the build makes, as ninja names them."""
    told = subprocess.run(["ninja", "-C", build, "-t", "targets", "all"],
                          check=True, capture_output=True, text=True)
    pairs = (line.rpartition(": ") for line in told.stdout.splitlines())
    return [name for name, _, rule in pairs if rule != "phony"]


def named(build, words):
    """The paths below the build folder that the words contain, relative."""
    found = re.findall(re.escape(build) + r"(/[^\s:;,=]*)?", " ".join(words))
    return {path.strip("/") for path in found}


def needs(build, words):
    paths = named(build, words)
    if "" in paths:
        return ["all"]
    if not paths:
        return []
    wanted = []
    for output in outputs(build):
        full = os.path.relpath(output, build) if os.path.isabs(output) else \
            output
        if any(full == path or full.startswith(f"{path}/") or
               "%" in path and fnmatch.fnmatch(full, path.replace("%", "*"))
               for path in paths):
            wanted.append(output)
    return wanted


def near(name, names):
    """Up to four names that are like this one, the most similar first."""
    found = difflib.get_close_matches(name, names, 4, 0.6)
    found += sorted(other for other in names
                    if name in other and other not in found)
    return found[:4]


def main():
    args = sys.argv[1:]
    if args in (["-h"], ["--help"]):
        print(__doc__, end="")
        return 0
    if args[:1] == ["--near"] and len(args) > 1:
        names = sorted(set().union(*map(tests, args[2:])))
        similar = near(args[1], names)
        print(f", near: {' '.join(similar)}" if similar else "", end="")
        return 0
    if len(args) != 2 or args[0].startswith("-"):
        print("needs.py: expected BUILD NAME or --near NAME BUILD..., not "
              f"'{' '.join(args)}' (--help tells more)", file=sys.stderr)
        return 2
    build, name = args
    known = tests(build)
    if name not in known:
        return 1
    print(*needs(build, known[name]))
    return 0


if __name__ == "__main__":
    sys.exit(main())
