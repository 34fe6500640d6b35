#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""style.py - sizes, and a header comment on each file

    style.py [ROOT]

Prints one line for each fault and exits 1 if there was any:
 - a C or C++ function of more than 60 lines between its braces
 - a source file or script of more than 800 lines
 - a source file that does not say at its top what it is, or names another
   file there
 - a test that the clock can end: alarm(), timeout(1), a timeout of Python's
   subprocess, a TIMEOUT of ctest. Other work on the machine would decide
   whether it passes; RLIMIT_CPU limits what may spin, ctest ends what hangs
 - a word in src, include, docs or README.md, or in a comment of the other
   folders, that leaves out who does it (somebody, whoever): the caller, the
   owning thread, reclaim
 - a comment that goes beyond column 80, where a tab goes to the next 8
 - "proven" in a document or a comment, other than the page about models: what
   a test looks at is checked
 - a line that a merge left where two changes met
The formatting (test format-clean) puts the braces of a function, and of
nothing else, alone at the start of a line, so no parser is needed.
"""

import os
import re
import sys

import comments
import sources

MAX_FUNCTION_LINES = 60

CLOCKS = {
    "c": re.compile(r"\balarm\("),
    "sh": re.compile(r"(?:^|[\s;&|({])timeout\s+[-\d\"$]"),
    "py": re.compile(r"\btimeout\s*=\s*\d"),
    "cmake": re.compile(r"\bTIMEOUT\b"),
}
KINDS = {".c": "c", ".h": "c", ".cc": "c", ".sh": "sh", ".py": "py",
         ".cmake": "cmake", ".txt": "cmake"}

RIDDLES = re.compile(r"\b(somebody|nobody|anybody|everybody|someone|whoever|"
                     r"it\s+is\s+said|he|him|his)\b", re.I)
NAMED = re.compile(r"[/* ]*([\w/.+-]+\.(?:c|h|cc)) - ")
MERGED = re.compile(r"<{7} |>{7} ")
PROOFS = re.compile(r"\b(prov(?:e|es|en|ed|ing)|proofs?)\b(?!\.md)", re.I)
PROVEN = "docs/proofs.md" # of what it speaks every state was looked at


def functions(lines):
    """Yield (line number of the opening brace, lines between the braces)."""
    start = None
    for number, line in enumerate(sources.without_comments(lines), 1):
        if start is None and line.rstrip() == "{":
            start = number
        elif start is not None and line.startswith("}"):
            yield start, number - start - 1
            start = None


def judge_functions(path, lines):
    return [f"{path}:{start}: function of {length} lines, "
            f"{MAX_FUNCTION_LINES} are the most"
            for start, length in functions(lines)
            if length > MAX_FUNCTION_LINES]


def judge_header(path, lines):
    if not lines:
        return [f"{path}: is empty"]
    top = [line.strip() for line in lines[:4]]
    about = [line for line in top
             if line.startswith(("/*", "//", "*")) and "SPDX" not in line]
    if not about:
        return [f"{path}: no header comment says what it is"]
    names = [match.group(1) for match in map(NAMED.match, about) if match]
    return [f"{path}: its header is that of {name}"
            for name in names if not f"/{path}".endswith(f"/{name}")]


def judge_clock(path, lines):
    """Is the test, or what it runs, ended by the clock?"""
    suffix = path[path.rindex("."):]
    if path.startswith("tests/lint/") and suffix == ".py":
        return []
    if suffix in (".c", ".h", ".cc"):
        lines = sources.without_comments(lines)
    else:
        lines = [re.sub(r"(^|\s)#.*", "", line) for line in lines]
    clock = CLOCKS[KINDS[suffix]]
    return [f"{path}:{number}: limited by the clock, not in CPU time"
            for number, line in enumerate(lines, 1) if clock.search(line)]


def over_line_ends(lines):
    """The lines, each with the first two words of the next."""
    plain = [line.strip(" \t*#/") for line in lines] + [""]
    for line, after in zip(plain, plain[1:]):
        yield f"{line}\n{' '.join(after.split()[:2])}"


def judge_words(path, lines):
    return [f"{path}:{number}: '{' '.join(match.group().split())}' does not "
            "say who"
            for number, text in enumerate(over_line_ends(lines), 1)
            for match in RIDDLES.finditer(text)
            if match.start() <= text.index("\n")]


def judge_comments(path, lines):
    """The words of the comments of a file outside of src and include."""
    texts = [comment for _, _, comment in comments.parts(path, lines)]
    return judge_words(path, texts) + judge_proofs(path, texts)


def judge_width(path, lines):
    return [f"{path}:{number}: a comment of {columns} columns, "
            f"{comments.MAX_COLUMNS} are the most"
            for number, columns in comments.too_wide(path, lines)]


def judge_proofs(path, lines):
    if path == PROVEN:
        return []
    return [f"{path}:{number}: '{match.group()}': checked is the word"
            for number, line in enumerate(lines, 1)
            for match in PROOFS.finditer(line)]


def judge_merge(path, lines):
    return [f"{path}:{number}: left by a merge"
            for number, line in enumerate(lines, 1) if MERGED.match(line)]


def programs(root, folders):
    """All files of the folders that have comments, also those of no suffix."""
    suffixes = sources.C_SUFFIXES + sources.SCRIPT_SUFFIXES + (
        ".txt", ".in", ".awk", ".sed")
    return [path for path in sources.find(root, folders, ("",))
            if path.endswith(suffixes) or "." not in os.path.basename(path)]


def judge_text(root):
    """The words and the width of comments and documents."""
    faults = []
    words = sources.find(root, ("src", "include"), sources.C_SUFFIXES)
    words += sources.find(root, ("docs",), (".md", ".svg", ".1", ".3", ".7"))
    words += [path for path in ("README.md", "CHANGELOG.md")
              if os.path.exists(f"{root}/{path}")]
    words += sources.find(root, ("bench", "tests"), (".md",))
    for path in words:
        lines = sources.read_lines(root, path)
        faults += judge_words(path, lines) + judge_proofs(path, lines)
        faults += judge_merge(path, lines)
    if os.path.exists(f"{root}/CONTRIBUTING.md"):
        faults += judge_proofs("CONTRIBUTING.md", sources.read_lines(
            root, "CONTRIBUTING.md"))
    others = ("tests", "bench", "tools", "scripts", "cmake", ".ci")
    for path in programs(root, ("src", "include", *others)):
        lines = sources.read_lines(root, path)
        faults += judge_width(path, lines)
        if not path.startswith(("src", "include")):
            faults += judge_merge(path, lines)
        if path.startswith(others) and not path.startswith("tests/lint/"):
            faults += judge_comments(path, lines)
    return faults


def judge(root):
    faults = []
    folders = ("src", "include", "tests", "bench", "tools")
    for path in sources.find(root, folders, sources.C_SUFFIXES):
        lines = sources.read_lines(root, path)
        faults += judge_functions(path, lines)
        faults += judge_header(path, lines)
        faults += sources.too_long(path, lines)
    for path in sources.find(root, folders + ("scripts", "cmake"),
                             sources.SCRIPT_SUFFIXES):
        faults += sources.too_long(path, sources.read_lines(root, path))
    for path in sources.find(root, ("tests",), tuple(KINDS)):
        faults += judge_clock(path, sources.read_lines(root, path))
    return faults + judge_text(root)


def main():
    root = sys.argv[1] if len(sys.argv) > 1 else "."
    faults = judge(root)
    return sources.report("style", faults)


if __name__ == "__main__":
    sys.exit(main())
