#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""pages.py - which files may know how large a page of the machine is

    pages.py [ROOT]

A frame is PAGE_SIZE on every machine. A page of the machine, by which the OS
maps, protects and takes back memory, is OS_PAGE_SIZE, and may be 16 or 64 KiB.
Only src/sys and src/arena may assume how the two are related. Prints one line
for each fault of other files in src and include, and exits 1 if there was any:
 - a literal that is a page in disguise: 4096, 4095, 0xfff, a shift by 12. One
   that means something else has a comment with the words "no page" on its line
 - a call of the OS for memory whose arguments name PAGE_SIZE, PAGE_SHIFT or
   PAGE_ALIGN: what becomes of frames is asked of the arena, other memory is
   measured by OS_PAGE_SIZE
 - the machine's page from libc: sysconf(), getpagesize()
"""

import re
import sys

import sources

ROOMS = ("src/sys/", "src/arena/")
MEANT = "no page"
DEFINED = re.compile(r"#define KM_PAGE_SIZE 4096ul\b")
LITERAL = re.compile(r"(?<![\w.])(?:4096|4095|0xfff)(?:[uU]?[lL]*)\b"
                     r"|(?:<<|>>)\s*12\b", re.I)
LIBC = re.compile(r"\b(?:sysconf|getpagesize)\s*\(|\b_SC_PAGE_?SIZE\b")
CALL = re.compile(r"\bos_(?:place|commit|commit_readonly|reserve|make_writable|"
                  r"discard|deny|allow|release|map|move|remap|file_punch|"
                  r"file_resize|file_write|map_file|protect|unmap_file|"
                  r"unmap_file_zero|view_file|remap_file|dont_fork|do_fork|"
                  r"bind_node)\(")
FRAME = re.compile(r"\bPAGE_(?:SIZE|SHIFT|ALIGN)\b")


def without_strings(line):
    return re.sub(r'"(?:[^"\\]|\\.)*"', '""', line)


def arguments(text, start):
    """What is between the bracket before start and the one that closes it."""
    depth = 1
    for at in range(start, len(text)):
        depth += {"(": 1, ")": -1}.get(text[at], 0)
        if not depth:
            return text[start:at]
    return text[start:]


def judge_file(path, lines):
    code = [without_strings(line) for line in sources.without_comments(lines)]
    faults = []
    for number, line in enumerate(code, 1):
        line = line.partition("//")[0]
        match = LITERAL.search(line)
        if match and MEANT not in lines[number - 1] and \
                not DEFINED.search(line):
            faults.append(f"{path}:{number}: {match.group()}: a page?")
        if LIBC.search(line):
            faults.append(f"{path}:{number}: the machine's page is "
                          "OS_PAGE_SIZE")
    text = "\n".join(code)
    for match in CALL.finditer(text):
        frame = FRAME.search(arguments(text, match.end()))
        if frame:
            number = text.count("\n", 0, match.start()) + 1
            faults.append(f"{path}:{number}: {match.group()[:-1]}() by "
                          f"{frame.group()}, which is a frame's")
    return faults


def judge(root):
    faults = []
    for path in sources.find(root, ("src", "include"), sources.C_SUFFIXES):
        if not path.startswith(ROOMS):
            faults += judge_file(path, sources.read_lines(root, path))
    return faults


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else "."
    faults = judge(root)
    return sources.report("pages", faults)


if __name__ == "__main__":
    sys.exit(main())
